package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"

	"golang.org/x/crypto/ssh"
)

// ErrProhibited, alone or wrapped, tells the client that policy and not the
// network refused its forward.
var ErrProhibited = errors.New("administratively prohibited")

// Forward opens the far end of a direct-tcpip channel to addr, a host:port as
// the client named it and not yet resolved, or refuses with an error, whose
// text the client is shown. The server closes the returned connection.
type Forward func(ctx context.Context, l Login, addr string) (net.Conn, error)

// directTCPIP is the payload of RFC 4254 section 7.2.
type directTCPIP struct {
	Host       string
	Port       uint32
	OriginHost string
	OriginPort uint32
}

func (c *conn) serveForward(ctx context.Context, open ssh.NewChannel) error {
	var to directTCPIP
	if err := ssh.Unmarshal(open.ExtraData(), &to); err != nil || to.Port > 65535 {
		return open.Reject(ssh.ConnectionFailed, "malformed request")
	}
	if c.server.Forward == nil {
		return open.Reject(ssh.Prohibited, "forwarding is off")
	}
	addr := net.JoinHostPort(to.Host, strconv.Itoa(int(to.Port)))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	far, err := c.server.Forward(ctx, c.login, addr)
	if err != nil {
		reason := ssh.ConnectionFailed
		if errors.Is(err, ErrProhibited) {
			reason = ssh.Prohibited
		}
		return open.Reject(reason, err.Error())
	}
	defer far.Close()
	near, requests, err := open.Accept()
	if err != nil {
		return fmt.Errorf("server: forward: %w", err)
	}
	defer near.Close()
	go func() {
		ssh.DiscardRequests(requests)
		far.Close() // the client closed the channel: nobody reads any more
	}()
	join(near, far)
	return nil
}

// join copies both ways and hands on each end of file, so that either
// direction may end first.
func join(near ssh.Channel, far net.Conn) {
	up := make(chan struct{})
	go func() {
		defer close(up)
		io.Copy(far, near)
		if half, ok := far.(interface{ CloseWrite() error }); ok {
			half.CloseWrite()
		}
	}()
	io.Copy(near, far)
	near.CloseWrite()
	// The far end has nothing more to say. A TCP peer may still listen, so the
	// client's own end decides; requests end when it closes.
	if _, ok := far.(interface{ CloseWrite() error }); ok {
		<-up
	}
}
