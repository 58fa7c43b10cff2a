package proxy

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/wasmiko/wasmiko/netconn"
)

// pipeListener takes connections in memory, each from an address of its own choice,
// so that synctest's clock runs.
type pipeListener chan net.Conn

type pipeFrom struct {
	net.Conn
	ip string
}

func (c pipeFrom) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.ParseIP(c.ip), Port: 1} }

func (l pipeListener) Accept() (net.Conn, error) {
	c, ok := <-l
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (l pipeListener) Close() error   { return nil }
func (l pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

func (l pipeListener) from(t *testing.T, ip string) net.Conn {
	here, there := net.Pipe()
	l <- pipeFrom{there, ip}
	t.Cleanup(func() { here.Close() })
	return here
}

// inMemory serves cfg on a listener without a network.
func inMemory(t *testing.T, cfg Config) pipeListener {
	t.Helper()
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	l, srv := make(pipeListener), p.Server()
	done := make(chan struct{})
	go func() { srv.Serve(l); close(done) }()
	t.Cleanup(func() { close(l); <-done; srv.Close() })
	return l
}

// upgrade makes c a WebSocket to the relay and returns what follows, with the
// status of the answer.
func upgrade(t *testing.T, c net.Conn) (*bufio.Reader, int) {
	t.Helper()
	fmt.Fprintf(c, "GET /relay HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\nSec-WebSocket-Protocol: %s\r\n\r\n", base64.StdEncoding.EncodeToString(make([]byte, 16)), netconn.Protocol)
	r := bufio.NewReader(c)
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r, res.StatusCode
}

// Whoever dawdles is ended by a deadline that bytes do not move.
func TestDawdlersAreEnded(t *testing.T) {
	drip := func(c net.Conn, text string) {
		for i := range len(text) {
			if _, err := io.WriteString(c, text[i:i+1]); err != nil {
				return
			}
			time.Sleep(time.Second)
		}
	}
	for name, dawdle := range map[string]func(*testing.T, net.Conn) io.Reader{
		"a connection that says nothing": func(_ *testing.T, c net.Conn) io.Reader { return c },
		"half of a header": func(_ *testing.T, c net.Conn) io.Reader {
			io.WriteString(c, "GET /relay HTTP/1.1\r\nHost: local")
			return c
		},
		"a header by single bytes": func(_ *testing.T, c net.Conn) io.Reader {
			go drip(c, "GET /relay HTTP/1.1\r\nHost: localhost\r\nX-Slow: "+strings.Repeat("x", 100))
			return c
		},
		"an upgrade without a frame": func(t *testing.T, c net.Conn) io.Reader { r, _ := upgrade(t, c); return r },
		"a first frame by single bytes": func(t *testing.T, c net.Conn) io.Reader {
			r, _ := upgrade(t, c)
			go drip(c, "\x82\xfe\x01\x00mask"+strings.Repeat("x", 256))
			return r
		},
		"a first frame by single fragments": func(t *testing.T, c net.Conn) io.Reader {
			r, _ := upgrade(t, c)
			go func() {
				io.WriteString(c, "\x02\x81mask\x6f")
				for range 100 {
					time.Sleep(time.Second)
					if _, err := io.WriteString(c, "\x00\x81maskx"); err != nil {
						return
					}
				}
			}()
			return r
		},
		"pings in the place of a frame": func(t *testing.T, c net.Conn) io.Reader {
			r, _ := upgrade(t, c)
			go drip(c, strings.Repeat("\x89\x80mask", 100))
			return r
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := inMemory(t, anywhere()).from(t, "192.0.2.1")
				began := time.Now()
				io.Copy(io.Discard, dawdle(t, c))
				// A closing handshake that nobody answers takes a little more.
				if took := time.Since(began); took < 5*time.Second || took > 11*time.Second {
					t.Errorf("ended after %v", took)
				}
				c.Close()
				time.Sleep(2 * time.Second) // who drips notices
			})
		})
	}
}

