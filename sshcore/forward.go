package sshcore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// DialContext opens a connection from the server to addr: network "tcp"
// (direct-tcpip, RFC 4254 section 7.2; the server resolves the name) or "unix"
// (OpenSSH's direct-streamlocal). It fits Config.Dial, which makes a jump host
// of the server. A refusal is a *ForwardError around an *ssh.OpenChannelError;
// its Reason ssh.Prohibited means that sshd_config or the key's options forbid
// it (AllowTcpForwarding, PermitOpen, DisableForwarding).
//
// The result has deadlines, and methods CloseWrite and Done. A Read of it
// after the SSH connection has broken returns why, not io.EOF.
func (c *Client) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	return c.DialFrom(ctx, "127.0.0.1:0", network, addr)
}

// DialFrom is DialContext for somebody else: origin is the "host:port" that
// the server is told the connection comes from. Network "unix" has no place
// for it.
func (c *Client) DialFrom(ctx context.Context, origin, network, addr string) (net.Conn, error) {
	kind, extra, err := channelTo(network, addr, origin)
	if err != nil {
		return nil, err
	}
	ch, reqs, err := c.open(ctx, kind, extra)
	if err != nil {
		return nil, &ForwardError{Network: network, Addr: addr, Err: err}
	}
	return newTunnel(c, ch, reqs, tunnelAddr{network, addr}), nil
}

func channelTo(network, addr, origin string) (kind string, extra []byte, err error) {
	switch network {
	case "tcp":
		host, port, err := splitAddr(addr)
		if err != nil {
			return "", nil, err
		}
		from, fromPort, err := splitAddr(origin)
		if err != nil {
			return "", nil, err
		}
		return "direct-tcpip", ssh.Marshal(tcpChannel{host, port, from, fromPort}), nil
	case "unix":
		return "direct-streamlocal@openssh.com", ssh.Marshal(struct {
			Path, Reserved string
			Port           uint32
		}{addr, "", 0}), nil
	}
	return "", nil, net.UnknownNetworkError(network)
}

// tcpChannel is what both of RFC 4254 section 7.2's channels are opened with.
type tcpChannel struct {
	Host       string
	Port       uint32
	Origin     string
	OriginPort uint32
}

func splitAddr(addr string) (host string, port uint32, err error) {
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, err
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return "", 0, fmt.Errorf("port %q: %w", text, err)
	}
	return host, uint32(n), nil
}

// tunnel is a channel as a net.Conn. Between the caller and the channel lie
// two net.Pipes, since a channel's own Read and Write know no deadlines, and
// after Close they wait for the server's consent.
type tunnel struct {
	ch      ssh.Channel
	client  *Client
	to      tunnelAddr
	in, out net.Conn // the caller's ends
	gone    chan struct{}

	mu    sync.Mutex
	err   error       // what Read returns at the end
	cut   *time.Timer // not nil: Close was called
	ended bool        // nothing is left to send
}

// maxLinger is how long after Close the server may take what was written before.
const maxLinger = 10 * time.Second

func newTunnel(c *Client, ch ssh.Channel, reqs <-chan *ssh.Request, to tunnelAddr) *tunnel {
	t := &tunnel{ch: ch, client: c, to: to, err: io.EOF, gone: make(chan struct{})}
	in, inFar := net.Pipe()
	out, outFar := net.Pipe()
	t.in, t.out = in, out
	go t.pumpIn(inFar, outFar)
	go t.pumpOut(outFar)
	go func() {
		ssh.DiscardRequests(reqs)
		close(t.gone)
		outFar.Close() // nothing can be sent any more, whether or not somebody still calls Close
	}()
	return t
}

// Done is closed when the channel is: then nothing can be written any more,
// and what there is to read has come.
func (t *tunnel) Done() <-chan struct{} { return t.gone }

func (t *tunnel) pumpIn(far, outFar net.Conn) {
	defer far.Close()
	if _, err := io.Copy(far, t.ch); err == nil && !t.client.tap.alive() {
		err := t.client.closedError()
		t.mu.Lock()
		t.err = err
		t.mu.Unlock()
		outFar.Close()
	}
}

func (t *tunnel) pumpOut(far net.Conn) {
	defer far.Close()
	_, err := io.Copy(t.ch, far)
	t.mu.Lock()
	cut := t.cut
	t.ended = true
	t.mu.Unlock()
	switch {
	case cut != nil:
		cut.Stop()
		t.ch.Close()
	case err != nil:
		t.ch.Close()
	default:
		t.ch.CloseWrite()
	}
}

func (t *tunnel) Read(p []byte) (int, error) {
	n, err := t.in.Read(p)
	if err == io.EOF {
		t.mu.Lock()
		defer t.mu.Unlock()
		err = t.err
	}
	return n, err
}

func (t *tunnel) Write(p []byte) (int, error) { return t.out.Write(p) }

// CloseWrite sends EOF; the other direction stays open.
func (t *tunnel) CloseWrite() error { return t.out.Close() }

// Close ends both directions. What was written is still sent.
func (t *tunnel) Close() error {
	t.mu.Lock()
	ended := t.ended
	if t.cut == nil && !ended {
		t.cut = time.AfterFunc(maxLinger, func() { t.ch.Close() })
	}
	t.mu.Unlock()
	err := errors.Join(t.out.Close(), t.in.Close())
	if ended {
		t.ch.Close()
	}
	return err
}

func (t *tunnel) LocalAddr() net.Addr  { return t.client.conn.LocalAddr() }
func (t *tunnel) RemoteAddr() net.Addr { return t.to }

func (t *tunnel) SetDeadline(d time.Time) error {
	return errors.Join(t.SetReadDeadline(d), t.SetWriteDeadline(d))
}
func (t *tunnel) SetReadDeadline(d time.Time) error  { return t.in.SetReadDeadline(d) }
func (t *tunnel) SetWriteDeadline(d time.Time) error { return t.out.SetWriteDeadline(d) }

type tunnelAddr struct{ network, addr string }

func (a tunnelAddr) Network() string { return a.network }
func (a tunnelAddr) String() string  { return a.addr }
