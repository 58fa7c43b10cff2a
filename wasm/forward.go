//go:build js

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"syscall/js"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore"
	"github.com/wasmiko/wasmiko/wasm/wire"
)

// channelGone is what becomes of a stream's other direction when the server
// has closed its channel.
var channelGone = failure("channel", "ended", "The other side has closed the connection.")

func (c *core) forward(ctx context.Context, p wire.Forward, ports []js.Value) (wire.None, error) {
	stream, err := onlyPort(ports)
	if err != nil {
		return wire.None{}, err
	}
	conn, err := through(c, p.Hop, func(client *sshcore.Client) (net.Conn, error) {
		network, addr := "tcp", net.JoinHostPort(p.Host, strconv.Itoa(p.Port))
		if p.Path != "" {
			network, addr = "unix", p.Path
		}
		if p.Origin == "" {
			return client.DialContext(ctx, network, addr)
		}
		return client.DialFrom(ctx, p.Origin, network, addr)
	})
	return wire.None{}, c.join(stream, conn, err)
}

func onlyPort(ports []js.Value) (*port, error) {
	if len(ports) != 1 {
		return nil, fmt.Errorf("the call has %d ports instead of 1", len(ports))
	}
	return newPort(ports[0]), nil
}

// join couples a stream of the page with a connection, or breaks the stream off
// with err, which it returns.
func (c *core) join(stream *port, conn net.Conn, err error) error {
	if err != nil {
		stream.Reset(c.describe(err))
		return err
	}
	go c.up(stream, conn)
	go func() {
		c.down(stream, conn)
		// The page may still write, until the channel is closed.
		<-conn.(interface{ Done() <-chan struct{} }).Done()
		stream.Reset(channelGone)
	}()
	return nil
}

// up moves bytes from the page into the tunnel. Each direction ends by itself;
// broken off by the page, both do.
func (c *core) up(stream *port, conn net.Conn) {
	_, err := io.CopyBuffer(writerOnly{conn}, readerOnly{stream}, make([]byte, pieceSize))
	if err == nil {
		conn.(interface{ CloseWrite() error }).CloseWrite()
		return
	}
	conn.Close()
}

// down moves bytes out of the tunnel, as the page wants them.
func (c *core) down(stream *port, conn net.Conn) {
	_, err := io.CopyBuffer(writerOnly{stream}, readerOnly{conn}, make([]byte, pieceSize))
	var broken *portError
	switch {
	case err == nil:
		stream.CloseWrite()
	case errors.As(err, &broken) || errors.Is(err, net.ErrClosed):
		conn.Close()
	default:
		stream.Reset(c.describe(err))
		conn.Close()
	}
}

func (c *core) listen(ctx context.Context, p wire.Listen) (wire.Listening, error) {
	l, err := through(c, p.Hop, func(client *sshcore.Client) (*sshcore.Listener, error) {
		if p.Path != "" {
			return client.Listen(ctx, "unix", p.Path)
		}
		return client.Listen(ctx, "tcp", net.JoinHostPort(p.Host, strconv.Itoa(p.Port)))
	})
	if err != nil {
		return wire.Listening{}, err
	}
	_, port := hostPort(l.Addr())
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lastID++
	c.listeners[c.lastID] = l
	return wire.Listening{Listener: c.lastID, Port: port}, nil
}

// accept waits for the next connection, and gives it the page's stream.
func (c *core) accept(ctx context.Context, p wire.Listener, ports []js.Value) (wire.Accepted, error) {
	stream, err := onlyPort(ports)
	if err != nil {
		return wire.Accepted{}, err
	}
	var conn net.Conn
	err = net.ErrClosed
	if l := c.listener(p.Listener); l != nil {
		conn, err = l.AcceptContext(ctx)
	}
	if err := c.join(stream, conn, err); err != nil {
		return wire.Accepted{}, err
	}
	host, port := hostPort(conn.RemoteAddr())
	return wire.Accepted{Host: host, Port: port}, nil
}

func (c *core) listener(id int) *sshcore.Listener {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.listeners[id]
}

func (c *core) unlisten(_ context.Context, p wire.Listener) (wire.None, error) {
	l := c.listener(p.Listener)
	c.mu.Lock()
	delete(c.listeners, p.Listener)
	c.mu.Unlock()
	if l == nil {
		return wire.None{}, nil
	}
	return wire.None{}, l.Close()
}

// hostPort takes an address of TCP apart; others have neither.
func hostPort(addr net.Addr) (host string, port int) {
	host, text, err := net.SplitHostPort(addr.String())
	if err != nil {
		return "", 0
	}
	port, _ = strconv.Atoi(text)
	return host, port
}

// describeForward says why there is no tunnel, and which settings of the server
// decide about it.
func (h *hop) describeForward(e *sshcore.ForwardError) *wire.Error {
	var refused *ssh.OpenChannelError
	host := h.target.host
	switch {
	case e.Listen:
		return failure("channel", e.Network+"-listen", "%s does not listen on %s for us.", host, e.Addr)
	case !errors.As(e.Err, &refused):
		return h.describe(e.Err)
	case refused.Reason == ssh.Prohibited:
		return failure("channel", e.Network+"-prohibited", "%s does not allow connections to %s%s.", host, e.Addr, words(refused.Message))
	case refused.Reason == ssh.ConnectionFailed && e.Network == "unix":
		// sshd says so, too, where it forbids sockets.
		return failure("channel", "unix-failed", "%s cannot connect to the socket %s%s.", host, e.Addr, words(refused.Message))
	case refused.Reason == ssh.ConnectionFailed:
		return failure("channel", "connect-failed", "%s cannot connect to %s%s.", host, e.Addr, words(refused.Message))
	}
	return describeChannel(refused)
}
