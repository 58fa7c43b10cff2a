package server_test

import (
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore/server"
)

func TestLimits(t *testing.T) {
	t.Run("a client that does not log in is dropped after HandshakeTimeout", func(t *testing.T) {
		s := newServer(t, nil)
		s.HandshakeTimeout = 50 * time.Millisecond
		near, far := net.Pipe()
		defer near.Close()
		go io.Copy(io.Discard, near)
		err := s.ServeConn(context.Background(), far)
		if err == nil || !strings.Contains(err.Error(), "not finished in 50ms") {
			t.Error(err)
		}
	})
	t.Run("a connection on which nothing happens is closed after IdleTimeout", func(t *testing.T) {
		s := newServer(t, nil)
		s.IdleTimeout = 500 * time.Millisecond // the login needs some
		done := make(chan error, 1)
		c := dial(t, s, listen(t, s))
		go func() { done <- c.Wait() }()
		receive(t, done, "the end")
	})
	t.Run("a connection beyond MaxConns is closed at once", func(t *testing.T) {
		s := newServer(t, nil)
		s.MaxConns = 1
		addr := listen(t, s)
		dial(t, s, addr)
		conn, err := net.Dial("tcp", addr.String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(patience))
		if n, err := conn.Read(make([]byte, 1)); n != 0 || err != io.EOF && !strings.Contains(err.Error(), "reset") {
			t.Errorf("read %d, %v", n, err)
		}
	})
	t.Run("a channel beyond MaxChannels is refused and the others live", func(t *testing.T) {
		s := newServer(t, func(_ context.Context, s *server.Session) { io.Copy(s.Stdout(), s.Stdin()) })
		s.MaxChannels = 2
		c := dial(t, s, listen(t, s))
		first := session(t, c)
		session(t, c)
		_, err := c.NewSession()
		var refused *ssh.OpenChannelError
		if !errors.As(err, &refused) || refused.Reason != ssh.ResourceShortage {
			t.Fatalf("third channel: %v", err)
		}
		if out, err := first.Output("x"); err != nil || len(out) != 0 {
			t.Errorf("first channel: %q, %v", out, err)
		}
	})
	t.Run("a client is dropped after MaxAuthTries", func(t *testing.T) {
		s := newServer(t, nil)
		s.MaxAuthTries = 2
		tries := 0
		conn, err := net.Dial("tcp", listen(t, s).String())
		if err != nil {
			t.Fatal(err)
		}
		_, err = clientOver(conn, s, "robey", ssh.RetryableAuthMethod(
			ssh.PasswordCallback(func() (string, error) { tries++; return "bar", nil }), 10))
		if err == nil || tries != 2 {
			t.Errorf("%d tries, %v", tries, err)
		}
	})
}

func TestConnectionsLeaveNothingBehind(t *testing.T) {
	s := newServer(t, func(ctx context.Context, s *server.Session) {
		for ctx.Err() == nil {
			if _, err := s.Stdout().Write(make([]byte, 32<<10)); err != nil {
				return
			}
		}
	})
	before := runtime.NumGoroutine()
	for i := range 20 {
		near, far := net.Pipe()
		served := make(chan error, 1)
		go func() { served <- s.ServeConn(context.Background(), far) }()
		c, err := clientOver(near, s, "robey", ssh.Password("foo"))
		if err != nil {
			t.Fatal(err)
		}
		flooded := session(t, c)
		if _, err := flooded.StdoutPipe(); err != nil { // never read
			t.Fatal(err)
		}
		if err := flooded.Start("flood"); err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			near.Close() // without a word
		} else {
			c.Close()
		}
		receive(t, served, "ServeConn")
	}
	for late := time.Now().Add(patience); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(late) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), stacks[:runtime.Stack(stacks, true)])
		}
	}
}
