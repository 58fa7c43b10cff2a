package proxy

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wasmiko/wasmiko/netconn"
)

// cutter is a TCP relay between a client and a proxy that breaks connections.
type cutter struct {
	addr string

	mu   sync.Mutex
	open map[net.Conn]bool
	down bool
	cuts int
}

func newCutter(t *testing.T, url string) *cutter {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	c := &cutter{addr: l.Addr().String(), open: map[net.Conn]bool{}}
	to := strings.TrimPrefix(url, "http://")
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go c.serve(in, to)
		}
	}()
	return c
}

func (c *cutter) serve(in net.Conn, to string) {
	defer in.Close()
	out, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer out.Close()
	c.mu.Lock()
	refused := c.down
	c.open[in], c.open[out] = true, true
	c.mu.Unlock()
	if refused {
		return
	}
	go func() { io.Copy(out, in); out.Close() }()
	io.Copy(in, out)
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, in)
	delete(c.open, out)
}

// cut breaks what is open, with FIN and with RST in turn.
func (c *cutter) cut(down bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = down
	c.cuts++
	for conn := range c.open {
		if c.cuts%2 == 0 {
			conn.(*net.TCPConn).SetLinger(0)
		}
		conn.Close()
	}
	clear(c.open)
}

func (c *cutter) relay() string { return "ws://" + c.addr + "/relay" }

func freely() Config {
	cfg := anywhere()
	cfg.Limits = Limits{Sessions: unlimited, SessionsPerIP: unlimited, UpgradesPerMinute: unlimited}
	return cfg
}

// dial connects addr through the cutter.
func (c *cutter) dial(t *testing.T, addr string, o netconn.Options) *netconn.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testWait)
	defer cancel()
	conn, err := netconn.Dial(ctx, c.relay(), targetOf(t, addr), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestASessionOutlivesItsWebSocket(t *testing.T) {
	s := serve(t, freely())
	cut := newCutter(t, s.url)
	c := cut.dial(t, server(t, echo), netconn.Options{})
	for range 4 {
		echoed(t, c, "before")
		cut.cut(false)
		echoed(t, c, "after")
	}
	until(t, "the ends of the lost connections are still counted", func() bool { return s.Sessions() == 1 })
	c.CloseWrite()
	if rest, err := io.ReadAll(c); len(rest) > 0 || err != nil {
		t.Errorf("at the end: %q, %v", rest, err)
	}
	s.log.eventually(t, "resumed=4")
	s.log.eventually(t, "session resumed")
}

func TestAClientComesBackToItsReplica(t *testing.T) {
	cfg := freely()
	cfg.Replica = "gw-2"
	s := serve(t, cfg)
	asked := make(chan string, 10)
	balancer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.RawQuery
		s.ServeHTTP(w, r)
	}))
	t.Cleanup(balancer.Close)
	cut := newCutter(t, balancer.URL)
	c := cut.dial(t, server(t, echo), netconn.Options{})
	echoed(t, c, "before")
	cut.cut(false)
	echoed(t, c, "after")
	if first, second := <-asked, <-asked; first != "" || second != "r=gw-2" {
		t.Errorf("asked with %q, then with %q", first, second)
	}
}

