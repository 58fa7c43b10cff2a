//go:build !js

package netconn

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"golang.org/x/net/nettest"
)

// serveRelay runs serve for every WebSocket on a loopback server, and returns
// the server's ws: URL.
func serveRelay(t testing.TB, serve func(ctx context.Context, ws *websocket.Conn)) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{Protocol}})
		if err != nil {
			return
		}
		serve(context.Background(), ws)
	}))
	t.Cleanup(srv.Close)
	return "ws" + strings.TrimPrefix(srv.URL, "http")
}

// loopback makes Conns over real WebSockets; each call another pair.
func loopback(t testing.TB) func(o Options) (c, s *Conn, err error) {
	conns := make(chan *Conn)
	url := serveRelay(t, func(ctx context.Context, ws *websocket.Conn) {
		r, err := Accept(ctx, NewWebSocket(ws), AcceptOptions{})
		if err != nil {
			t.Error(err)
			return
		}
		c, err := r.Open("")
		if err != nil {
			t.Error(err)
			return
		}
		conns <- c
	})
	return func(o Options) (c, s *Conn, err error) {
		c, err = Dial(context.Background(), url, Target{Host: "target.example", Port: 22}, o)
		if err != nil {
			return nil, nil, err
		}
		return c, <-conns, nil
	}
}

// loopbackPair makes a Conn over a real WebSocket.
func loopbackPair(t *testing.T) (c, s *Conn) {
	t.Helper()
	c, s, err := loopback(t)(Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); s.Close() })
	return c, s
}

func TestConnInMemoryIsANetConn(t *testing.T) {
	nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
		c, s := memoryPair(t, Options{}, AcceptOptions{})
		return c, s, func() { c.Close(); s.Close() }, nil
	})
}

func TestConnOverWebSocketIsANetConn(t *testing.T) {
	connect := loopback(t)
	nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
		c, s, err := connect(Options{})
		if err != nil {
			return nil, nil, nil, err
		}
		return c, s, func() { c.Close(); s.Close() }, nil
	})
}
