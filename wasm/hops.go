//go:build js

package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/wasmiko/wasmiko/sshcore"
	"github.com/wasmiko/wasmiko/wasm/wire"
)

// hop is a server of the connection: the target, or a host on the way. What is
// asked and told about it names it, not the target.
type hop struct {
	*core
	number int    // as wire.At has it: 0 is the target
	target target // in place of the core's
	alias  string
	known  *sshcore.KnownHosts // nil before the policy is made
	client *sshcore.Client     // nil until connected

	passkeys bool // one was offered
}

// setHops notes the way. The target is the last of it.
func (c *core) setHops(p wire.Connect) error {
	add := func(number int, host string, port int, alias string) error {
		if host == "" || port < 1 || port > 65535 {
			return fmt.Errorf("no such target: host %q, port %d", host, port)
		}
		c.hops = append(c.hops, &hop{core: c, number: number, target: target{host, port}, alias: alias})
		return nil
	}
	for i, j := range p.Jump {
		if err := add(i+1, j.Host, j.Port, j.Alias); err != nil {
			return err
		}
	}
	c.target = target{p.Host, p.Port}
	return add(0, p.Host, p.Port, p.Alias)
}

// way makes of the page's hops what sshcore dials.
func (c *core) way(p wire.Connect) ([]sshcore.Hop, error) {
	var way []sshcore.Hop
	for i, h := range c.hops {
		to := wire.Jump{User: p.User, Auth: p.Auth, HostKey: p.HostKey, Algorithms: p.Algorithms}
		if h.number > 0 {
			to = p.Jump[i]
		}
		cfg, err := h.config(to)
		if err != nil {
			return nil, err
		}
		cfg.KeepAlive = time.Duration(p.KeepAliveMs) * time.Millisecond
		cfg.Away = c.away
		way = append(way, sshcore.Hop{Addr: h.target.addr(), Config: cfg})
	}
	return way, nil
}

func (h *hop) config(to wire.Jump) (*sshcore.Config, error) {
	auth, err := h.auths(to.Auth)
	if err != nil {
		return nil, &atHop{h, err}
	}
	hostKeys, err := h.hostKeys(to.HostKey)
	if err != nil {
		return nil, &atHop{h, err}
	}
	return &sshcore.Config{
		User:         to.User,
		Auth:         auth,
		HostKeys:     hostKeys,
		HostKeyAlias: h.alias,
		OnHostKeys:   h.announce,
		Algorithms:   algorithmsOf(to.Algorithms),
		Banner:       func(message string) { h.bridge.tell("banner", wire.Banner{Message: message}) },
		Trace:        h.trace,
	}, nil
}

func algorithmsOf(a *wire.Algorithms) sshcore.Algorithms {
	if a == nil {
		return sshcore.Algorithms{}
	}
	var base sshcore.Algorithms
	if a.Legacy {
		base = sshcore.Legacy()
	}
	for _, f := range []struct {
		to   *[]string
		from []string
	}{
		{&base.KeyExchanges, a.KeyExchanges}, {&base.HostKeys, a.HostKeys},
		{&base.Ciphers, a.Ciphers}, {&base.MACs, a.MACs}, {&base.PublicKeys, a.PublicKeys},
	} {
		if len(f.from) > 0 {
			*f.to = f.from
		}
	}
	return base
}

// announce tells the page that the server has other keys than are known.
func (h *hop) announce(u sshcore.HostKeyUpdate) {
	told := wire.HostKeys{Hop: h.number}
	for _, k := range u.New {
		told.New = append(told.New, h.hostKey(k))
	}
	for _, k := range u.Gone {
		told.Gone = append(told.Gone, knownKey(k))
	}
	h.bridge.tell("hostKeys", told)
}

// take keeps the clients of the hops.
func (c *core) take(client *sshcore.Client) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.client = client
	for i := len(c.hops) - 1; i >= 0 && client != nil; i-- {
		c.hops[i].client = client
		client = client.Via()
	}
}

// connected returns the client of a hop, once there is one.
func (c *core) connected(number int) (*sshcore.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.client == nil {
		return nil, errNotConnected
	}
	if number < 0 || number >= len(c.hops) {
		return nil, fmt.Errorf("no jump host %d", number)
	}
	return c.hop(number).client, nil
}

// hop returns a hop by its number. Before connect there is only the target.
func (c *core) hop(number int) *hop {
	switch {
	case len(c.hops) == 0:
		return &hop{core: c, target: c.target}
	case number == 0:
		return c.hops[len(c.hops)-1]
	}
	return c.hops[number-1]
}

// filed is the name under which the hop's key is known.
func (h *hop) filed() string {
	if h.alias != "" {
		return h.alias
	}
	return h.target.addr()
}

// trace passes sshcore's steps on: all of them to the log, and as progress what
// is on the way to a login, and rekeys.
func (h *hop) trace(e sshcore.Event) {
	h.bridge.tell("trace", wire.Trace{Step: string(e.Step), Detail: e.Detail, Warning: e.Warning, Jump: h.jumpName()})
	if !e.Warning && e.Step != sshcore.StepClosed && e.Step != sshcore.StepChannel {
		h.progress(string(e.Step), e.Detail)
	}
}

func (h *hop) progress(step, detail string) {
	h.bridge.tell("progress", wire.Progress{Step: step, Detail: detail, Jump: h.jumpName()})
}

// jumpName is the name of a host on the way, and empty for the target.
func (h *hop) jumpName() string {
	if h.number == 0 {
		return ""
	}
	return h.target.host
}

// atHop is an error that a hop other than the target may have made.
type atHop struct {
	hop *hop
	err error
}

func (e *atHop) Error() string { return e.err.Error() }
func (e *atHop) Unwrap() error { return e.err }

// describe says what happened, for programs and for people.
func (c *core) describe(err error) *wire.Error {
	h := c.blame(err)
	e := h.describe(err)
	if e.Jump = h.jumpName(); e.Jump != "" {
		e.Message = "Jump host " + e.Jump + ": " + e.Message
	}
	return e
}

// blame returns the hop where an error happened. A hop that cannot be reached
// is the doing of the one before.
func (c *core) blame(err error) *hop {
	var at *atHop
	var dial *sshcore.DialError
	switch {
	case errors.As(err, &at):
		return at.hop
	case errors.As(err, &dial) && dial.Hop < len(c.hops):
		var forward *sshcore.ForwardError
		if errors.As(dial.Err, &forward) && dial.Hop > 0 {
			return c.hops[dial.Hop-1]
		}
		return c.hops[dial.Hop]
	}
	return c.hop(0)
}

// through runs what a page asks of a hop, so that errors name it.
func through[R any](c *core, number int, do func(*sshcore.Client) (R, error)) (R, error) {
	client, err := c.connected(number)
	var r R
	if err == nil {
		r, err = do(client)
	}
	if err != nil && number > 0 && number < len(c.hops) {
		err = &atHop{c.hop(number), err}
	}
	return r, err
}
