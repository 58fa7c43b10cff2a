package proxy

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wasmiko/wasmiko/netconn"
)

func TestRelayCarriesBytesBothWays(t *testing.T) {
	s := serve(t, anywhere())
	c := s.mustDial(t, server(t, echo))
	want := make([]byte, 3<<20+17)
	rand.Read(want)
	go func() {
		c.Write(want)
		c.CloseWrite()
	}()
	got, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("%d bytes came back changed, of %d", len(got), len(want))
	}
	s.log.eventually(t, "up=3145745 down=3145745")
	s.log.eventually(t, "reason=closed")
}

func TestHalfClose(t *testing.T) {
	t.Run("the client ends first and still reads", func(t *testing.T) {
		addr := server(t, func(c *net.TCPConn) {
			all, _ := io.ReadAll(c)
			c.Write([]byte("got " + string(all)))
		})
		c := serve(t, anywhere()).mustDial(t, addr)
		c.Write([]byte("everything"))
		c.CloseWrite()
		if got, err := io.ReadAll(c); err != nil || string(got) != "got everything" {
			t.Errorf("%q, %v", got, err)
		}
	})
	t.Run("the server ends first and still reads", func(t *testing.T) {
		heard := make(chan string, 1)
		addr := server(t, func(c *net.TCPConn) {
			c.Write([]byte("bye"))
			c.CloseWrite()
			all, _ := io.ReadAll(c)
			heard <- string(all)
		})
		c := serve(t, anywhere()).mustDial(t, addr)
		if got, err := io.ReadAll(c); err != nil || string(got) != "bye" {
			t.Fatalf("%q, %v", got, err)
		}
		c.Write([]byte("last words"))
		c.CloseWrite()
		if got := <-heard; got != "last words" {
			t.Errorf("the server heard %q", got)
		}
	})
}

// A server that sends a lot and is gone: all of it has to arrive, although the
// client reads late and goes on sending into the void.
func TestOrderlyEndFlushes(t *testing.T) {
	want := make([]byte, 8<<20)
	rand.Read(want)
	for _, tt := range []struct {
		name  string
		while func(*netconn.Conn)
	}{
		{"a client that only reads", func(*netconn.Conn) {}},
		{"a client that has ended its direction", func(c *netconn.Conn) { c.CloseWrite() }},
		{"a client that keeps sending", func(c *netconn.Conn) { c.Write(make([]byte, 300<<10)) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			gone := make(chan struct{})
			addr := server(t, func(c *net.TCPConn) {
				c.Write(want)
				c.Close()
				close(gone)
			})
			c := serve(t, anywhere()).mustDial(t, addr)
			tt.while(c)
			half := make([]byte, len(want)/2)
			if _, err := io.ReadFull(c, half); err != nil {
				t.Fatal(err)
			}
			<-gone
			rest, err := io.ReadAll(c)
			// A server that closes with bytes unread resets the connection, and its
			// kernel drops what it had not sent. That must not look like an end.
			if tt.name == "a client that keeps sending" && isCode(err, netconn.CodeReset) {
				return
			}
			if err != nil || !bytes.Equal(append(half, rest...), want) {
				t.Fatalf("%d bytes, %v", len(half)+len(rest), err)
			}
		})
	}
}

func TestServerResets(t *testing.T) {
	addr := server(t, func(c *net.TCPConn) {
		c.Write([]byte("before"))
		io.ReadFull(c, make([]byte, 1)) // until the client has read
		c.SetLinger(0)
	})
	s := serve(t, anywhere())
	c := s.mustDial(t, addr)
	if _, err := io.ReadFull(c, make([]byte, 6)); err != nil {
		t.Fatal(err)
	}
	c.Write([]byte("x"))
	if _, err := io.ReadAll(c); !isCode(err, netconn.CodeReset) {
		t.Errorf("got %v, want code %d", err, netconn.CodeReset)
	}
	s.log.eventually(t, "connection reset by peer")
}

func isCode(err error, code netconn.Code) bool {
	var e *netconn.Error
	return errors.As(err, &e) && e.Code == code
}

