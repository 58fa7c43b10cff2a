package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// drip is the time between the bytes of a request that never ends.
const drip = time.Second

// A request for a WebSocket; without its last bytes it is one that never ends.
const upgrade = "GET /relay HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: relay.v1\r\n\r\n"

// loris keeps n sockets at an address, until standard input ends. Half of them
// send the headers of their request byte by byte, the other half become a
// WebSocket and then ask for nothing. Whoever is thrown out comes again.
func loris(address string, n int) error {
	there := make(chan error, n)
	for i := range n {
		go func() {
			for first := true; ; first = false {
				conn, err := net.Dial("tcp", address)
				if first {
					there <- err
				}
				if err != nil {
					time.Sleep(drip)
					continue
				}
				linger(conn, fmt.Sprintf(upgrade, address), i%2 == 0)
				conn.Close()
			}
		}()
	}
	for range n {
		if err := <-there; err != nil {
			return err
		}
	}
	fmt.Println("done", n)
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// linger returns when the relay has had enough.
func linger(conn net.Conn, request string, slowly bool) {
	if !slowly {
		if _, err := io.WriteString(conn, request); err == nil {
			_, _ = io.Copy(io.Discard, conn)
		}
		return
	}
	for i := range request {
		if _, err := conn.Write([]byte{request[i]}); err != nil {
			return
		}
		time.Sleep(drip)
	}
}
