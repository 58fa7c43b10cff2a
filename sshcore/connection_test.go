package sshcore

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore/internal/sshtest"
)

func TestKeepAlive(t *testing.T) {
	for _, tc := range []struct {
		name  string
		every time.Duration
		mute  bool
		dead  time.Duration // 0: still alive after an hour
	}{
		{"a server that answers lives", 0, false, 0},
		{"a mute one is dead after three unanswered", 0, true, 60 * time.Second},
		{"the time may be chosen", time.Second, true, 4 * time.Second},
		{"or keepalive be off", -1, true, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := sshtest.New(t)
				srv.Mute = tc.mute
				cfg := testConfig(srv.Dial)
				cfg.KeepAlive = tc.every
				c, err := Dial(t.Context(), "h:22", cfg)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				start := time.Now()
				select {
				case <-c.done:
				case <-time.After(time.Hour):
				}
				if tc.dead == 0 {
					if c.err != nil {
						t.Errorf("dead: %v", c.err)
					}
					return
				}
				var closed *ClosedError
				if !errors.As(c.Wait(), &closed) || closed.Reason != ClosedKeepAlive || time.Since(start) != tc.dead {
					t.Errorf("after %v: %v", time.Since(start), c.err)
				}
			})
		})
	}
}

func TestKeepAliveWaitsWhileTheTransportIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := sshtest.New(t)
		srv.Mute = true
		cfg := testConfig(srv.Dial)
		cfg.KeepAlive = 0
		start := time.Now()
		cfg.Away = func() (bool, int) { return time.Since(start) < 10*time.Minute, 0 }
		c, err := Dial(t.Context(), "h:22", cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		var closed *ClosedError
		if !errors.As(c.Wait(), &closed) || closed.Reason != ClosedKeepAlive {
			t.Errorf("ended with %v", c.err)
		}
		if got := time.Since(start); got < 10*time.Minute+30*time.Second || got > 11*time.Minute {
			t.Errorf("given up after %v", got)
		}
	})
}

func TestARoundTripDoesNotIncludeAnAbsence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := sshtest.New(t)
		var returns atomic.Int32
		srv.Global = func(r *ssh.Request) {
			if returns.Load() == 0 {
				time.Sleep(9 * time.Second)
				returns.Store(1)
			}
			time.Sleep(time.Second)
			r.Reply(false, nil)
		}
		cfg := testConfig(srv.Dial)
		cfg.KeepAlive = 15 * time.Second
		cfg.Away = func() (bool, int) { return false, int(returns.Load()) }
		c, err := Dial(t.Context(), "h:22", cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		time.Sleep(29 * time.Second) // asked after 15, answered after 25
		if got := c.Info().RTT; got != 0 {
			t.Errorf("the round trip is %v, with an absence in it", got)
		}
		time.Sleep(15 * time.Second)
		if got := c.Info().RTT; got != time.Second {
			t.Errorf("the round trip is %v", got)
		}
	})
}

func TestTheServersRequestsAreAnsweredAndItsChannelsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := sshtest.New(t)
		done := make(chan struct{})
		srv.OnConn = func(conn *ssh.ServerConn) {
			defer close(done)
			for range 1000 {
				if _, _, err := conn.SendRequest("keepalive@openssh.com", true, nil); err != nil {
					t.Error(err)
					return
				}
				if _, _, err := conn.OpenChannel("x11", nil); err == nil {
					t.Error("x11 was accepted")
					return
				}
			}
		}
		c, err := Dial(t.Context(), "h:22", testConfig(srv.Dial))
		if err != nil {
			t.Fatal(err)
		}
		<-done
		c.Close()
	})
}

func TestInfo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := sshtest.New(t)
		var events []string
		cfg := testConfig(srv.Dial)
		cfg.KeepAlive = time.Second
		cfg.Trace = func(e Event) { events = append(events, string(e.Step)) }
		c, err := Dial(t.Context(), "h:22", cfg)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(1500 * time.Millisecond) // fake: one keepalive
		i := c.Info()
		if i.ServerVersion != "SSH-2.0-Go" || i.ClientVersion != "SSH-2.0-Wasmiko" || !i.PostQuantum || !i.StrictKex ||
			i.HostKeyType != ssh.KeyAlgoED25519 || !strings.HasPrefix(i.Fingerprint, "SHA256:") || len(i.SessionID) != 64 ||
			i.CipherIn != ssh.CipherAES256GCM || i.MACIn != "" || i.BytesIn < 1000 || i.BytesOut < 1000 {
			t.Errorf("got %+v", i)
		}
		if c.Conn() == nil {
			t.Error("no Conn")
		}
		c.Close()
		if got := strings.Join(events, " "); got != "kex hostkey ready closed" {
			t.Errorf("events: %s", got)
		}
	})
}

