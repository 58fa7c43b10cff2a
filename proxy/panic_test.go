package proxy

import (
	"context"
	"io"
	"net"
	"net/netip"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"

	"github.com/wasmiko/wasmiko/netconn"
)

// brokenNames is a Resolver that panics for one name.
type brokenNames struct{ names }

func (b brokenNames) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	if host == "broken.example" {
		panic("hunter2 is not for the log")
	}
	return b.names.LookupNetIP(ctx, network, host)
}

// breakAt makes the next session that comes to step panic there, once it is armed.
func breakAt(t *testing.T, step string) (arm func()) {
	t.Helper()
	var armed atomic.Bool
	before := testOnlyStep
	t.Cleanup(func() { testOnlyStep = before })
	testOnlyStep = func(at string) {
		if at == step && armed.CompareAndSwap(true, false) {
			panic("hunter2 is not for the log")
		}
	}
	return func() { armed.Store(true) }
}

func TestAPanicCostsOneSession(t *testing.T) {
	for _, step := range []string{"looking up", "up", "down", "end"} {
		t.Run(step, func(t *testing.T) {
			cfg := anywhere()
			cfg.Resolver = brokenNames{}
			arm := breakAt(t, step)
			s := serve(t, cfg)
			addr := server(t, echo)
			other := s.mustDial(t, addr)
			echoed(t, other, "before")
			arm()
			if step == "looking up" {
				addr = "broken.example:22"
			}
			c, err := s.dial(t, addr)
			if err == nil {
				c.CloseWrite()
				_, err = io.ReadAll(c)
				defer c.Close()
			}
			if step != "end" && !isCode(err, netconn.CodeInternal) { // by then the client has its FIN
				t.Errorf("its client is told %v", err)
			}
			until(t, "the session is still counted", func() bool { return s.Sessions() == 1 })
			echoed(t, other, "after")
			other.Close()
			until(t, "memory is still counted", func() bool { return s.Sessions() == 0 && s.memory.Used() == 0 })
			if !strings.Contains(s.figures(), "\nwasmiko_panics_total 1\n") {
				t.Error("the panic is not counted")
			}
			s.log.eventually(t, "msg=panic what=\"a string\"")
			s.log.eventually(t, errPanicked.Error())
			if log := s.log.String(); !strings.Contains(log, "proxy.(*Proxy)") || strings.Contains(log, "hunter2") {
				t.Errorf("the log:\n%s", log)
			}
		})
	}
}

func TestAPanicCostsOnePlainSession(t *testing.T) {
	cfg := anywhere()
	cfg.Resolver = brokenNames{}
	cfg.Plain = "broken.example:22"
	s := serve(t, cfg)
	ws, _, err := websocket.Dial(t.Context(), s.relay(), &websocket.DialOptions{Subprotocols: []string{plainProtocol}})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	if _, _, err := ws.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusInternalError {
		t.Errorf("the client is told %v", err)
	}
	until(t, "the session is still counted", func() bool { return s.Sessions() == 0 })
}

// The collector would close the socket some day; the test does without it.
func TestAPanicBeforeTheSessionEndsTheConnectionToItsTarget(t *testing.T) {
	before := debug.SetGCPercent(-1)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	for _, step := range []string{"greet", "open"} {
		t.Run(step, func(t *testing.T) {
			cfg := anywhere()
			arm := breakAt(t, step)
			s := serve(t, cfg)
			ends := make(chan error, 1)
			addr := server(t, func(c *net.TCPConn) {
				_, err := c.Read(make([]byte, 1))
				ends <- err
			})
			arm()
			if _, err := s.dial(t, addr); !isCode(err, netconn.CodeInternal) {
				t.Errorf("the client is told %v", err)
			}
			if err := <-ends; err != io.EOF {
				t.Errorf("the target's connection ends with %v", err)
			}
		})
	}
}