// What has not said what it wants counts as well, for its own address alone.
func TestDawdlersCountForTheirAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := anywhere()
		cfg.Limits = Limits{SessionsPerIP: 3, UpgradesPerMinute: 5, UpgradeBurst: 5}
		l := inMemory(t, cfg)
		dawdle := func(ip string) int {
			r, status := upgrade(t, l.from(t, ip))
			go io.Copy(io.Discard, r)
			synctest.Wait()
			return status
		}
		// Port 0 is refused too, but only once there is a place.
		open := func(ip string) error {
			ws, _, err := websocket.Dial(t.Context(), "ws://localhost/relay", &websocket.DialOptions{
				Subprotocols: []string{netconn.Protocol},
				HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) {
					return l.from(t, ip), nil
				}}},
			})
			if err != nil {
				t.Fatal(err)
			}
			_, err = netconn.Client(t.Context(), netconn.NewWebSocket(ws), netconn.Target{Host: "a_b", Port: 22}, netconn.Options{})
			return err
		}
		for range 3 {
			if status := dawdle("192.0.2.1"); status != http.StatusSwitchingProtocols {
				t.Fatalf("status %d", status)
			}
		}
		if err := open("192.0.2.1"); !isCode(err, netconn.CodeLimit) {
			t.Errorf("beside three that say nothing: %v", err)
		}
		if err := open("192.0.2.2"); !isCode(err, netconn.CodeNotAllowed) {
			t.Errorf("from another address: %v", err)
		}
		if a, b := dawdle("192.0.2.1"), dawdle("192.0.2.1"); a != http.StatusSwitchingProtocols || b != http.StatusTooManyRequests {
			t.Errorf("the fifth and the sixth connection: %d, %d", a, b)
		}
		time.Sleep(time.Minute)
		if err := open("192.0.2.1"); !isCode(err, netconn.CodeNotAllowed) {
			t.Errorf("when they are ended: %v", err)
		}
	})
}

// What is no session counts for its address as well, whatever it is doing.
func TestConnectionsThatAreNoSessionsAreBounded(t *testing.T) {
	half := func(t *testing.T, c net.Conn) {
		io.WriteString(c, "GET /readyz HTTP/1.1\r\nHost: loc")
	}
	idle := func(t *testing.T, c net.Conn) {
		io.WriteString(c, "GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, res.Body)
	}
	// The answer is begun, and nobody reads it to its end.
	unread := func(t *testing.T, c net.Conn) {
		io.WriteString(c, "GET /big.txt HTTP/1.1\r\nHost: localhost\r\n\r\n")
		c.Read(make([]byte, 1))
	}
	page := testPage()
	page["big.txt"] = &fstest.MapFile{Data: make([]byte, 1<<20)}
	const each = visitsPerSession // of an address that may have one session
	for _, tt := range []struct {
		name  string
		begin func(*testing.T, net.Conn)
		local bool
		more  string // the address of one more connection
		ended bool   // it is
	}{
		{"half of a header, from the same address", half, false, "192.0.2.1", true},
		{"half of a header, from another address", half, false, "192.0.2.2", false},
		{"half of a header, from the same network of IPv6", half, false, "2001:db8::2", true},
		{"half of a header, from another network of IPv6", half, false, "2001:db8:0:1::1", false},
		{"half of a header, from the proxy in front", half, false, "198.51.100.1", false},
		{"half of a header, on this machine", half, true, "192.0.2.1", false},
		{"an answered request, from the same address", idle, false, "192.0.2.1", true},
		{"an answer that is not read, from the same address", unread, false, "192.0.2.1", true},
		{"an answer that is not read, from another address", unread, false, "192.0.2.2", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := new(testLog)
				cfg := Config{
					Local: tt.local, Hosts: []string{"localhost"}, Allow: []string{"*"},
					TrustedProxies: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")},
					Limits:         Limits{SessionsPerIP: 1},
					Page:           page,
					Log:            slog.New(slog.NewTextHandler(log, nil)),
				}
				l := inMemory(t, cfg)
				for range each {
					for _, ip := range []string{"192.0.2.1", "2001:db8::1", "198.51.100.1"} {
						tt.begin(t, l.from(t, ip))
					}
				}
				synctest.Wait() // an answer is read before the server waits for the next request
				open := func() bool {
					c := l.from(t, tt.more)
					c.SetReadDeadline(time.Now().Add(time.Second))
					_, err := c.Read(make([]byte, 1))
					return errors.Is(err, os.ErrDeadlineExceeded)
				}
				if open() == tt.ended {
					t.Errorf("one more is ended: %v", !tt.ended)
				}
				if told := strings.Contains(log.String(), "connection refused"); told != tt.ended {
					t.Errorf("the log tells of it: %v", told)
				}
				time.Sleep(12 * time.Minute) // their deadlines
				if !open() {
					t.Error("when the others are ended, one more is ended too")
				}
			})
		})
	}
}
