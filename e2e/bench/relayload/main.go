// Relayload is both ends of what a relay carries, to measure the relay between
// them.
//
//	relayload target                            serve bytes, print the port
//	relayload forward HOST:PORT                 a relay without WebSockets: copy TCP to TCP, print the port
//	relayload copy KIND ADDRESS PORT up|down N  move N bytes, print the milliseconds
//	relayload hold URL PORT                     do what standard input says: see hold
//	relayload connect URL PORT N                connect N times, one after the other
//	relayload loris HOST:PORT N                 keep N sockets that never come to an OPEN
//	relayload resume URL PORT N                 lose N networks and bring them back
//	relayload detect URL PORT N                 wait until N sessions see that the relay stands still
//
// KIND is tcp (ADDRESS is HOST:PORT), websocket (the URL of a relay with a fixed
// target) or relay (the URL of ours, which is told the target's PORT). What takes
// time prints its milliseconds as JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "relayload:", err)
		os.Exit(1)
	}
}

// commands by their names, each with how many arguments it takes.
var commands = map[string]struct {
	args int
	run  func(args []string) error
}{
	"target":  {0, func([]string) error { return serve(answer) }},
	"forward": {1, func(a []string) error { return serve(func(near net.Conn) error { return forward(near, a[0]) }) }},
	"copy":    {5, func(a []string) error { return move(a[0], a[1], a[2], a[3], a[4]) }},
	"hold":    {2, func(a []string) error { return hold(a[0], a[1], os.Stdin) }},
	"connect": {3, func(a []string) error { return counted(a[2], func(n int) error { return connect(a[0], a[1], n) }) }},
	"loris":   {2, func(a []string) error { return counted(a[1], func(n int) error { return loris(a[0], n) }) }},
	"resume":  {3, func(a []string) error { return counted(a[2], func(n int) error { return resume(a[0], a[1], n) }) }},
	"detect":  {3, func(a []string) error { return counted(a[2], func(n int) error { return detect(a[0], a[1], n) }) }},
}

func run(args []string) error {
	if len(args) > 0 {
		if c, ok := commands[args[0]]; ok && len(args)-1 == c.args {
			return c.run(args[1:])
		}
	}
	return fmt.Errorf("no such command: %q", args)
}

func counted(n string, run func(n int) error) error {
	count, err := strconv.Atoi(n)
	if err != nil {
		return err
	}
	return run(count)
}

// report prints figures by their names.
func report(figures map[string]any) error { return json.NewEncoder(os.Stdout).Encode(figures) }

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

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
