package server

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
)

// conn is one connection whose client has logged in.
type conn struct {
	server   *Server
	login    Login
	ssh      *ssh.ServerConn
	channels atomic.Int32
}

func (s *Server) serveConn(ctx context.Context, raw net.Conn, config *ssh.ServerConfig) error {
	if s.IdleTimeout > 0 {
		quiet := newIdleConn(raw, s.IdleTimeout)
		defer quiet.stop()
		raw = quiet
	}
	first := s.factors().callbacks(ctx, nil)
	config.PasswordCallback = first.PasswordCallback
	config.PublicKeyCallback = first.PublicKeyCallback
	config.KeyboardInteractiveCallback = first.KeyboardInteractiveCallback
	sc, channels, requests, err := handshake(raw, config, or(s.HandshakeTimeout, 2*time.Minute))
	if err != nil {
		return err
	}
	// x/crypto stops reading the connection unless these are serviced. Every
	// global request is refused; a keepalive wants no more than an answer.
	go ssh.DiscardRequests(requests)

	done, _ := sc.Permissions.ExtraData[factorsKey{}].([]Factor)
	c := &conn{server: s, ssh: sc, login: login(sc, done)}
	for ch := range channels {
		c.open(ctx, ch)
	}
	return nil
}

// handshake bounds key exchange and login by closing the connection, which
// works with any net.Conn, deadlines or not.
func handshake(raw net.Conn, config *ssh.ServerConfig, limit time.Duration) (*ssh.ServerConn, <-chan ssh.NewChannel, <-chan *ssh.Request, error) {
	late := time.AfterFunc(limit, func() { raw.Close() })
	sc, channels, requests, err := ssh.NewServerConn(raw, config)
	if !late.Stop() && err != nil {
		err = fmt.Errorf("not finished in %v: %w", limit, err)
	}
	if err != nil {
		return nil, nil, nil, fmt.Errorf("server: handshake: %w", err)
	}
	return sc, channels, requests, nil
}

// open decides about a channel. It never waits for more than the decision is
// written, so that one channel cannot hold up the others.
func (c *conn) open(ctx context.Context, ch ssh.NewChannel) {
	if c.channels.Add(1) > int32(or(c.server.MaxChannels, 64)) {
		c.channels.Add(-1)
		ch.Reject(ssh.ResourceShortage, "too many channels")
		return
	}
	var serve func(context.Context, ssh.NewChannel) error
	switch ch.ChannelType() {
	case "session":
		serve = c.serveSession
	case "direct-tcpip":
		serve = c.serveForward
	default:
		c.channels.Add(-1)
		ch.Reject(ssh.UnknownChannelType, "unknown channel type")
		return
	}
	go func() {
		defer c.channels.Add(-1)
		if err := serve(ctx, ch); err != nil {
			c.server.report(c.login.RemoteAddr, err)
		}
	}()
}
