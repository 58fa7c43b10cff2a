package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/wasmiko/wasmiko/netconn"
)

// echoServer listens on loopback and sends back what it gets.
func echoServer(t *testing.T) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { io.Copy(c, c); c.Close() }()
		}
	}()
	return l.Addr().String()
}

func TestReload(t *testing.T) {
	first, second := echoServer(t), echoServer(t)
	config := file(t, "wasmiko.json", fmt.Sprintf(`{"allow": [%q]}`, first))
	r := started(t, nil, "serve", "--listen", "127.0.0.1:0", "--config", config)
	c, err := r.dial(t, first, netconn.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := r.try(t, second); got.Error() == "connected" {
		t.Error("the second target is allowed before the reload")
	}
	rewrite := func(text, says string) {
		t.Helper()
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r.signal(t, syscall.SIGHUP)
		r.eventually(t, says)
	}
	rewrite(`{"alow": []}`, `did you mean \"allow\"?`)
	rewrite(`{"allow": ["10.0.0.1/8"]}`, "did you mean 10.0.0.0/8?")
	if got := r.try(t, first); got.Error() != "connected" {
		t.Errorf("after a file with a mistake: %v", got)
	}
	rewrite(fmt.Sprintf(`{"allow": [%q]}`, second), "was read again\",\"targets\":1")
	if got := r.try(t, second); got.Error() != "connected" {
		t.Errorf("after the reload: %v", got)
	}
	if got := r.try(t, first); got.Error() == "connected" {
		t.Error("the first target is still allowed")
	}
	// A session goes on, although its target is not allowed any more.
	if _, err := io.WriteString(c, "still"); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 5)
	if _, err := io.ReadFull(c, got); err != nil || string(got) != "still" {
		t.Errorf("%q, %v", got, err)
	}
}
