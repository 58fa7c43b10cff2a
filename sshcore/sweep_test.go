package sshcore

import (
	"context"
	"errors"
	"fmt"
	"math"
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

// overFault logs in over a faulty connection and has a command print text.
func overFault(ctx context.Context, addr string, cfg *Config, f *fault, command string) (out []byte, err error) {
	dial := cfg.Dial
	cfg.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		f.Conn = conn
		return f, err
	}
	c, err := Dial(ctx, addr, cfg)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.Output(ctx, command)
}

// harmed says what is wrong with the outcome of a command that should have
// printed text, or nothing: its output is right, or there is an error by which
// callers can branch.
func harmed(out []byte, err error, text string) string {
	switch {
	case err == nil && string(out) != text:
		return fmt.Sprintf("%q without an error", out)
	case !strings.HasPrefix(text, string(out)):
		return fmt.Sprintf("wrong bytes %q", out)
	case err != nil && !typed(err):
		return fmt.Sprintf("%T %v", err, err)
	}
	return ""
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
						cfg := testConfig(srv.Dial)
						cfg.KeepAlive = 0
						cfg.Auth = []Auth{Password(func(context.Context, Ask) ([]byte, error) { return []byte("foo"), nil })}
						f := &fault{incoming: incoming, at: at, spoil: spoil}
						begin := time.Now()
						out, err := overFault(t.Context(), "h:22", cfg, f, text)
						if harm := harmed(out, err, text); harm != "" {
							t.Errorf("byte %d: %s", at, harm)
						}
						if took := time.Since(begin); took > 90*time.Second { // handshake's 20 s, keepalive's 60 s
							t.Errorf("byte %d: took %v", at, took)
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

// The same against a server that others wrote, at a few bytes of the way, for each
// takes real time. A damaged length makes one side wait for what never comes: the
// limits are short then, and on a slow machine they end what would have been well.
func TestFaultsOnTheWayToOpenSSH(t *testing.T) {
	const text, places = "the quick brown fox", 20
	srv := sshtest.StartOpenSSH(t)
	over := func(cfg *Config, f *fault) ([]byte, error) {
		cfg.Dial = new(net.Dialer).DialContext
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		return overFault(ctx, srv.Addr, cfg, f, "printf %s '"+text+"'")
	}
	for _, incoming := range []bool{true, false} {
		whole := &fault{incoming: incoming, at: math.MaxInt}
		if out, err := over(realConfig(srv), whole); string(out) != text || err != nil {
			t.Fatalf("without a fault: %q, %v", out, err)
		}
		for _, name := range []string{"is cut off", "has a flip"} {
			t.Run(fmt.Sprintf("a byte %s, incoming %v", name, incoming), func(t *testing.T) {
				t.Parallel()
				failed := 0
				for i := range places {
					cfg := realConfig(srv)
					cfg.HandshakeTimeout, cfg.KeepAlive = time.Second, time.Second/4
					f := &fault{incoming: incoming, at: whole.seen * i / places, spoil: spoilers[name]}
					out, err := over(cfg, f)
					if harm := harmed(out, err, text); harm != "" {
						t.Errorf("byte %d of %d: %s", f.at, whole.seen, harm)
					}
					if err != nil {
						failed++
					}
				}
				if failed < places/2 {
					t.Errorf("only %d faults were noticed: does the sweep sweep?", failed)
				}
			})
		}
	}
	t.Cleanup(func() {
		if out, err := over(realConfig(srv), &fault{at: math.MaxInt}); string(out) != text || err != nil {
			t.Errorf("after all: %q, %v", out, err)
		}
	})
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