// A flood that nobody reads stops in bounded memory, at the windows and the
// sockets' buffers, and goes on when somebody reads.
func TestFloodIsBounded(t *testing.T) {
	const total = 64 << 20
	sent := make(chan error, 1)
	addr := server(t, func(c *net.TCPConn) {
		_, err := io.Copy(c, io.LimitReader(zeros{}, total))
		sent <- err
	})
	s := serve(t, anywhere())
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	c := s.mustDial(t, addr)
	stalled(t, c)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 16<<20 {
		t.Errorf("the heap grew by %d MiB while nobody read", grown>>20)
	}
	select {
	case err := <-sent:
		t.Fatalf("the server could send everything to nobody: %v", err)
	default:
	}
	if n, err := io.Copy(io.Discard, c); n != total || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// stalled waits until nothing has come in for a while.
func stalled(t *testing.T, c *netconn.Conn) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	last, same := uint64(0), 0
	for deadline := time.Now().Add(testWait); same < 6; <-tick.C {
		in, _ := c.Stats()
		if in == last && in > 0 {
			same++
		} else {
			last, same = in, 0
		}
		if time.Now().After(deadline) {
			t.Fatal("the flood does not stop")
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// A client that is lost is noticed although the server takes no data.
func TestClientIsLostWhileTheServerStalls(t *testing.T) {
	usual := stall
	stall = 20 * time.Millisecond
	t.Cleanup(func() { stall = usual })
	over := make(chan struct{})
	addr := server(t, func(c *net.TCPConn) { <-over })
	s := serve(t, anywhere())
	t.Cleanup(func() { close(over) })
	c := s.mustDial(t, addr)
	for moved := int64(1); moved > 0; { // until every buffer on the way is full
		c.SetWriteDeadline(time.Now().Add(500 * time.Millisecond))
		n, err := io.Copy(c, zeros{})
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("%d bytes, %v", n, err)
		}
		moved = n
	}
	c.Abort(netconn.CodeProtocol, "gone")
	s.log.eventually(t, "the client was lost while the server took no data")
}

func TestClientIsLost(t *testing.T) {
	closed := make(chan struct{})
	addr := server(t, func(c *net.TCPConn) {
		io.Copy(io.Discard, c)
		close(closed)
	})
	s := serve(t, anywhere())
	c := s.mustDial(t, addr)
	c.Write([]byte("x"))
	c.Abort(netconn.CodeProtocol, "gone")
	<-closed
	s.log.eventually(t, "session ended")
}

func TestOpenComesLate(t *testing.T) {
	cfg := anywhere()
	cfg.Limits.OpenTimeout = 20 * time.Millisecond
	s := serve(t, cfg)
	ws, _, err := websocket.Dial(t.Context(), s.relay(), &websocket.DialOptions{Subprotocols: []string{netconn.Protocol}})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	for err == nil {
		_, _, err = ws.Read(t.Context())
	}
	if got := websocket.CloseStatus(err); got != websocket.StatusCode(netconn.CodeProtocol) {
		t.Errorf("closed with %v, want %d", err, netconn.CodeProtocol)
	}
}

func TestIdleAndLongSessionsEnd(t *testing.T) {
	addr := server(t, echo)
	for _, tt := range []struct {
		name   string
		limits Limits
		want   string
	}{
		{"idle", Limits{IdleTimeout: 30 * time.Millisecond}, "idle for too long"},
		{"long", Limits{MaxDuration: 30 * time.Millisecond}, "longest duration"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := anywhere()
			cfg.Limits = tt.limits
			s := serve(t, cfg)
			c := s.mustDial(t, addr)
			if _, err := io.ReadAll(c); !isCode(err, netconn.CodeLimit) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v", err)
			}
			s.log.eventually(t, tt.want)
		})
	}
}

// The log tells who went where, and nothing that is secret.
func TestAuditLine(t *testing.T) {
	s := serve(t, anywhere())
	addr := server(t, echo)
	target := targetOf(t, addr)
	target.Ticket = "eyJ.secret-ticket.sig"
	c, err := netconn.Dial(t.Context(), s.relay()+"?token=secret-query", target, netconn.Options{
		Header: map[string][]string{"Origin": {s.url}, "Cookie": {"session=secret-cookie"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	c.Write([]byte("secret-payload"))
	c.CloseWrite()
	io.ReadAll(c)
	c.Close()
	s.log.eventually(t, "session ended")
	for _, want := range []string{"session=", "client=127.0.0.1", "origin=" + s.url, "target=127.0.0.1", "rule=*:*", "ip=127.0.0.1", "up=14", "down=14", "reason=closed", "duration="} {
		if !strings.Contains(s.log.String(), want) {
			t.Errorf("%s is not in the log", want)
		}
	}
	if strings.Contains(s.log.String(), "secret") {
		t.Errorf("a secret is in the log: %s", s.log)
	}
}

// What the relay adds to a loopback connection, at full speed.
func BenchmarkRelayDown(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); io.Copy(c, zeros{}) }()
		}
	}()
	p, err := New(Config{Local: true, Allow: []string{"*:*"}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	srv := httptest.NewServer(p)
	defer srv.Close()
	port := uint16(l.Addr().(*net.TCPAddr).Port)
	c, err := netconn.Dial(b.Context(), "ws"+srv.URL[4:]+"/relay", netconn.Target{Host: "127.0.0.1", Port: port}, netconn.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	buf := make([]byte, 256<<10)
	b.SetBytes(int64(len(buf)))
	for b.Loop() {
		if _, err := io.ReadFull(c, buf); err != nil {
			b.Fatal(err)
		}
	}
}

// A request's goroutine has a large stack and keeps net/http's buffers.
func TestWhoSaysNothingDoesNotKeepItsRequest(t *testing.T) {
	cfg := anywhere()
	cfg.Limits.OpenTimeout = time.Hour
	s := serve(t, cfg)
	ws, _, err := websocket.Dial(t.Context(), s.relay(), &websocket.DialOptions{Subprotocols: []string{netconn.Protocol}})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	stacks := make([]byte, 1<<20)
	running := func(function string) bool {
		return strings.Contains(string(stacks[:runtime.Stack(stacks, true)]), function)
	}
	until(t, "the request has not ended", func() bool { return !running(".serveRelay(") && running("(*Proxy).admit(") })
}
