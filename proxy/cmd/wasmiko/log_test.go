package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/wasmiko/wasmiko/netconn"
)

func TestALogThatNobodyReads(t *testing.T) {
	r, w := io.Pipe()
	log, lines := openLog("text", w)
	const more = 100
	for i := range queuedLines + more {
		log.Info("line", "n", i)
	}
	// One is with the writer, and the others do not wait.
	if lost := lines.lost.Load(); lost < more-1 || lost > more {
		t.Errorf("%d lines are lost", lost)
	}
	got := make(chan string)
	go func() {
		text, _ := io.ReadAll(bufio.NewReader(r))
		got <- string(text)
	}()
	lines.flush()
	w.Close()
	text := <-got
	if n := strings.Count(text, "msg=line "); n != queuedLines+more-int(lines.lost.Load()) {
		t.Errorf("%d lines are written", n)
	}
	if want := fmt.Sprintf("nobody took them in time\" lines=%d", lines.lost.Load()); strings.Count(text, want) != 1 {
		t.Errorf("%s is not in it", want)
	}
}

// A session ends, and the gateway stops, with standard error full.
func TestServeWithoutAReaderOfItsLog(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	cmd := command(t, nil, "serve", "--listen", "127.0.0.1:0", "--allow", "*:*", "--max-sessions", "1", "--connections-per-minute", "10000")
	w.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
	for err == nil {
		_, err = w.Write(make([]byte, 4096)) // until it is full
	}
	cmd.Stderr = w
	s := begun(t, cmd)
	addr := echoServer(t)
	for range 3 { // there is place for one
		c, err := s.dial(t, addr, netconn.Options{})
		for deadline := time.Now().Add(testWait / 2); err != nil; c, err = s.dial(t, addr, netconn.Options{}) {
			if time.Now().After(deadline) {
				t.Fatal(err)
			}
			time.Sleep(20 * time.Millisecond)
		}
		echoed(t, c, "once")
		c.CloseWrite()
		io.ReadAll(c)
	}
	s.signal(t, syscall.SIGTERM)
	if code := s.stopped(t); code != 0 {
		t.Errorf("it ends with %d", code)
	}
}
