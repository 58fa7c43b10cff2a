//go:build js

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"syscall/js"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/netconn"
	"github.com/wasmiko/wasmiko/sshcore"
	"github.com/wasmiko/wasmiko/wasm/wire"
)

// relayTimeout bounds opening the WebSocket and dialling beyond it. A browser
// alone would wait for minutes.
const relayTimeout = 30 * time.Second

// core serves the calls of one page for one connection.
type core struct {
	bridge *bridge
	simd   bool   // the host has the kernel: build/kernel
	target target // set by connect, as hops, before anything is asked or described
	hops   []*hop // on the way, the nearest first; the last is the target
	relay  atomic.Pointer[netconn.Conn]

	mu        sync.Mutex
	used      bool            // connect was called
	client    *sshcore.Client // nil until connected; each hop has its own
	sessions  map[int]*session
	listeners map[int]*sshcore.Listener
	lastID    int
}

// newCore returns a core that serves the calls that come over port.
func newCore(port js.Value) *core {
	c := &core{sessions: map[int]*session{}, listeners: map[int]*sshcore.Listener{}}
	c.bridge = newBridge(port, c.describe)
	handlePorts(c.bridge, "connect", c.connect)
	handle(c.bridge, "info", c.info)
	handle(c.bridge, "disconnect", c.disconnect)
	handle(c.bridge, "wake", c.wake)
	handlePorts(c.bridge, "start", c.start)
	handle(c.bridge, "wait", c.wait)
	handle(c.bridge, "resize", c.resize)
	handle(c.bridge, "signal", c.signal)
	handle(c.bridge, "break", c.sendBreak)
	handle(c.bridge, "close", c.close)
	handlePorts(c.bridge, "forward", c.forward)
	handle(c.bridge, "listen", c.listen)
	handlePorts(c.bridge, "accept", c.accept)
	handle(c.bridge, "unlisten", c.unlisten)
	handle(c.bridge, "openKey", c.openKey)
	c.handleFiles()
	return c
}

func (c *core) run() { c.bridge.run() }

func (c *core) connect(ctx context.Context, p wire.Connect, ports []js.Value) (wire.Info, error) {
	if err := c.begin(p); err != nil {
		return wire.Info{}, err
	}
	way, err := c.way(p)
	if err != nil {
		return wire.Info{}, err
	}
	way[0].Config.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) { return c.transport(ctx, p, ports) }
	client, err := sshcore.DialJump(ctx, way...)
	if err != nil {
		return wire.Info{}, err
	}
	c.take(client)
	go c.watch(client)
	return c.infoOf(client), nil
}

// begin takes the target. A core makes one connection in its life.
func (c *core) begin(p wire.Connect) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.used {
		return errors.New("connect was called before")
	}
	c.used = true
	return c.setHops(p)
}

// transport opens the stream that SSH runs over: through a relay, or the
// page's own.
func (c *core) transport(ctx context.Context, p wire.Connect, ports []js.Value) (net.Conn, error) {
	if p.Relay == "" {
		if len(ports) != 1 {
			return nil, errors.New("connect has neither a relay nor a stream")
		}
		return newPort(ports[0]), nil
	}
	ctx, cancel := context.WithTimeout(ctx, relayTimeout)
	defer cancel()
	first := c.hops[0]
	first.progress("relay", p.Relay)
	to := netconn.Target{Host: first.target.host, Port: uint16(first.target.port), Ticket: p.Ticket}
	conn, err := netconn.Dial(ctx, p.Relay, to, netconn.Options{OnLink: c.onLink, OnGoAway: c.onGoAway})
	if err != nil {
		return nil, err
	}
	c.relay.Store(conn)
	first.progress("tcp", first.target.addr())
	return conn, nil
}

// watch tells the page when the connection has ended, and why.
func (c *core) watch(client *sshcore.Client) {
	var end wire.Closed
	if err := client.Wait(); err != nil {
		end.Error = c.describe(err)
	}
	c.bridge.tell("closed", end)
}

func (c *core) info(_ context.Context, p wire.At) (wire.Info, error) {
	client, err := c.connected(p.Hop)
	if err != nil {
		return wire.Info{}, err
	}
	return c.infoOf(client), nil
}

func (c *core) infoOf(client *sshcore.Client) wire.Info {
	i := client.Info()
	return wire.Info{
		ServerVersion: i.ServerVersion, ClientVersion: i.ClientVersion,
		KeyExchange: i.KeyExchange, HostKeyType: i.HostKeyType, Fingerprint: i.Fingerprint,
		CipherIn: i.CipherIn, CipherOut: i.CipherOut, MACIn: i.MACIn, MACOut: i.MACOut,
		HostKeyAlgorithm: i.HostKeyAlgorithm, Weak: i.Weak,
		PostQuantum: i.PostQuantum, StrictKex: i.StrictKex, SessionID: i.SessionID,
		BytesIn: i.BytesIn, BytesOut: i.BytesOut,
		RTTMs: float64(i.RTT) / float64(time.Millisecond),
		SIMD:  c.simd,
	}
}

