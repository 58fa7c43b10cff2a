package proxy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// greetingLimit and greetingWait bound what a server may say, and for how
// long, before it says that it speaks SSH.
const (
	greetingLimit = 8 << 10
	greetingWait  = 10 * time.Second
)

var errNotSSH = errors.New("the server does not speak SSH")

// readGreeting reads from a fresh connection until an SSH identification line
// has begun (RFC 4253 §4.2: the server may send other lines before it), and
// returns all that was read. It is asked before the client hears that its
// target is connected, so that an exposed relay carries not one byte to or
// from a server of another protocol.
func readGreeting(ctx context.Context, conn net.Conn, wait time.Duration) ([]byte, error) {
	conn.SetReadDeadline(time.Now().Add(wait))
	stop := context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Unix(1, 0)) })
	defer func() {
		if stop() {
			conn.SetReadDeadline(time.Time{})
		}
	}()
	head := make([]byte, 0, 512)
	for {
		n, err := conn.Read(head[len(head):cap(head)])
		head = head[:len(head)+n]
		switch {
		case bytes.HasPrefix(head, []byte("SSH-")) || bytes.Contains(head, []byte("\nSSH-")):
			return head, nil
		case errors.Is(err, io.EOF) || len(head) >= greetingLimit:
			return nil, errNotSSH
		case err != nil:
			return nil, fmt.Errorf("%w: %w", errNotSSH, err)
		}
		if len(head) == cap(head) {
			head = append(make([]byte, 0, min(2*cap(head), greetingLimit)), head...)
		}
	}
}