func TestWaitTellsWhyTheConnectionEnded(t *testing.T) {
	for _, tc := range []struct {
		name   string
		end    func(*sshtest.Server)
		reason ClosedReason
	}{
		{"the server hung up", (*sshtest.Server).Hangup, ClosedEOF},
	} {
		t.Run(tc.name, func(t *testing.T) {
			connected(t, nil, func(t *testing.T, c *Client, srv *sshtest.Server) {
				tc.end(srv)
				var closed *ClosedError
				if err := c.Wait(); !errors.As(err, &closed) || closed.Reason != tc.reason {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

// frozen is a connection that stops taking what is written.
type frozen struct {
	net.Conn
	ice    atomic.Bool
	stuck  chan struct{} // closed when a Write does not return
	closed chan struct{}
	once   [2]sync.Once
}

func (f *frozen) Write(p []byte) (int, error) {
	if f.ice.Load() {
		f.once[0].Do(func() { close(f.stuck) })
		<-f.closed
		return 0, net.ErrClosed
	}
	return f.Conn.Write(p)
}

func (f *frozen) Close() error {
	f.once[1].Do(func() { close(f.closed) })
	return f.Conn.Close()
}

// Not in a bubble: a stuck writer holds x/crypto's mutexes, on which a bubble
// cannot be idle.
func TestANetworkThatTakesNothing(t *testing.T) {
	srv := sshtest.New(t)
	srv.Run = func(s *sshtest.Session) { io.Copy(io.Discard, s) }
	f := &frozen{stuck: make(chan struct{}), closed: make(chan struct{})}
	c, err := Dial(t.Context(), "h:22", testConfig(func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := srv.Dial(ctx, network, addr)
		f.Conn = conn
		return f, err
	}))
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, c, Command{Line: "x"})
	f.ice.Store(true)
	written := make(chan struct{})
	go func() {
		s.Stdin().Write([]byte("z")) // x/crypto reports its failure to the next
		close(written)
	}()
	<-f.stuck
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Output(ctx, "y"); !errors.Is(err, context.Canceled) {
		t.Errorf("a command: %v", err)
	}
	s.Close()
	c.Close()
	<-written
	var closed *ClosedError
	if _, err := s.Stdin().Write([]byte("z")); !errors.As(err, &closed) || closed.Reason != ClosedLocal {
		t.Errorf("a write: %v", err)
	}
}

func TestTunnels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := sshtest.New(t)
		srv.Direct = func(addr string, ch ssh.Channel) {
			in, _ := io.ReadAll(ch)
			io.WriteString(ch, addr+" got "+string(in))
			ch.Close()
		}
		c, err := Dial(t.Context(), "h:22", testConfig(srv.Dial))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		conn, err := c.DialContext(t.Context(), "tcp", "inner:80")
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(conn, "hello")
		conn.(interface{ CloseWrite() error }).CloseWrite()
		out, err := io.ReadAll(conn)
		if string(out) != "inner got hello" || err != nil {
			t.Errorf("got %q, %v", out, err)
		}
		conn.Close()
		if _, err := conn.Read(make([]byte, 1)); err == nil {
			t.Error("read after Close")
		}

		conn, err = c.DialContext(t.Context(), "tcp", "inner:80")
		if err != nil {
			t.Fatal(err)
		}
		conn.SetReadDeadline(time.Now().Add(time.Second))
		var timeout net.Error
		if _, err := conn.Read(make([]byte, 1)); !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("deadline: %v", err)
		}
		srv.Hangup()
		conn.SetReadDeadline(time.Time{})
		var closed *ClosedError
		if _, err := conn.Read(make([]byte, 1)); !errors.As(err, &closed) {
			t.Errorf("broken: %v", err)
		}
	})
}

func TestTunnelsThatAreRefused(t *testing.T) {
	connected(t, nil, func(t *testing.T, c *Client, _ *sshtest.Server) {
		_, err := c.DialContext(t.Context(), "tcp", "inner:80")
		var refused *ssh.OpenChannelError
		if !errors.As(err, &refused) || refused.Reason != ssh.Prohibited {
			t.Errorf("got %v", err)
		}
		for _, bad := range [][2]string{{"udp", "h:1"}, {"tcp", "h"}, {"tcp", "h:x"}, {"tcp", "h:65536"}} {
			if _, err := c.DialContext(t.Context(), bad[0], bad[1]); err == nil {
				t.Errorf("%v was dialled", bad)
			}
		}
	})
}

func TestJumps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := sshtest.New(t)
		inner.Run = func(s *sshtest.Session) { io.WriteString(s, "inside"); s.Exit(0) }
		middle := sshtest.New(t)
		middle.Direct = forwardTo(t, inner)
		outer := sshtest.New(t)
		outer.Direct = forwardTo(t, middle)

		kh := new(KnownHosts)
		hop := func(addr string, dial DialFunc) Hop {
			cfg := testConfig(dial)
			cfg.HostKeys = AcceptNew(kh)
			return Hop{addr, cfg}
		}
		hops := []Hop{hop("outer:22", outer.Dial), hop("middle:22", nil), hop("inner:2222", nil)}
		c, err := DialJump(t.Context(), hops...)
		if err != nil {
			t.Fatal(err)
		}
		if out, err := c.Output(t.Context(), "x"); string(out) != "inside" || err != nil {
			t.Errorf("got %q, %v", out, err)
		}
		for _, name := range []string{"outer", "middle", "[inner]:2222"} {
			if len(kh.Lookup(name)) != 1 {
				t.Errorf("%s has no key", name)
			}
		}
		c.Close()

		hops[2].Config.HostKeys = Pinned("SHA256:none")
		_, err = DialJump(t.Context(), hops...)
		var dial *DialError
		if !errors.As(err, &dial) || dial.Hop != 2 || dial.Addr != "inner:2222" || reasonOf(err) != HostKeyMismatch {
			t.Errorf("got %v", err)
		}

		middle.Direct = nil
		_, err = DialJump(t.Context(), hops...)
		var refused *ssh.OpenChannelError
		if !errors.As(err, &dial) || dial.Hop != 2 || !errors.As(err, &refused) {
			t.Errorf("got %v", err)
		}
	})
}