func (c *core) disconnect(context.Context, wire.None) (wire.None, error) {
	client, err := c.connected(0)
	if err != nil {
		return wire.None{}, err
	}
	return wire.None{}, client.Close()
}

func (c *core) start(ctx context.Context, p wire.Start, ports []js.Value) (wire.Session, error) {
	if len(ports) != 2 {
		return wire.Session{}, fmt.Errorf("start has %d ports instead of 2", len(ports))
	}
	main, errs := newPort(ports[0]), newPort(ports[1])
	s, err := c.open(ctx, p)
	if err != nil {
		failure := c.describe(err)
		main.Reset(failure)
		errs.Reset(failure)
		return wire.Session{}, err
	}
	c.mu.Lock()
	c.lastID++
	id := c.lastID
	c.sessions[id] = s
	c.mu.Unlock()
	s.run(main, errs, c.describe)
	return wire.Session{Session: id}, nil
}

func (c *core) open(ctx context.Context, p wire.Start) (*session, error) {
	command := sshcore.Command{Line: p.Line, Subsystem: p.Subsystem, Env: p.Env}
	piece := pieceSize
	if p.PTY != nil {
		piece = terminalPieceSize
		command.PTY = &sshcore.PTY{Term: p.PTY.Term, Cols: p.PTY.Cols, Rows: p.PTY.Rows, Modes: modesOf(p.PTY)}
	}
	if p.Agent {
		command.Agent = lentAgent{c.hop(p.Hop)}
	}
	started, err := through(c, p.Hop, func(client *sshcore.Client) (*sshcore.Session, error) { return client.Start(ctx, command) })
	if err != nil {
		return nil, err
	}
	return &session{Session: started, piece: piece, done: make(chan struct{})}, nil
}

func modesOf(p *wire.PTY) ssh.TerminalModes {
	modes := make(ssh.TerminalModes, len(p.Modes))
	for _, m := range p.Modes {
		modes[uint8(m.Opcode)] = uint32(m.Value)
	}
	return modes
}

// wait answers when the command has ended. The page asks once a session, which
// is forgotten then.
func (c *core) wait(ctx context.Context, p wire.Session) (wire.Exit, error) {
	s := c.session(p.Session)
	if s == nil {
		return wire.Exit{}, fmt.Errorf("no session %d", p.Session)
	}
	select {
	case <-ctx.Done():
		return wire.Exit{}, context.Cause(ctx)
	case <-s.done:
	}
	c.mu.Lock()
	delete(c.sessions, p.Session)
	c.mu.Unlock()
	return exitOf(s.err)
}

// exitOf makes an Exit of what Session.Wait returned.
func exitOf(err error) (wire.Exit, error) {
	var exit *sshcore.ExitError
	var missing *sshcore.ExitMissingError
	status := 0
	switch {
	case err == nil:
		return wire.Exit{Status: &status}, nil
	case errors.As(err, &exit) && exit.Signal != "":
		return wire.Exit{Signal: exit.Signal, Message: exit.Msg}, nil
	case errors.As(err, &exit):
		status = exit.Status
		return wire.Exit{Status: &status}, nil
	case errors.As(err, &missing):
		return wire.Exit{}, nil
	}
	return wire.Exit{}, err
}

// session returns a session by its handle, or nil once it was waited for: then
// there is nothing left to resize, signal or close.
func (c *core) session(id int) *session {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sessions[id]
}

func (c *core) resize(_ context.Context, p wire.Resize) (wire.None, error) {
	if s := c.session(p.Session); s != nil {
		return wire.None{}, s.Resize(p.Cols, p.Rows)
	}
	return wire.None{}, nil
}

func (c *core) signal(_ context.Context, p wire.Signal) (wire.None, error) {
	if s := c.session(p.Session); s != nil {
		return wire.None{}, s.Signal(ssh.Signal(p.Name))
	}
	return wire.None{}, nil
}

func (c *core) sendBreak(ctx context.Context, p wire.Break) (wire.None, error) {
	if s := c.session(p.Session); s != nil {
		return wire.None{}, s.Break(ctx, time.Duration(p.Ms)*time.Millisecond)
	}
	return wire.None{}, nil
}

func (c *core) close(_ context.Context, p wire.Session) (wire.None, error) {
	if s := c.session(p.Session); s != nil {
		return wire.None{}, s.Close()
	}
	return wire.None{}, nil
}
