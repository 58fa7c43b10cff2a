package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// hold keeps sessions open that say nothing, as the lines of in want it: a number
// is how many there are to be, and "echo" with a number lets a byte go there and
// back over each of them so many times. Each line is answered when it is done.
func hold(url, port string, in io.Reader) error {
	var conns []io.ReadWriteCloser
	defer func() {
		for _, conn := range conns {
			conn.Close()
		}
	}()
	for lines := bufio.NewScanner(in); lines.Scan(); fmt.Println("done", lines.Text()) {
		text, echo := strings.CutPrefix(lines.Text(), "echo ")
		n, err := strconv.Atoi(text)
		if err != nil {
			return err
		}
		if echo {
			err = echoes(conns, n)
		} else {
			conns, err = more(conns, n, url, port)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// more opens sessions until there are n.
func more(conns []io.ReadWriteCloser, n int, url, port string) ([]io.ReadWriteCloser, error) {
	type opened struct {
		conn io.ReadWriteCloser
		err  error
	}
	wanted := n - len(conns)
	results, slots := make(chan opened), make(chan struct{}, 32)
	go func() {
		for range wanted {
			slots <- struct{}{}
			go func() {
				conn, err := live(url, port)
				<-slots
				results <- opened{conn, err}
			}()
		}
	}()
	var failed error
	for range wanted {
		if r := <-results; r.err != nil {
			failed = r.err
		} else {
			conns = append(conns, r.conn)
		}
	}
	return conns, failed
}

// live opens a session through our relay that has carried a byte.
func live(url, port string) (io.ReadWriteCloser, error) {
	conn, err := dial(context.Background(), "relay", url, port)
	if err != nil {
		return nil, err
	}
	if err := receive(conn, 1); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// keyEvery is the least time between a session's bytes: so slow are keys that
// each is acknowledged by itself.
const keyEvery = 60 * time.Millisecond

func echoes(conns []io.ReadWriteCloser, rounds int) error {
	for range rounds {
		next := time.After(keyEvery)
		for _, conn := range conns {
			if err := receive(conn, 1); err != nil {
				return err
			}
		}
		<-next
	}
	return nil
}

// connect opens and closes n sessions, and reports how long it took until each
// had carried a byte.
func connect(url, port string, n int) error {
	times := make([]float64, n)
	for i := range times {
		began := time.Now()
		conn, err := live(url, port)
		if err != nil {
			return err
		}
		times[i] = milliseconds(time.Since(began))
		conn.Close()
	}
	return report(map[string]any{"times": times})
}
