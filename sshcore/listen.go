package sshcore

import (
	"context"
	"net"
	"strconv"
	"sync"

	"golang.org/x/crypto/ssh"
)

// maxBacklog is how many connections may wait for Accept. The server is told
// that there is no room for more.
const maxBacklog = 64

// Listener receives connections that the server takes for us. It is a
// net.Listener. An accepted connection's RemoteAddr is who connected, as the
// server tells it, and it has the methods of what Client.DialContext returns.
type Listener struct {
	client  *Client
	network string
	host    string // for "unix", the path
	port    uint32 // 0 until the server has chosen one
	waiting chan ssh.NewChannel
	closed  chan struct{}
}

// Listen has the server listen on addr: network "tcp" (tcpip-forward, RFC 4254
// section 7.1) or "unix" (OpenSSH's streamlocal-forward). An empty host means
// all of the server's addresses, which sshd allows only with GatewayPorts;
// port 0 lets the server choose. A refusal is a *ForwardError around a
// *RequestError, and has no reason: the port may be taken or below 1024, or
// sshd_config may forbid it (AllowTcpForwarding, PermitListen,
// DisableForwarding).
func (c *Client) Listen(ctx context.Context, network, addr string) (*Listener, error) {
	l := &Listener{
		client: c, network: network, host: addr,
		waiting: make(chan ssh.NewChannel, maxBacklog), closed: make(chan struct{}),
	}
	switch network {
	case "tcp":
		var err error
		if l.host, l.port, err = splitAddr(addr); err != nil {
			return nil, err
		}
	case "unix":
	default:
		return nil, net.UnknownNetworkError(network)
	}
	if err := l.open(ctx); err != nil {
		return nil, err
	}
	return l, nil
}

// open asks the server. The listener is in place before, for the first
// connection may come with the answer.
func (l *Listener) open(ctx context.Context) error {
	all := &l.client.listeners
	if err := all.add(ctx, l); err != nil {
		return err
	}
	name, payload := l.request("")
	a := l.client.ask(ctx, name, payload, func(late answer) {
		if l.chosen(late) {
			l.Close()
		}
		all.asked()
	})
	if a.err != nil {
		// The answer is still to come: the place stays taken until then.
		return a.err
	}
	defer all.asked()
	if !l.chosen(a) {
		return &ForwardError{Network: l.network, Addr: l.Addr().String(), Listen: true, Err: &RequestError{Request: name}}
	}
	return nil
}

// chosen takes the server's answer, and the port that it may have chosen.
func (l *Listener) chosen(a answer) bool {
	all := &l.client.listeners
	all.mu.Lock()
	defer all.mu.Unlock()
	if !a.ok || a.err != nil {
		all.drop(l)
		return false
	}
	var p struct{ Port uint32 }
	if l.network == "tcp" && l.port == 0 && ssh.Unmarshal(a.payload, &p) == nil {
		l.port = p.Port
	}
	return true
}

// request is a global request about this listener.
func (l *Listener) request(prefix string) (name string, payload []byte) {
	if l.network == "unix" {
		return prefix + "streamlocal-forward@openssh.com", ssh.Marshal(struct{ Path string }{l.host})
	}
	return prefix + "tcpip-forward", ssh.Marshal(struct {
		Host string
		Port uint32
	}{l.host, l.port})
}

// Accept waits for a connection. Its error is net.ErrClosed after Close, and
// otherwise why the SSH connection ended.
func (l *Listener) Accept() (net.Conn, error) { return l.AcceptContext(context.Background()) }

// AcceptContext is Accept that ctx may end.
func (l *Listener) AcceptContext(ctx context.Context) (net.Conn, error) {
	for {
		select {
		case <-l.closed:
			return nil, net.ErrClosed
		case <-l.client.done:
			return nil, l.client.err
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case open := <-l.waiting:
			ch, reqs, err := open.Accept()
			if err != nil {
				continue // it has gone meanwhile
			}
			return newTunnel(l.client, wholeChannel{ch}, reqs, originOf(open)), nil
		}
	}
}

