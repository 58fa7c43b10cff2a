package sshcore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore/internal/sshtest"
)

// fault is a connection that goes wrong at one byte of one direction.
type fault struct {
	net.Conn
	incoming bool // the direction
	at       int  // the byte, from 0
	cut      bool // end there; otherwise flip a bit

	mu   sync.Mutex
	seen int
}

func (f *fault) Read(p []byte) (int, error) {
	n, err := f.Conn.Read(p)
	if !f.incoming {
		return n, err
	}
	keep := f.spoil(p[:n])
	if keep < n {
		f.Conn.Close()
		return keep, net.ErrClosed
	}
	return n, err
}

func (f *fault) Write(p []byte) (int, error) {
	if f.incoming {
		return f.Conn.Write(p)
	}
	q := append([]byte(nil), p...)
	keep := f.spoil(q)
	n, err := f.Conn.Write(q[:keep])
	if keep < len(p) {
		f.Conn.Close()
		return n, net.ErrClosed
	}
	return n, err
}

// spoil does what is to be done to p, and returns how much of it passes.
func (f *fault) spoil(p []byte) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := f.at - f.seen
	f.seen += len(p)
	if at < 0 || at >= len(p) {
		return len(p)
	}
	if f.cut {
		return at
	}
	p[at] ^= 0x40
	return len(p)
}

// outcome of a login and a command over a faulty connection.
func overFault(t *testing.T, srv *sshtest.Server, f *fault, text string) (out []byte, took time.Duration, err error) {
	begin := time.Now()
	cfg := testConfig(func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := srv.Dial(ctx, network, addr)
		f.Conn = conn
		return f, err
	})
	cfg.KeepAlive = 0
	cfg.Auth = []Auth{Password(func(context.Context, Ask) ([]byte, error) { return []byte("foo"), nil })}
	c, err := Dial(t.Context(), "h:22", cfg)
	if err == nil {
		out, err = c.Output(t.Context(), text)
		c.Close()
	}
	return out, time.Since(begin), err
}

// Whatever byte is cut off or damaged on the way: the command's output is right
// or there is an error, in time, and nothing is left behind; synctest sees to
// that.
func TestFaultsAllAlongTheWay(t *testing.T) {
	const text = "the quick brown fox"
	const step = 7 // with 1 it takes 9 s, and a minute under -race
	for _, incoming := range []bool{true, false} {
		for _, cut := range []bool{true, false} {
			t.Run(fmt.Sprintf("incoming %v, cut %v", incoming, cut), func(t *testing.T) {
				failed, done := 0, false
				for at := 0; !done; at += step {
					synctest.Test(t, func(t *testing.T) {
						srv := passwordServer(t)
						srv.Run = func(s *sshtest.Session) { fmt.Fprint(s, s.Line); s.Exit(0) }
						f := &fault{incoming: incoming, at: at, cut: cut}
						out, took, err := overFault(t, srv, f, text)
						switch {
						case err == nil && string(out) != text:
							t.Errorf("byte %d: %q without an error", at, out)
						case !strings.HasPrefix(text, string(out)):
							t.Errorf("byte %d: wrong bytes %q", at, out)
						case took > 90*time.Second: // handshake's 20 s, keepalive's 60 s
							t.Errorf("byte %d: took %v", at, took)
						case err != nil && !typed(err):
							t.Errorf("byte %d: %T %v", at, err, err)
						}
						if err != nil {
							failed++
						}
						done = f.seen <= at
					})
				}
				if failed < 200 {
					t.Errorf("only %d faults were noticed: does the sweep sweep?", failed)
				}
				t.Logf("%d faults noticed", failed)
			})
		}
	}
}

// typed tells whether callers can branch on an error.
func typed(err error) bool {
	var protocol *ProtocolError
	var closed *ClosedError
	var auth *AuthError
	var open *ssh.OpenChannelError
	return errors.As(err, &protocol) || errors.As(err, &closed) || errors.As(err, &auth) ||
		errors.As(err, &open) || errors.Is(err, os.ErrDeadlineExceeded)
}
