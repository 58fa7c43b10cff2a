package sshcore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore/internal/sshtest"
)

// exchange sends text through conn, ends its side, and returns all that comes.
func exchange(conn net.Conn, text string) (string, error) {
	defer conn.Close()
	if _, err := io.WriteString(conn, text); err != nil {
		return "", err
	}
	if err := conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		return "", err
	}
	all, err := io.ReadAll(conn)
	return string(all), err
}

// serveEcho answers every connection of l with what it says, in capitals.
func serveEcho(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			all, _ := io.ReadAll(conn)
			conn.Write(bytes.ToUpper(all))
		}()
	}
}

func TestOpenSSHListensForUs(t *testing.T) {
	ctx, c, _ := real(t, "AllowTcpForwarding yes", "AllowStreamLocalForwarding yes")
	for _, tc := range []struct{ name, network, addr string }{
		{"on a port of the server's choice", "tcp", "127.0.0.1:0"},
		{"on a name that the server resolves", "tcp", "localhost:0"},
		{"on a socket of its file system", "unix", filepath.Join(t.TempDir(), "s")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, err := c.Listen(ctx, tc.network, tc.addr)
			if err != nil {
				t.Fatal(err)
			}
			go serveEcho(l)
			var callers sync.WaitGroup
			for i := range 20 {
				callers.Go(func() {
					conn, err := net.Dial(tc.network, l.Addr().String())
					if err != nil {
						t.Error(err)
						return
					}
					got, err := exchange(conn, fmt.Sprint("caller ", i))
					if got != fmt.Sprint("CALLER ", i) || err != nil {
						t.Errorf("got %q, %v", got, err)
					}
				})
			}
			callers.Wait()
			l.Close()
			if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
				t.Errorf("after Close: %v", err)
			}
			// The server has stopped once it has answered something later.
			if _, err := c.Output(ctx, "true"); err != nil {
				t.Error(err)
			}
			if conn, err := net.Dial(tc.network, l.Addr().String()); err == nil {
				conn.Close()
				t.Error("the server still listens")
			}
		})
	}
}

func TestOpenSSHTellsWhoConnected(t *testing.T) {
	ctx, c, _ := real(t, "AllowTcpForwarding remote")
	l, err := c.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	near, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	far, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	if got, want := far.RemoteAddr().String(), near.LocalAddr().String(); got != want {
		t.Errorf("the server says %s, and it was %s", got, want)
	}
}

func TestOpenSSHForbidsToListen(t *testing.T) {
	for _, tc := range []struct{ name, config, network, addr string }{
		{"without forwarding", "AllowTcpForwarding no", "tcp", "127.0.0.1:0"},
		{"with local forwarding alone", "AllowTcpForwarding local", "tcp", "127.0.0.1:0"},
		{"without sockets", "AllowStreamLocalForwarding no", "unix", "/tmp/wasmiko-never"},
		{"where PermitListen has another port", "PermitListen 127.0.0.1:1", "tcp", "127.0.0.1:0"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ctx, c, _ := real(t, tc.config)
			_, err := c.Listen(ctx, tc.network, tc.addr)
			var refused *ForwardError
			var request *RequestError
			if !errors.As(err, &refused) || !refused.Listen || !errors.As(err, &request) {
				t.Errorf("got %v", err)
			}
			if len(c.listeners.list) != 0 {
				t.Error("a listener stayed")
			}
		})
	}
}

func TestOpenSSHReachesSockets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	far, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	go serveEcho(far)
	ctx, c, _ := real(t, "AllowStreamLocalForwarding yes")
	conn, err := c.DialContext(ctx, "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := exchange(conn, "through a socket"); got != "THROUGH A SOCKET" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	_, err = c.DialContext(ctx, "unix", path+"-absent")
	var refused *ssh.OpenChannelError
	if !errors.As(err, &refused) || refused.Reason != ssh.ConnectionFailed {
		t.Errorf("an absent socket: %v", err)
	}
}

