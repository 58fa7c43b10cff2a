package main

import (
	"errors"
	"io"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/wasmiko/wasmiko/netconn"
)

// saySo is how soon a client has to learn that its session is lost.
const saySo = 5 * time.Second

// Two gateways behind HAProxy with the configuration that docs/deploy shows.
func TestReplicas(t *testing.T) {
	f, gateways := startFront(t, "HAProxy", 2)
	addr := echoServer(t)
	open := func(n int) map[string][]*netconn.Conn {
		on := map[string][]*netconn.Conn{}
		for range n {
			c := f.newSession(t, addr)
			echoed(t, c, "new")
			on[c.Route()] = append(on[c.Route()], c)
		}
		return on
	}
	goOn := func(conns []*netconn.Conn, text string) {
		t.Helper()
		for _, c := range conns {
			echoed(t, c, text)
		}
	}

	first := open(8)
	if a, b := len(first["gw1"]), len(first["gw2"]); a+b != 8 || a < 2 || b < 2 {
		t.Fatalf("new sessions do not spread: %d and %d", a, b)
	}

	for range 3 {
		f.wire.cut()
		goOn(first["gw1"], "back at the first")
		goOn(first["gw2"], "back at the second")
	}
	gateways[0].eventually(t, "session resumed")
	gateways[1].eventually(t, "session resumed")

	// One drains: what it has goes on, and comes back to it; new sessions go to the
	// other.
	gateways[0].signal(t, syscall.SIGTERM)
	f.untilUp(t, "gw2")
	goOn(first["gw1"], "while it drains")
	f.wire.cut()
	goOn(first["gw1"], "back while it drains")
	second := open(4)
	if len(second["gw2"]) != 4 {
		t.Errorf("new sessions go to the gateway that drains: %v", second)
	}
	for _, c := range first["gw1"] {
		c.CloseWrite()
		if rest, err := io.ReadAll(c); len(rest) > 0 || err != nil {
			t.Errorf("the end of a session that was drained: %q, %v", rest, err)
		}
	}
	if code := gateways[0].stopped(t); code != 0 {
		t.Errorf("the drained gateway ends with %d", code)
	}

	// One is killed: its sessions, and no others, are lost and say so.
	gateways[0] = started(t, nil, gateways[0].cmd.Args[1:]...)
	f.untilUp(t, "gw1")
	third := open(4)
	if len(third["gw1"]) == 0 {
		t.Fatal("no session goes to the gateway that came back")
	}
	killed := time.Now()
	gateways[0].signal(t, syscall.SIGKILL)
	areGone(t, third["gw1"], killed)
	goOn(append(append(first["gw2"], second["gw2"]...), third["gw2"]...), "untouched")
	f.wire.cut()
	goOn(first["gw2"], "untouched and back")
}

// One is killed while the other drains: nobody is there for new sessions, and who had
// one at the first is told that it is lost all the same.
func TestReplicasWithoutOneForNewSessions(t *testing.T) {
	f, gateways := startFront(t, "HAProxy", 2)
	addr := echoServer(t)
	f.untilUp(t, "gw1")
	var kept *netconn.Conn
	for kept == nil || kept.Route() != "gw2" {
		kept = f.newSession(t, addr)
		echoed(t, kept, "new")
	}
	gateways[1].signal(t, syscall.SIGTERM)
	// The second has hardly more sessions than the first, so that of four one goes
	// there until HAProxy knows, and is refused.
	var lost []*netconn.Conn
	for deadline := time.Now().Add(testWait); len(lost) < 4; {
		if time.Now().After(deadline) {
			t.Fatal("new sessions do not go to the first gateway alone")
		}
		if c, err := f.dial(t, addr, netconn.Options{}); err == nil {
			lost = append(lost, c)
		}
	}
	killed := time.Now()
	gateways[0].signal(t, syscall.SIGKILL)
	areGone(t, lost, killed)
	echoed(t, kept, "untouched while it drains")
	f.wire.cut()
	echoed(t, kept, "untouched and back while it drains")
}

// areGone expects each to be told within saySo that its gateway was killed.
func areGone(t *testing.T, conns []*netconn.Conn, killed time.Time) {
	t.Helper()
	for _, c := range conns {
		c.SetDeadline(killed.Add(testWait))
		_, err := c.Read(make([]byte, 1))
		if e := (*netconn.Error)(nil); !errors.As(err, &e) || e.Code != netconn.CodeGone {
			t.Errorf("a session of the killed gateway reads %v", err)
		}
	}
	if took := time.Since(killed); took > saySo {
		t.Errorf("the loss is told after %v", took)
	}
}

// newSession opens a session. A gateway that stops refuses, until HAProxy has seen it.
func (f *front) newSession(t *testing.T, addr string) *netconn.Conn {
	t.Helper()
	for deadline := time.Now().Add(testWait); ; {
		c, err := f.dial(t, addr, netconn.Options{})
		if err == nil {
			t.Cleanup(func() { c.Close() })
			return c
		}
		if e := (*netconn.Error)(nil); !errors.As(err, &e) || e.Code != netconn.CodeDraining || time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// untilUp waits until HAProxy leads new sessions to the gateway. How it does is
// asked with the sessions' own eyes: by opening some.
func (f *front) untilUp(t *testing.T, gateway string) {
	t.Helper()
	addr := echoServer(t)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline, inARow := time.Now().Add(testWait), 0; inARow < 2; <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("no new session reaches %s", gateway)
		}
		c, err := f.dial(t, addr, netconn.Options{})
		if err != nil {
			inARow = 0
			continue
		}
		if c.Route() == gateway {
			inARow++
		}
		c.Close()
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}
