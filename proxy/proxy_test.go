package proxy

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/wasmiko/wasmiko/netconn"
)

// testWait bounds whatever a test waits for.
const testWait = 20 * time.Second

// testLog collects a proxy's log.
type testLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *testLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *testLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// served is a proxy behind a real listener.
type served struct {
	*Proxy
	url string // http://127.0.0.1:port
	log *testLog
}

func (s *served) relay() string { return "ws" + strings.TrimPrefix(s.url, "http") + "/relay" }

// serve starts a proxy with cfg; without Page it has none.
func serve(t *testing.T, cfg Config) *served {
	t.Helper()
	log := new(testLog)
	cfg.Log = slog.New(slog.NewTextHandler(log, nil))
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(p)
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		p.Drain(ctx) // ends what a test left open
		srv.Close()
	})
	return &served{p, srv.URL, log}
}

// dial asks the relay for addr.
func (s *served) dial(t *testing.T, addr string) (*netconn.Conn, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testWait)
	defer cancel()
	return netconn.Dial(ctx, s.relay(), targetOf(t, addr), netconn.Options{})
}

// mustDial is dial where a failure ends the test.
func (s *served) mustDial(t *testing.T, addr string) *netconn.Conn {
	t.Helper()
	c, err := s.dial(t, addr)
	if err != nil {
		t.Fatalf("dial %s: %v\n%s", addr, err, s.log)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(testWait))
	return c
}

func targetOf(t *testing.T, addr string) netconn.Target {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	n, err := net.LookupPort("tcp", port)
	if err != nil {
		t.Fatal(err)
	}
	return netconn.Target{Host: host, Port: uint16(n)}
}

// server is a TCP server that gives each connection to handle.
func server(t *testing.T, handle func(*net.TCPConn)) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var conns sync.WaitGroup
	t.Cleanup(func() { l.Close(); conns.Wait() })
	// The loop is of the group itself, so that nothing is added to an empty one
	// while Cleanup waits.
	conns.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns.Go(func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(testWait))
				handle(c.(*net.TCPConn))
			})
		}
	})
	return l.Addr().String()
}

func echo(c *net.TCPConn) { io.Copy(c, c) }

// anywhere allows every port of this machine.
func anywhere() Config { return Config{Local: true, Allow: []string{"*:*"}} }

// names is a Resolver of fixed answers; the nth question gets the nth list.
type names map[string][][]netip.Addr

func (n names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	answers := n[host]
	if len(answers) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	if len(answers) > 1 {
		n[host] = answers[1:]
	}
	return answers[0], nil
}

func addrs(texts ...string) []netip.Addr {
	out := make([]netip.Addr, len(texts))
	for i, s := range texts {
		out[i] = netip.MustParseAddr(s)
	}
	return out
}

// eventually waits until the log has text.
func (l *testLog) eventually(t *testing.T, text string) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(testWait); !strings.Contains(l.String(), text); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%q is not in the log:\n%s", text, l)
		}
	}
}

// testPage is a small built page.
func testPage() fstest.MapFS {
	big := strings.Repeat("wasm", 1000)
	return fstest.MapFS{
		"index.html":                 {Data: []byte("<!doctype html>")},
		"examples/embed.html":        {Data: []byte("<!doctype html><p>")},
		"examples/index.html":        {Data: []byte("<!doctype html><ul>")},
		"lib/wasmiko.js":             {Data: []byte("export {}")},
		"lib/wasmiko.js.gz":          {Data: []byte("gzip of wasmiko.js")},
		"assets/main-ABC123.wasm":    {Data: []byte(big)},
		"assets/main-ABC123.wasm.br": {Data: []byte("brotli of main")},
		"assets/main-ABC123.wasm.gz": {Data: []byte("gzip of main")},
		"dl/worker.js":               {Data: []byte("onfetch = null")},
		"assets/only.br":             {Data: []byte("a file that is named so")},
		"notices.txt":                {Data: []byte("notices")},
	}
}

func TestNewRefuses(t *testing.T) {
	tests := []struct {
		name string
		cfg  Config
		want string
	}{
		{"the zero Config", Config{}, "host names"},
		{"an exposed relay without rules", Config{Hosts: []string{"a.example"}}, "allowed targets"},
		{"a rule that cannot be read", Config{Local: true, Allow: []string{"10.0.0.1/8"}}, "did you mean 10.0.0.0/8?"},
		{"a host with a scheme", Config{Local: true, Hosts: []string{"https://a.example"}}, "NAME:PORT"},
		{"a host that is a pattern", Config{Local: true, Hosts: []string{"*.example"}}, "NAME:PORT"},
		{"an origin with a path", Config{Local: true, Origins: []string{"https://a.example/"}}, "without a path"},
		{"an origin that is a pattern", Config{Local: true, Origins: []string{"https://*.example"}}, "as browsers send it"},
		{"an origin without a scheme", Config{Local: true, Origins: []string{"a.example"}}, "as browsers send it"},
		{"the origin null", Config{Local: true, Origins: []string{"null"}}, "as browsers send it"},
		{"a replica that is no label", Config{Local: true, Replica: "a b"}, "letters, digits"},
		{"a plain target without a port", Config{Local: true, Plain: "db1"}, "HOST:PORT"},
		{"plain clients beside tickets", Config{Local: true, Plain: "db1:22", Tickets: []TicketKey{{}}}, "do not go together"},
		{"an origin with the usual port", Config{Local: true, Origins: []string{"https://a.example:443"}}, "leave out port 443"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(tt.cfg)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q in it", err, tt.want)
			}
		})
	}
}

func ExampleNew() {
	p, err := New(Config{
		Hosts: []string{"relay.example.org"},
		Allow: []string{"*.lab.example.org", "10.20.0.0/16:22,2222"},
		TLS:   true,
	})
	if err != nil {
		panic(err)
	}
	srv := p.Server()
	fmt.Println(srv.ReadHeaderTimeout)
	// Output: 5s
}