func TestTheServerIsToldWhereATunnelComesFrom(t *testing.T) {
	var got tcpChannel
	connected(t, nil, func(t *testing.T, c *Client, srv *sshtest.Server) {
		srv.OnOpen = func(ch ssh.NewChannel) { ssh.Unmarshal(ch.ExtraData(), &got) }
		srv.Direct = func(_ string, ch ssh.Channel) { ch.Close() }
		conn, err := c.DialFrom(t.Context(), "192.0.2.7:4711", "tcp", "inner:80")
		if err != nil {
			t.Fatal(err)
		}
		<-conn.(interface{ Done() <-chan struct{} }).Done()
		if want := (tcpChannel{"inner", 80, "192.0.2.7", 4711}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if _, err := c.DialFrom(t.Context(), "192.0.2.7", "tcp", "inner:80"); err == nil {
			t.Error("an origin without a port was taken")
		}
	})
}

// listener runs a test with a client whose server answers a request to
// listen with the given port, and then opens channels.
func listener(t *testing.T, port uint32, test func(t *testing.T, c *Client, open func(kind string, data any) error)) {
	synctest.Test(t, func(t *testing.T) {
		srv := sshtest.New(t)
		conns := make(chan *ssh.ServerConn, 1)
		srv.OnConn = func(c *ssh.ServerConn) { conns <- c }
		srv.Global = func(r *ssh.Request) { r.Reply(true, ssh.Marshal(struct{ Port uint32 }{port})) }
		c, err := Dial(t.Context(), "h:22", testConfig(srv.Dial))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		far := <-conns
		test(t, c, func(kind string, data any) error {
			ch, reqs, err := far.OpenChannel(kind, ssh.Marshal(data))
			if err == nil {
				go ssh.DiscardRequests(reqs)
				ch.Close()
			}
			return err
		})
	})
}

func TestChannelsThatNobodyListensForAreRefused(t *testing.T) {
	listener(t, 4022, func(t *testing.T, c *Client, open func(string, any) error) {
		l, err := c.Listen(t.Context(), "tcp", "localhost:0")
		if err != nil {
			t.Fatal(err)
		}
		if got := l.Addr().String(); got != "localhost:4022" {
			t.Errorf("listens on %s", got)
		}
		go serveEcho(l)
		for _, tc := range []struct {
			name string
			kind string
			data any
			want ssh.RejectionReason // 0: accepted
		}{
			{"the address as asked for", "forwarded-tcpip", tcpChannel{"localhost", 4022, "a", 1}, 0},
			{"the address as resolved", "forwarded-tcpip", tcpChannel{"127.0.0.1", 4022, "a", 1}, 0},
			{"another port", "forwarded-tcpip", tcpChannel{"localhost", 4023, "a", 1}, ssh.Prohibited},
			{"no address at all", "forwarded-tcpip", struct{ Host string }{"x"}, ssh.Prohibited},
			{"a socket", "forwarded-streamlocal@openssh.com", struct{ Path, Reserved string }{"localhost", ""}, ssh.Prohibited},
			{"a session of ours", "session", struct{ None string }{}, ssh.UnknownChannelType},
		} {
			err := open(tc.kind, tc.data)
			var refused *ssh.OpenChannelError
			if tc.want == 0 && err != nil || tc.want != 0 && (!errors.As(err, &refused) || refused.Reason != tc.want) {
				t.Errorf("%s: got %v", tc.name, err)
			}
		}
	})
}

func TestConnectionsThatWaitAreBounded(t *testing.T) {
	listener(t, 4022, func(t *testing.T, c *Client, open func(string, any) error) {
		l, err := c.Listen(t.Context(), "tcp", "localhost:4022")
		if err != nil {
			t.Fatal(err)
		}
		errs := make(chan error, maxBacklog+1)
		for range maxBacklog + 1 {
			go func() { errs <- open("forwarded-tcpip", tcpChannel{"localhost", 4022, "a", 1}) }()
		}
		var refused *ssh.OpenChannelError
		if err := <-errs; !errors.As(err, &refused) || refused.Reason != ssh.ResourceShortage {
			t.Errorf("one too many: %v", err)
		}
		l.Close()
		for range maxBacklog {
			if err := <-errs; !errors.As(err, &refused) || refused.Reason != ssh.Prohibited {
				t.Errorf("waiting at Close: %v", err)
			}
		}
	})
}

func TestAListenerEndsWithItsConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := sshtest.New(t)
		srv.Global = func(r *ssh.Request) { r.Reply(true, nil) }
		c, err := Dial(t.Context(), "h:22", testConfig(srv.Dial))
		if err != nil {
			t.Fatal(err)
		}
		l, err := c.Listen(t.Context(), "tcp", "localhost:4022")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := l.AcceptContext(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		srv.Hangup()
		var closed *ClosedError
		if _, err := l.Accept(); !errors.As(err, &closed) {
			t.Errorf("after the end: %v", err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestAListenerThatIsGivenUpIsCancelledWhenTheAnswerComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := sshtest.New(t)
		asked := make(chan *ssh.Request, 4)
		srv.Global = func(r *ssh.Request) { asked <- r }
		c, err := Dial(t.Context(), "h:22", testConfig(srv.Dial))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error)
		go func() {
			_, err := c.Listen(ctx, "tcp", "localhost:0")
			failed <- err
		}()
		request := <-asked
		cancel()
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		request.Reply(true, ssh.Marshal(struct{ Port uint32 }{4022}))
		if next := <-asked; next.Type != "cancel-tcpip-forward" {
			t.Errorf("then came %s", next.Type)
		}
	})
}
