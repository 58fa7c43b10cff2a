package proxy

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"testing"
	"time"

	"github.com/wasmiko/wasmiko/netconn"
)

func TestDrain(t *testing.T) {
	s := serve(t, anywhere())
	addr := server(t, echo)
	told := make(chan time.Duration, 1)
	c, err := netconn.Dial(t.Context(), s.relay(), targetOf(t, addr), netconn.Options{
		OnGoAway: func(after time.Duration) { told <- after },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	echoed(t, c, "before")
	if !s.Ready() || s.Sessions() != 1 {
		t.Fatalf("ready %v with %d sessions", s.Ready(), s.Sessions())
	}
	drained := make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	go func() { drained <- s.Drain(ctx) }()
	if after := <-told; after < 59*time.Minute || after > time.Hour {
		t.Errorf("the client is told to be gone after %v", after)
	}
	if s.Ready() {
		t.Error("ready while draining")
	}
	if _, err := s.dial(t, addr); !isCode(err, netconn.CodeDraining) {
		t.Errorf("a new client: %v, want code %d", err, netconn.CodeDraining)
	}
	echoed(t, c, "a session goes on while the relay drains")
	c.CloseWrite()
	io.ReadAll(c)
	if err := <-drained; err != nil {
		t.Errorf("drain: %v", err)
	}
}

// slowNames is a Resolver that tells of a question, and answers when it may.
type slowNames struct{ asked, answer chan struct{} }

func (r slowNames) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	close(r.asked)
	<-r.answer
	return addrs("127.0.0.1"), nil
}

func TestDrainTellsWhoWasOnTheWay(t *testing.T) {
	names := slowNames{asked: make(chan struct{}), answer: make(chan struct{})}
	cfg := anywhere()
	cfg.Resolver = names
	s := serve(t, cfg)
	to := targetOf(t, server(t, echo))
	to.Host = "slow.example"
	told := make(chan time.Duration, 1)
	dialled := make(chan error, 1)
	go func() {
		c, err := netconn.Dial(t.Context(), s.relay(), to, netconn.Options{
			OnGoAway: func(after time.Duration) { told <- after },
		})
		dialled <- err
		if err == nil {
			<-told
			c.Close()
		}
	}()
	<-names.asked
	ctx, cancel := context.WithTimeout(t.Context(), testWait)
	defer cancel()
	drained := make(chan error, 1)
	go func() { drained <- s.Drain(ctx) }()
	until(t, "it is not draining", func() bool { return !s.Ready() })
	close(names.answer)
	if err := <-dialled; err != nil {
		t.Fatal(err)
	}
	if err := <-drained; err != nil {
		t.Errorf("the client was not told to go: %v", err)
	}
}

func TestDrainRunsOutOfTime(t *testing.T) {
	s := serve(t, anywhere())
	c := s.mustDial(t, server(t, echo))
	echoed(t, c, "before")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := s.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("drain: %v", err)
	}
	if _, err := io.ReadAll(c); !isCode(err, netconn.CodeDraining) {
		t.Errorf("the client reads %v, want code %d", err, netconn.CodeDraining)
	}
	if s.Sessions() != 0 {
		t.Errorf("%d sessions are left", s.Sessions())
	}
}

// A process that drains ends when Drain returns: nothing may be on its way out then.
func TestDrainEndsAfterItsLastWord(t *testing.T) {
	s := serve(t, anywhere())
	c := s.mustDial(t, server(t, echo))
	echoed(t, c, "before")
	var served *netconn.Conn
	for _, one := range s.sessions.list() {
		served = one.conn
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.Drain(ctx)
	select {
	case <-served.Done():
	default:
		t.Error("the reason was still to be sent")
	}
}

func echoed(t *testing.T, c *netconn.Conn, text string) {
	t.Helper()
	c.SetDeadline(time.Now().Add(testWait))
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(text))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != text {
		t.Fatalf("%q, %v", got, err)
	}
}
