// Relaycat joins its standard input and output to a target through a relay:
// the ProxyCommand that lets native ssh take the very path of the page.
//
//	ssh -o ProxyCommand='relaycat ws://127.0.0.1:8080/relay %h %p' host
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/wasmiko/wasmiko/netconn"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "relaycat:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("usage: relaycat URL HOST PORT")
	}
	port, err := strconv.ParseUint(args[2], 10, 16)
	if err != nil {
		return fmt.Errorf("port %q: %w", args[2], err)
	}
	conn, err := netconn.Dial(context.Background(), args[0], netconn.Target{Host: args[1], Port: uint16(port)}, netconn.Options{})
	if err != nil {
		return err
	}
	defer conn.Close()
	go func() {
		// An error here shows as the end of the other direction.
		_, _ = io.Copy(conn, os.Stdin)
		_ = conn.CloseWrite()
	}()
	_, err = io.Copy(os.Stdout, conn)
	return err
}
