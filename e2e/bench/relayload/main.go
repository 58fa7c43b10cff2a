// Relayload is both ends of what a relay carries, to measure the relay between
// them.
//
//	relayload target                            serve bytes, print the port
//	relayload forward HOST:PORT                 a relay without WebSockets: copy TCP to TCP, print the port
//	relayload copy KIND ADDRESS PORT up|down N  move N bytes, print the milliseconds
//	relayload hold URL PORT N                   keep N sessions open without a byte, until standard input ends
//
// KIND is tcp (ADDRESS is HOST:PORT), websocket (the URL of a relay with a fixed
// target) or relay (the URL of ours, which is told the target's PORT).
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"sync"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "relayload:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 1 && args[0] == "target":
		return serve(answer)
	case len(args) == 2 && args[0] == "forward":
		return serve(func(near net.Conn) error { return forward(near, args[1]) })
	case len(args) == 6 && args[0] == "copy":
		return move(args[1], args[2], args[3], args[4], args[5])
	case len(args) == 4 && args[0] == "hold":
		return hold(args[1], args[2], args[3])
	}
	return fmt.Errorf("no such command: %q", args)
}

// move prints how long n bytes take.
func move(kind, address, port, direction, n string) error {
	bytes, err := strconv.ParseInt(n, 10, 64)
	if err != nil {
		return err
	}
	conn, err := dial(context.Background(), kind, address, port)
	if err != nil {
		return err
	}
	defer conn.Close()
	start := time.Now()
	if direction == "up" {
		err = send(conn, bytes)
	} else {
		err = receive(conn, bytes)
	}
	if err != nil {
		return err
	}
	fmt.Printf("took %d ms\n", time.Since(start).Milliseconds())
	return nil
}

// hold opens sessions that say nothing.
func hold(url, port, n string) error {
	count, err := strconv.Atoi(n)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	conns := make([]io.Closer, count)
	failed := make(chan error, count)
	slots := make(chan struct{}, 32)
	for i := range conns {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			conn, err := dial(context.Background(), "relay", url, port)
			if err != nil {
				failed <- err
				return
			}
			conns[i] = conn
			// A byte there and back: the session is up, and has state.
			failed <- receive(conn, 1)
		})
	}
	wg.Wait()
	for range count {
		if err := <-failed; err != nil {
			return err
		}
	}
	fmt.Println("holding")
	_, err = io.Copy(io.Discard, os.Stdin)
	for _, conn := range conns {
		conn.Close()
	}
	return err
}
