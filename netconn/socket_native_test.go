//go:build !js

package netconn

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

func TestDialTellsThatTheRelayIsUnreachable(t *testing.T) {
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "no", http.StatusForbidden)
	}))
	t.Cleanup(refusing.Close)
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if ws, err := websocket.Accept(w, r, nil); err == nil {
			ws.Close(websocket.StatusNormalClosure, "")
		}
	}))
	t.Cleanup(plain.Close)
	closed := httptest.NewServer(nil)
	closed.Close()
	for name, url := range map[string]string{
		"nobody listens":              closed.URL,
		"the upgrade is refused":      refusing.URL,
		"the server has no relay.v1":  plain.URL,
		"the URL is not for a socket": "ftp://127.0.0.1/",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Dial(t.Context(), url, Target{Host: "h"}, Options{})
			wantCode(t, err, CodeUnreachable)
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Dial(ctx, refusing.URL, Target{Host: "h"}, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled Dial returns %v", err)
	}
}

func TestDialSendsItsHeader(t *testing.T) {
	got := make(chan string, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- r.Header.Get("Authorization") + r.Header.Get("Sec-WebSocket-Extensions")
		http.Error(w, "no", http.StatusForbidden)
	}))
	t.Cleanup(srv.Close)
	Dial(t.Context(), srv.URL, Target{}, Options{Header: http.Header{"Authorization": {"Bearer x"}}})
	if h := <-got; h != "Bearer x" {
		t.Errorf("the server sees %q; want the header and no compression", h)
	}
}

// rawWebSocket dials a relay whose Conns go to conns, and does the handshake.
func rawWebSocket(t *testing.T) (*websocket.Conn, *Conn) {
	t.Helper()
	conns := make(chan *Conn, 1)
	url := serveRelay(t, func(ctx context.Context, ws *websocket.Conn) {
		r, err := Accept(ctx, NewWebSocket(ws), AcceptOptions{})
		if err != nil {
			t.Error(err)
			return
		}
		c, err := r.Open("")
		if err != nil {
			t.Error(err)
		}
		conns <- c
	})
	ws, _, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{Subprotocols: []string{Protocol}})
	if err != nil {
		t.Fatal(err)
	}
	if err := ws.Write(t.Context(), websocket.MessageBinary, open{window: 1000}.append(nil)); err != nil {
		t.Fatal(err)
	}
	for range 2 { // HELLO, OPENED
		if _, _, err := ws.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	c := <-conns
	t.Cleanup(func() { ws.CloseNow(); c.Close() })
	return ws, c
}

func TestWhatAWebSocketMayNotCarry(t *testing.T) {
	for _, c := range []struct {
		name string
		kind websocket.MessageType
		msg  []byte
		want Code
	}{
		{"a text message", websocket.MessageText, []byte("hello"), CodeTextMessage},
		{"a message over 64 KiB and its header", websocket.MessageBinary, make([]byte, maxMessage+1), CodeTooBig},
		{"an unknown frame", websocket.MessageBinary, []byte{0x20}, CodeProtocol},
	} {
		t.Run(c.name, func(t *testing.T) {
			ws, conn := rawWebSocket(t)
			if err := ws.Write(t.Context(), c.kind, c.msg); err != nil {
				t.Fatal(err)
			}
			var err error
			for err == nil {
				_, _, err = ws.Read(t.Context())
			}
			if got := websocket.CloseStatus(err); got != websocket.StatusCode(c.want) {
				t.Errorf("the WebSocket ends with %v, want code %d", err, c.want)
			}
			_, err = conn.Read(make([]byte, 1))
			wantCode(t, err, c.want)
		})
	}
}

func TestACutTCPConnectionIsALostRelay(t *testing.T) {
	ws, conn := rawWebSocket(t)
	ws.CloseNow()
	_, err := conn.Read(make([]byte, 1))
	wantCode(t, err, CodeLost)
}