func TestEverythingArrivesAcrossCuts(t *testing.T) {
	const cuts = 50
	size := *soak
	s := serve(t, freely())
	cut := newCutter(t, s.url)
	received := make(chan []byte, 1)
	sent := make(chan []byte, 1)
	addr := server(t, func(c *net.TCPConn) {
		c.SetDeadline(time.Time{})
		in, out := sha256.New(), sha256.New()
		var wg sync.WaitGroup
		wg.Go(func() { io.Copy(in, c) })
		io.Copy(c, io.TeeReader(io.LimitReader(rand.Reader, size), out))
		c.CloseWrite()
		wg.Wait()
		received <- in.Sum(nil)
		sent <- out.Sum(nil)
	})
	c := cut.dial(t, addr, netconn.Options{})
	in, out := sha256.New(), sha256.New()
	var wg sync.WaitGroup
	var got int64
	wg.Go(func() {
		io.Copy(c, io.TeeReader(io.LimitReader(rand.Reader, size), out))
		c.CloseWrite()
	})
	wg.Go(func() {
		n, err := io.Copy(countTo{in, &got, size / cuts, func() { cut.cut(false) }}, c)
		if n != size || err != nil {
			t.Errorf("read %d bytes, %v", n, err)
		}
	})
	began := time.Now()
	wg.Wait()
	if !bytes.Equal(out.Sum(nil), <-received) || !bytes.Equal(in.Sum(nil), <-sent) {
		t.Error("the hashes differ")
	}
	if cut.cuts < cuts-1 {
		t.Errorf("only %d cuts", cut.cuts)
	}
	t.Logf("%d MiB each way across %d cuts in %v", size>>20, cut.cuts, time.Since(began).Round(time.Millisecond))
}

// countTo calls do each time that another part was written.
type countTo struct {
	io.Writer
	n    *int64
	part int64
	do   func()
}

func (c countTo) Write(p []byte) (int, error) {
	before := *c.n / c.part
	*c.n += int64(len(p))
	if *c.n/c.part > before {
		c.do()
	}
	return c.Writer.Write(p)
}

func TestWhatTheServerSaidLastWaitsForTheClient(t *testing.T) {
	s := serve(t, freely())
	cut := newCutter(t, s.url)
	speak := make(chan struct{})
	c := cut.dial(t, server(t, func(c *net.TCPConn) {
		<-speak
		io.WriteString(c, "last words")
	}), netconn.Options{})
	cut.cut(true)
	until(t, "the client does not notice", c.Away)
	close(speak)
	cut.mu.Lock()
	cut.down = false
	cut.mu.Unlock()
	c.Wake()
	if got, err := io.ReadAll(c); string(got) != "last words" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestAHeldSessionExpires(t *testing.T) {
	cfg := freely()
	cfg.Limits.Hold = 50 * time.Millisecond
	s := serve(t, cfg)
	cut := newCutter(t, s.url)
	ended := make(chan struct{})
	c := cut.dial(t, server(t, func(c *net.TCPConn) { io.Copy(io.Discard, c); close(ended) }), netconn.Options{})
	cut.cut(true)
	<-ended // the server's connection is closed
	s.log.eventually(t, "did not come back")
	cut.mu.Lock()
	cut.down = false
	cut.mu.Unlock()
	c.Wake()
	if _, err := io.ReadAll(c); !isCode(err, netconn.CodeGone) {
		t.Errorf("the client reads %v", err)
	}
}

func TestASessionIsResumedWhileTheRelayDrains(t *testing.T) {
	s := serve(t, freely())
	cut := newCutter(t, s.url)
	c := cut.dial(t, server(t, echo), netconn.Options{})
	echoed(t, c, "before")
	drained := make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	go func() { drained <- s.Drain(ctx) }()
	until(t, "the relay does not drain", func() bool { return !s.Ready() })
	if res, err := http.Get(s.url + "/readyz"); err != nil || res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("load balancers are told %v, %v", res, err)
	}
	cut.cut(false)
	echoed(t, c, "after")
	c.CloseWrite()
	io.ReadAll(c)
	if err := <-drained; err != nil {
		t.Error(err)
	}
}

func TestNothingIsHeldIfHoldIsNegative(t *testing.T) {
	cfg := freely()
	cfg.Limits.Hold = -1
	s := serve(t, cfg)
	cut := newCutter(t, s.url)
	c := cut.dial(t, server(t, echo), netconn.Options{})
	echoed(t, c, "before")
	cut.cut(false)
	var e *netconn.Error
	if _, err := c.Read(make([]byte, 1)); !errors.As(err, &e) || e.Code != netconn.CodeLost {
		t.Errorf("read %v", err)
	}
	until(t, "the session is held", func() bool { return s.Sessions() == 0 })
}