// lateWord is a server's connection that says something when its client has
// left, or, if it stays, never finds out.
type lateWord struct {
	*sshtest.Conn
	stays bool
	said  chan error
}

func (c lateWord) Close() error {
	if c.stays {
		return nil
	}
	_, err := c.Write([]byte("bye"))
	c.said <- err
	return c.Conn.Close()
}

func TestClose(t *testing.T) {
	for _, tc := range []struct {
		name        string
		stays, away bool
		takes       time.Duration
		heard       bool // what the server says last
	}{
		{"a server has the last word", false, false, 0, true},
		{"one that stays is left after a moment", true, false, farewell, false},
		{"one that cannot be reached is left at once", false, true, 0, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := sshtest.New(t)
				near, far := sshtest.Pipe()
				defer far.Close()
				end := lateWord{far, tc.stays, make(chan error, 9)}
				srv.Serve(end)
				cfg := testConfig(nil)
				cfg.Away = func() (bool, int) { return tc.away, 0 }
				c, err := NewClient(t.Context(), near, "h:22", cfg)
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				c.Close()
				if took := time.Since(start); took != tc.takes {
					t.Errorf("took %v", took)
				}
				if tc.stays {
					return
				}
				if err := <-end.said; (err == nil) != tc.heard {
					t.Errorf("the server's last word: %v", err)
				}
			})
		})
	}
}

func forwardTo(t *testing.T, next *sshtest.Server) func(string, ssh.Channel) {
	return func(addr string, ch ssh.Channel) {
		conn, err := next.Dial(t.Context(), "tcp", addr)
		if err != nil {
			t.Error(err)
			return
		}
		sshtest.Join(ch, conn)
	}
}

// stuckConn is an ssh.Conn that never finds its end.
type stuckConn struct{ ssh.Conn }

func (stuckConn) Wait() error          { select {} }
func (stuckConn) RemoteAddr() net.Addr { return tunnelAddr{"tcp", "h:22"} }

func TestAProtocolLibraryThatHangsAtItsEndHoldsUpNobody(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	c := &Client{conn: stuckConn{}, tap: newTap(near), cfg: &Config{}, done: make(chan struct{})}
	go c.watch()
	c.tap.Close() // as x/crypto does, after a packet that breaks the protocol
	var broken *ProtocolError
	if err := c.Wait(); !errors.As(err, &broken) || broken.Reason != ReasonIntegrity {
		t.Errorf("got %v", err)
	}
}
