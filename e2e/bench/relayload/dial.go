package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"

	"github.com/coder/websocket"
	"github.com/wasmiko/wasmiko/netconn"
)

// dial opens a connection to the target through what is measured.
func dial(ctx context.Context, kind, address, port string) (io.ReadWriteCloser, error) {
	switch kind {
	case "tcp":
		return net.Dial("tcp", address)
	case "websocket":
		ws, _, err := websocket.Dial(ctx, address, &websocket.DialOptions{Subprotocols: []string{"binary"}})
		if err != nil {
			return nil, err
		}
		ws.SetReadLimit(-1)
		return websocket.NetConn(ctx, ws, websocket.MessageBinary), nil
	case "relay":
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return nil, err
		}
		return netconn.Dial(ctx, address, netconn.Target{Host: "127.0.0.1", Port: uint16(n)}, netconn.Options{})
	}
	return nil, fmt.Errorf("no such kind: %q", kind)
}
