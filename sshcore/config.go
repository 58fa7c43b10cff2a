package sshcore

import (
	"context"
	"errors"
	"net"
	"time"
)

// DialFunc opens a transport, as net.Dialer.DialContext does.
type DialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// Config says how to connect. It may be shared by any number of connections,
// and must not change while one of them is being made. Callbacks may come from
// any goroutine; those of one connection come one at a time, except Trace.
type Config struct {
	// User is the name to log in with. Empty is sent as it stands.
	User string

	// Auth lists ways to log in, tried in order among those that the server
	// takes. Nil tries only whether the server wants no proof at all.
	Auth []Auth

	// HostKeys decides about the server's key. Nil refuses to connect.
	HostKeys HostKeyPolicy

	// HostKeyAlias is the name under which the server's key is filed. Empty
	// means the address that was dialled.
	HostKeyAlias string

	// Dial opens the transport. Nil means a net.Dialer, and with GOOS=js an error.
	Dial DialFunc

	// Banner is given what the server says before login, control characters
	// included. Nil drops it.
	Banner func(message string)

	// OnHostKeys is told, at most once and after login, that a server whose key
	// is known holds other keys than those that HostKeys lists for it. It may
	// take its time. Nil means not to ask the server for proof.
	OnHostKeys func(HostKeyUpdate)

	// KeepAlive is the time between two signs of life that we ask for; after
	// three unanswered ones the connection is given up. Zero means 15 s,
	// negative switches it off.
	KeepAlive time.Duration

	// Away reports whether the transport is interrupted and may come back: then
	// silence says nothing about the server, and KeepAlive waits. It also counts how
	// often that was so before. Nil means never.
	Away func() (now bool, before int)

	// HandshakeTimeout bounds the time from the open transport to the end of
	// login, not counting the time spent in callbacks. Zero means 20 s,
	// negative switches it off.
	HandshakeTimeout time.Duration

	// Algorithms is what we offer. Zero means the hardened defaults.
	Algorithms Algorithms

	// Trace is told about each step. It must not block. Nil drops them.
	Trace func(Event)

	// testOnlyRekey lets tests rekey early. Zero means rekeyThreshold.
	testOnlyRekey uint64
}

var errNoPolicy = errors.New("sshcore: Config.HostKeys is nil, so every host key would be refused")

func (c *Config) handshakeTimeout() time.Duration {
	if c.HandshakeTimeout == 0 {
		return 20 * time.Second
	}
	return c.HandshakeTimeout
}

func (c *Config) keepAlive() time.Duration {
	if c.KeepAlive == 0 {
		return 15 * time.Second
	}
	return c.KeepAlive
}

func (c *Config) away() (now bool, before int) {
	if c.Away == nil {
		return false, 0
	}
	return c.Away()
}

func (c *Config) trace(step Step, detail string) {
	if c.Trace != nil {
		c.Trace(Event{Step: step, Detail: detail})
	}
}

func (c *Config) warn(step Step, detail string) {
	if c.Trace != nil {
		c.Trace(Event{Step: step, Detail: detail, Warning: true})
	}
}