func TestAClosingHandshakeThatGetsNoAnswerEndsSoon(t *testing.T) {
	for name, receive := range map[string]bool{"while a Receive waits": true, "between two": false} {
		t.Run(name, func(t *testing.T) {
			over := make(chan struct{})
			defer close(over)
			url := serveRelay(t, func(context.Context, *websocket.Conn) { <-over }) // which reads nothing
			s, err := dialSocket(t.Context(), url, maxMessage, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if receive {
				go s.Receive()
			}
			began := time.Now()
			s.Close(CodeNormal, "")
			if got := time.Since(began); got > 3*closeWait {
				t.Errorf("Close took %v", got)
			}
		})
	}
}

func TestBytesArriveWholeBothWaysAtOnce(t *testing.T) {
	c, s := loopbackPair(t)
	data := bytes.Repeat([]byte("0123456789abcdef\n"), 1<<20)
	sums := make(chan [32]byte, 2)
	for _, conn := range []*Conn{c, s} {
		go func() {
			for p := data; len(p) > 0; {
				n, err := conn.Write(p[:min(len(p), 1+len(p)%300_000)])
				if err != nil {
					t.Error(err)
					break
				}
				p = p[n:]
			}
			conn.CloseWrite()
		}()
		go func() {
			h := sha256.New()
			if _, err := io.Copy(h, conn); err != nil {
				t.Error(err)
			}
			sums <- [32]byte(h.Sum(nil))
		}()
	}
	for range 2 {
		if got := <-sums; got != sha256.Sum256(data) {
			t.Error("what arrived is not what was sent")
		}
	}
}

func TestNoGoroutineOutlivesItsConnection(t *testing.T) {
	connect := loopback(t)
	before := runtime.NumGoroutine()
	for i := range 20 {
		c, s, err := connect(Options{})
		if err != nil {
			t.Fatal(err)
		}
		go s.Write(make([]byte, 1<<20)) // half of them with bytes on their way
		switch i % 4 {
		case 0:
			c.Close()
			s.Close()
		case 1:
			s.Abort(CodeReset, "")
			c.Close()
		case 2:
			c.link.sock.(*webSocket).ws.CloseNow()
			s.Read(make([]byte, 1))
			c.Close()
			s.Close()
		case 3:
			c.SetReadDeadline(time.Unix(1, 0))
			c.Read(make([]byte, 1))
			s.Close()
			c.Close()
		}
	}
	http.DefaultClient.CloseIdleConnections()
	limit := time.After(10 * time.Second)
	for tick := time.Tick(10 * time.Millisecond); runtime.NumGoroutine() > before; {
		select {
		case <-tick:
		case <-limit:
			buf := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, before it was %d:\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
		}
	}
}

func TestCloseCodesOfARefusalReachAPlainWebSocket(t *testing.T) {
	url := serveRelay(t, func(ctx context.Context, ws *websocket.Conn) {
		if r, err := Accept(ctx, NewWebSocket(ws), AcceptOptions{}); err == nil {
			r.Refuse(CodeNoSuchHost, strings.Repeat("long ", 100))
		}
	})
	ws, _, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{Subprotocols: []string{Protocol}})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	if err := ws.Write(t.Context(), websocket.MessageBinary, open{window: 1}.append(nil)); err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, _, err = ws.Read(t.Context())
	}
	if got := websocket.CloseStatus(err); got != 4004 {
		t.Errorf("ends with %v", err)
	}
}

func BenchmarkThroughput(b *testing.B) {
	connect := loopback(b)
	for _, size := range []struct {
		name  string
		bytes int
	}{{"32KiB", 32 << 10}, {"64KiB", 64 << 10}, {"256KiB", 256 << 10}} {
		b.Run(size.name, func(b *testing.B) {
			c, s, err := connect(Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer c.Close()
			defer s.Close()
			b.SetBytes(int64(size.bytes))
			b.ReportAllocs()
			received := make(chan int64)
			go func() {
				n, _ := io.CopyBuffer(io.Discard, struct{ io.Reader }{c}, make([]byte, 256<<10))
				received <- n
			}()
			p := make([]byte, size.bytes)
			for b.Loop() {
				if _, err := s.Write(p); err != nil {
					b.Fatal(err)
				}
			}
			s.CloseWrite()
			<-received
		})
	}
}

// BenchmarkEcho is the round trip of a keystroke.
func BenchmarkEcho(b *testing.B) {
	c, s, err := loopback(b)(Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	defer s.Close()
	go io.Copy(s, s)
	p := make([]byte, 64)
	b.ReportAllocs()
	for b.Loop() {
		c.Write(p)
		if _, err := io.ReadFull(c, p); err != nil {
			b.Fatal(err)
		}
	}
}
