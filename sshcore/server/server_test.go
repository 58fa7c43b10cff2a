package server_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore/server"
)

// patience is how long a test waits for something that must happen.
const patience = 10 * time.Second

var errNo = errors.New("no")

// newKey makes a signer of the given kind.
func newKey(t testing.TB, kind string) ssh.Signer {
	t.Helper()
	var (
		private any
		err     error
	)
	switch kind {
	case "ed25519":
		_, private, err = ed25519.GenerateKey(rand.Reader)
	case "ecdsa":
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "rsa":
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	case "short rsa":
		t.Setenv("GODEBUG", "rsa1024min=0")
		private, err = rsa.GenerateKey(rand.Reader, 1024)
	}
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func fooOnly(_ context.Context, _ server.Login, password []byte) error {
	if string(password) != "foo" {
		return errNo
	}
	return nil
}

// newServer is a server that lets in whoever says foo.
func newServer(t testing.TB, handler server.Handler) *server.Server {
	return &server.Server{
		HostKeys:     []ssh.Signer{newKey(t, "ed25519")},
		PasswordAuth: fooOnly,
		Handler:      handler,
	}
}

// listen serves s on a free port until the test ends.
func listen(t testing.TB, s *server.Server) net.Addr {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Close()
		if err := <-done; !errors.Is(err, server.ErrServerClosed) {
			t.Errorf("Serve ended with %v", err)
		}
	})
	return l.Addr()
}

// clientOver logs in on a connection.
func clientOver(conn net.Conn, s *server.Server, user string, auth ...ssh.AuthMethod) (*ssh.Client, error) {
	c, chans, reqs, err := ssh.NewClientConn(conn, "", &ssh.ClientConfig{
		User: user, Auth: auth, HostKeyCallback: ssh.FixedHostKey(s.HostKeys[0].PublicKey()),
	})
	if err != nil {
		conn.Close()
		return nil, err
	}
	return ssh.NewClient(c, chans, reqs), nil
}

// dial logs robey in over TCP.
func dial(t testing.TB, s *server.Server, addr net.Addr) *ssh.Client {
	t.Helper()
	conn, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	c, err := clientOver(conn, s, "robey", ssh.Password("foo"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// client serves handler and logs robey in.
func client(t testing.TB, handler server.Handler) *ssh.Client {
	t.Helper()
	s := newServer(t, handler)
	return dial(t, s, listen(t, s))
}

func session(t testing.TB, c *ssh.Client) *ssh.Session {
	t.Helper()
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// receive waits for a value.
func receive[T any](t testing.TB, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
	}
	panic("unreachable")
}

func TestServerRefusesToStart(t *testing.T) {
	good := newKey(t, "ed25519")
	for _, c := range []struct {
		name   string
		server *server.Server
		says   string
	}{
		{"without a host key", &server.Server{PasswordAuth: fooOnly}, "no host key"},
		{"without a login method", &server.Server{HostKeys: []ssh.Signer{good}}, "no login method"},
		{"with a host key that is nil", &server.Server{HostKeys: []ssh.Signer{nil}, PasswordAuth: fooOnly}, "is nil"},
		{"with a short RSA host key", &server.Server{HostKeys: []ssh.Signer{newKey(t, "short rsa")}, PasswordAuth: fooOnly}, "fewer than 2048"},
	} {
		t.Run(c.name, func(t *testing.T) {
			near, far := net.Pipe()
			defer near.Close()
			if err := c.server.ServeConn(context.Background(), far); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("ServeConn: %v", err)
			}
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			if err := c.server.Serve(l); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("Serve: %v", err)
			}
			if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
				t.Errorf("listener is still open: %v", err)
			}
		})
	}
}

func TestServeConnWorksOverAPipeWithoutABuffer(t *testing.T) {
	s := newServer(t, func(_ context.Context, s *server.Session) { io.Copy(s.Stdout(), s.Stdin()) })
	near, far := net.Pipe()
	served := make(chan error, 1)
	go func() { served <- s.ServeConn(context.Background(), far) }()
	c, err := clientOver(near, s, "robey", ssh.Password("foo"))
	if err != nil {
		t.Fatal(err)
	}
	sess := session(t, c)
	big := strings.Repeat("0123456789abcdef", 1<<16)
	sess.Stdin = strings.NewReader(big)
	out, err := sess.Output("cat")
	if err != nil || string(out) != big {
		t.Fatalf("%d bytes came back, %v", len(out), err)
	}
	c.Close()
	if err := receive(t, served, "ServeConn"); err != nil {
		t.Errorf("ServeConn: %v", err)
	}
}

func TestServeConnEndsWithItsContext(t *testing.T) {
	started, ended := make(chan struct{}), make(chan struct{})
	s := newServer(t, func(ctx context.Context, _ *server.Session) {
		close(started)
		<-ctx.Done()
		close(ended)
	})
	near, far := net.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	served := make(chan error, 1)
	go func() { served <- s.ServeConn(ctx, far) }()
	c, err := clientOver(near, s, "robey", ssh.Password("foo"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := session(t, c).Start("wait"); err != nil {
		t.Fatal(err)
	}
	receive(t, started, "the handler")
	cancel()
	receive(t, ended, "the handler's end")
	receive(t, served, "ServeConn")
}

func TestShutdownWaitsForConnectionsAndThenCloses(t *testing.T) {
	s := newServer(t, func(ctx context.Context, _ *server.Session) { <-ctx.Done() })
	addr := listen(t, s)
	c := dial(t, s, addr)
	ctx, cancel := context.WithCancel(context.Background())
	down := make(chan error, 1)
	go func() { down <- s.Shutdown(ctx) }()
	// The listener goes first; the connection lives.
	for {
		conn, err := net.Dial("tcp", addr.String())
		if err != nil {
			break
		}
		conn.Close()
	}
	if _, _, err := c.SendRequest("keepalive@openssh.com", true, nil); err != nil {
		t.Fatalf("the connection died: %v", err)
	}
	cancel()
	if err := receive(t, down, "Shutdown"); !errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown: %v", err)
	}
	c.Wait()
}

func TestOnErrorHearsOfFailedLogins(t *testing.T) {
	s := newServer(t, nil)
	heard := make(chan error, 1)
	s.OnError = func(_ net.Addr, err error) { heard <- err }
	conn, err := net.Dial("tcp", listen(t, s).String())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(conn, "GET / HTTP/1.1\r\n\r\n")
	conn.Close()
	if err := receive(t, heard, "the error"); !strings.Contains(err.Error(), "handshake") {
		t.Error(err)
	}
}

// base64Key is a key as known_hosts has it.
func base64Key(k ssh.PublicKey) string { return base64.StdEncoding.EncodeToString(k.Marshal()) }