// originOf tells who connected.
func originOf(open ssh.NewChannel) tunnelAddr {
	var p tcpChannel
	if open.ChannelType() != "forwarded-tcpip" || ssh.Unmarshal(open.ExtraData(), &p) != nil {
		return tunnelAddr{"unix", ""}
	}
	return tunnelAddr{"tcp", net.JoinHostPort(p.Origin, strconv.Itoa(int(p.OriginPort)))}
}

// Addr returns the address on the server.
func (l *Listener) Addr() net.Addr {
	if l.network == "unix" {
		return tunnelAddr{"unix", l.host}
	}
	return tunnelAddr{"tcp", net.JoinHostPort(l.host, strconv.Itoa(int(l.port)))}
}

// Close has the server stop to listen. Connections that were accepted live on;
// those that waited are refused.
func (l *Listener) Close() error {
	all := &l.client.listeners
	all.mu.Lock()
	open := all.drop(l)
	all.mu.Unlock()
	if !open {
		return nil
	}
	close(l.closed)
	for len(l.waiting) > 0 {
		select {
		case ch := <-l.waiting:
			ch.Reject(ssh.Prohibited, "no longer wanted")
		default:
		}
	}
	name, payload := l.request("cancel-")
	l.client.conn.SendRequest(name, false, payload)
	return nil
}

// listeners are those of a client. The zero value has none.
type listeners struct {
	mu     sync.Mutex
	list   []*Listener
	asking chan struct{} // holds a value while the server is asked for one
}

// add puts l in place. One at a time is asked for: until the server has told
// its port, a listener takes whatever fits no other.
func (s *listeners) add(ctx context.Context, l *Listener) error {
	s.mu.Lock()
	if s.asking == nil {
		s.asking = make(chan struct{}, 1)
	}
	s.mu.Unlock()
	select {
	case s.asking <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-l.client.done:
		return l.client.err
	}
	s.mu.Lock()
	s.list = append(s.list, l)
	s.mu.Unlock()
	return nil
}

// asked says that the server has answered.
func (s *listeners) asked() { <-s.asking }

// drop takes l out, with mu held, and reports whether it was in.
func (s *listeners) drop(l *Listener) bool {
	for i, other := range s.list {
		if other == l {
			s.list = append(s.list[:i], s.list[i+1:]...)
			return true
		}
	}
	return false
}

// deliver hands a channel to its listener. It does not wait.
func (s *listeners) deliver(ch ssh.NewChannel) {
	s.mu.Lock()
	l := s.find(ch)
	room := false
	if l != nil {
		select {
		case l.waiting <- ch:
			room = true
		default:
		}
	}
	s.mu.Unlock()
	switch {
	case l == nil:
		ch.Reject(ssh.Prohibited, "nobody listens here")
	case !room:
		ch.Reject(ssh.ResourceShortage, "too many connections wait")
	}
}

// find returns whose channel it is, with mu held. Servers may name the address otherwise than
// it was asked for ("localhost" becomes "127.0.0.1"), the port never.
func (s *listeners) find(ch ssh.NewChannel) *Listener {
	var unix struct{ Path, Reserved string }
	var tcp tcpChannel
	network := "tcp"
	if ch.ChannelType() != "forwarded-tcpip" {
		network = "unix"
		if ssh.Unmarshal(ch.ExtraData(), &unix) != nil {
			return nil
		}
	} else if ssh.Unmarshal(ch.ExtraData(), &tcp) != nil {
		return nil
	}
	var near *Listener
	for _, l := range s.list {
		switch {
		case l.network != network:
		case network == "unix" && l.host == unix.Path, network == "tcp" && l.port == tcp.Port && l.host == tcp.Host:
			return l
		case network == "tcp" && l.port == tcp.Port, network == "tcp" && l.port == 0 && near == nil:
			near = l
		}
	}
	return near
}
