package sshcore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore/internal/sshtest"
)

// A spoiler does what is to be done to p at one of its bytes; false ends the
// connection there.
type spoiler func(p []byte, at int) ([]byte, bool)

var spoilers = map[string]spoiler{
	"is cut off":  func(p []byte, at int) ([]byte, bool) { return p[:at], false },
	"has a flip":  func(p []byte, at int) ([]byte, bool) { p[at] ^= 0x40; return p, true },
	"is lost":     func(p []byte, at int) ([]byte, bool) { return slices.Delete(p, at, at+1), true },
	"comes twice": func(p []byte, at int) ([]byte, bool) { return slices.Insert(p, at, p[at]), true },
	"is preceded": func(p []byte, at int) ([]byte, bool) { return slices.Insert(p, at, p[at]+1), true },
}

// fault is a connection that goes wrong at one byte of one direction.
type fault struct {
	net.Conn
	incoming bool // the direction
	at       int  // the byte, from 0
	spoil    spoiler

	mu   sync.Mutex
	seen int
	rest []byte // read, and not yet taken
	end  bool   // after rest
}

func (f *fault) Read(p []byte) (int, error) {
	if !f.incoming {
		return f.Conn.Read(p)
	}
	for len(f.rest) == 0 {
		if f.end {
			return 0, net.ErrClosed
		}
		buf := make([]byte, len(p))
		n, err := f.Conn.Read(buf)
		if err != nil {
			return 0, err
		}
		f.rest, f.end = f.passes(buf[:n])
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

func (f *fault) Write(p []byte) (int, error) {
	if f.incoming {
		return f.Conn.Write(p)
	}
	q, end := f.passes(slices.Clone(p))
	if _, err := f.Conn.Write(q); err != nil {
		return 0, err
	}
	if end {
		return 0, net.ErrClosed
	}
	return len(p), nil
}

// passes is what becomes of p, and whether nothing follows.
func (f *fault) passes(p []byte) ([]byte, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := f.at - f.seen
	f.seen += len(p)
	if at < 0 || at >= len(p) {
		return p, false
	}
	p, goOn := f.spoil(p, at)
	if !goOn {
		f.Conn.Close()
	}
	return p, !goOn
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
	for name, spoil := range spoilers {
		for _, incoming := range []bool{true, false} {
			t.Run(fmt.Sprintf("a byte %s, incoming %v", name, incoming), func(t *testing.T) {
				t.Parallel()
				failed, done := 0, false
				for at := 0; !done; at += faultStep {
					synctest.Test(t, func(t *testing.T) {
						srv := passwordServer(t)
						srv.Run = func(s *sshtest.Session) { fmt.Fprint(s, s.Line); s.Exit(0) }
						f := &fault{incoming: incoming, at: at, spoil: spoil}
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
				if failed < 1000/faultStep {
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
