package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// ErrServerClosed is what Serve and ServeConn return after Close or Shutdown.
var ErrServerClosed = errors.New("server: closed")

// ErrTooManyConns is what ServeConn returns when MaxConns are being served.
var ErrTooManyConns = errors.New("server: too many connections")

// A Handler serves one session. Its ctx ends when the client closes the
// channel, when the connection is lost and when the server closes. If the
// handler returns without having called [Session.Exit], the exit status is 0.
//
// A handler that panics ends its own session with status 255; the others and
// the connection go on, and OnError is told.
type Handler func(ctx context.Context, s *Session)

// A Server holds what a server is. Set the fields before the first call of
// Serve or ServeConn and leave them alone afterwards.
type Server struct {
	// HostKeys prove the server's identity, one of each type. Empty: Serve and
	// ServeConn refuse. RSA keys sign with SHA-2 only and need 2048 bits.
	HostKeys []ssh.Signer

	// The login methods. Nil: not offered. All nil: Serve and ServeConn refuse.
	PasswordAuth    PasswordAuth
	PublicKeyAuth   PublicKeyAuth
	InteractiveAuth InteractiveAuth

	// Banner is shown to clients before the login. Empty: none.
	Banner string

	// Version follows "SSH-2.0-" in the greeting. Empty: "Wasmiko".
	Version string

	// Handler serves shells (an empty Session.Command) and commands. Nil:
	// both are refused.
	Handler Handler

	// Subsystems are handlers by name, such as "sftp". Nil: all are refused.
	Subsystems map[string]Handler

	// Forward decides about, and opens, the far end of a client's direct-tcpip
	// channel (RFC 4254 section 7.2). Nil: every one is refused.
	Forward Forward

	// OnError is told about connections that failed and handlers that
	// panicked, from several goroutines at once. Nil: nobody is.
	OnError func(remote net.Addr, err error)

	// MaxAuthTries bounds failed attempts on a connection. Zero: 6.
	MaxAuthTries int
	// HandshakeTimeout bounds key exchange and login together. Zero: 2 minutes.
	HandshakeTimeout time.Duration
	// IdleTimeout ends a connection on which no byte went either way for so
	// long. Zero: never.
	IdleTimeout time.Duration
	// MaxChannels bounds the channels of one connection. Zero: 64.
	MaxChannels int
	// MaxConns bounds the connections served at once; further ones are closed
	// before a byte is read. Zero: 256.
	MaxConns int

	mu        sync.Mutex
	closed    bool
	listeners map[net.Listener]struct{}
	conns     map[net.Conn]struct{}
	serving   sync.WaitGroup
}

// Serve accepts connections from l and serves each until l fails or the server
// is closed. It closes l when it returns and never returns a nil error; after
// Close or Shutdown the error is [ErrServerClosed].
func (s *Server) Serve(l net.Listener) error {
	defer l.Close()
	if err := s.check(); err != nil {
		return err
	}
	if !s.track(l) {
		return ErrServerClosed
	}
	defer s.untrack(l)
	for {
		conn, err := s.accept(l)
		if err != nil {
			return err
		}
		go func() {
			err := s.ServeConn(context.Background(), conn)
			if err != nil && !errors.Is(err, ErrServerClosed) {
				s.report(conn.RemoteAddr(), err)
			}
		}()
	}
}

// accept waits out errors that pass by themselves, such as a full table of
// file descriptors, as net/http does.
func (s *Server) accept(l net.Listener) (net.Conn, error) {
	const longest = time.Second
	for delay := 5 * time.Millisecond; ; delay = min(2*delay, longest) {
		conn, err := l.Accept()
		if err == nil {
			return conn, nil
		}
		if s.isClosed() {
			return nil, ErrServerClosed
		}
		var passing interface{ Temporary() bool }
		if !errors.As(err, &passing) || !passing.Temporary() {
			return nil, fmt.Errorf("server: accept: %w", err)
		}
		time.Sleep(delay)
	}
}

// ServeConn serves one connection, closes it and returns when it has ended:
// nil if the client had logged in, or why it did not come to that. Ending ctx
// closes the connection.
func (s *Server) ServeConn(ctx context.Context, conn net.Conn) error {
	conn = buffered(conn)
	defer conn.Close()
	config, err := s.config()
	if err != nil {
		return err
	}
	if err := s.admit(conn); err != nil {
		return err
	}
	defer s.release(conn)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	return s.serveConn(ctx, conn, config)
}

// Shutdown closes the listeners, lets the connections end by themselves and,
// when ctx ends first, closes them; then it returns ctx's error.
func (s *Server) Shutdown(ctx context.Context) error {
	s.stopListening()
	done := make(chan struct{})
	go func() {
		s.serving.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		s.Close()
		return ctx.Err()
	}
}

// Close closes the listeners and every connection, without waiting for the
// handlers, whose contexts end.
func (s *Server) Close() error {
	s.stopListening()
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.Close()
	}
	return nil
}

func (s *Server) stopListening() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for l := range s.listeners {
		l.Close()
	}
}

func (s *Server) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func (s *Server) track(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	if s.listeners == nil {
		s.listeners = make(map[net.Listener]struct{})
	}
	s.listeners[l] = struct{}{}
	return true
}

func (s *Server) untrack(l net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, l)
}

func (s *Server) admit(conn net.Conn) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return ErrServerClosed
	case len(s.conns) >= or(s.MaxConns, 256):
		return ErrTooManyConns
	}
	if s.conns == nil {
		s.conns = make(map[net.Conn]struct{})
	}
	s.conns[conn] = struct{}{}
	s.serving.Add(1)
	return nil
}

func (s *Server) release(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, conn)
	s.serving.Done()
}

func (s *Server) report(remote net.Addr, err error) {
	if s.OnError != nil {
		s.OnError(remote, err)
	}
}

// or returns v, or the default d if v is zero.
func or[T comparable](v, d T) T {
	var zero T
	if v == zero {
		return d
	}
	return v
}
