package proxy

import (
	"bufio"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// handshake sends a WebSocket handshake, byte by byte as given, and returns
// the status. A Go client would not send such Hosts and Origins.
func handshake(t *testing.T, addr string, headers ...string) int {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(testWait))
	lines := append([]string{
		"GET /relay HTTP/1.1", "Connection: keep-alive, Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: relay.v1",
	}, headers...)
	fmt.Fprintf(c, "%s\r\n\r\n", strings.Join(lines, "\r\n"))
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got := res.Header.Get("Sec-WebSocket-Extensions"); got != "" {
		t.Errorf("extensions %q were agreed", got)
	}
	return res.StatusCode
}

// Cross-site WebSocket hijacking: who may open the relay.
func TestHandshake(t *testing.T) {
	local := Config{Local: true}
	exposed := Config{TLS: true, Hosts: []string{"relay.example.org"}, Allow: []string{"a.example"}}
	portal := exposed
	portal.Origins = []string{"https://portal.example.org"}
	ticketed := exposed
	ticketed.Tickets = newPortal(t).keys
	const same, cross = "Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site"
	tests := []struct {
		name    string
		cfg     Config
		headers []string // %PORT% is the listener's port
		want    int
	}{
		{"our own page", local, []string{"Host: 127.0.0.1:%PORT%", "Origin: http://127.0.0.1:%PORT%"}, 101},
		{"our own page by name", local, []string{"Host: localhost:%PORT%", "Origin: http://localhost:%PORT%", same}, 101},
		{"our own page by IPv6", local, []string{"Host: [::1]:%PORT%", "Origin: http://[::1]:%PORT%"}, 101},
		{"our own page through a forwarded port", local, []string{"Host: localhost:9999", "Origin: http://localhost:9999"}, 101},
		{"a browser that says websocket", local, []string{"Host: localhost:1", "Origin: http://localhost:1", same, "Sec-Fetch-Dest: websocket", "Sec-Fetch-Mode: websocket"}, 101},
		{"a browser that says empty", local, []string{"Host: localhost:1", "Origin: http://localhost:1", same, "Sec-Fetch-Dest: empty", "Sec-Fetch-Mode: websocket"}, 101},
		{"a foreign page", local, []string{"Host: localhost:%PORT%", "Origin: https://evil.example"}, 403},
		{"a foreign page whose name starts alike", local, []string{"Host: localhost:%PORT%", "Origin: http://localhost:%PORT%.evil.example"}, 403},
		{"another port of this machine", local, []string{"Host: localhost:%PORT%", "Origin: http://localhost:1"}, 403},
		{"another name of this machine", local, []string{"Host: localhost:%PORT%", "Origin: http://127.0.0.1:%PORT%"}, 403},
		{"another scheme", local, []string{"Host: localhost:%PORT%", "Origin: https://localhost:%PORT%"}, 403},
		{"the origin null", local, []string{"Host: localhost:%PORT%", "Origin: null"}, 403},
		{"an empty origin", local, []string{"Host: localhost:%PORT%", "Origin: "}, 403},
		{"two origins", local, []string{"Host: localhost:%PORT%", "Origin: http://localhost:%PORT%", "Origin: https://evil.example"}, 403},
		{"an origin with a path", local, []string{"Host: localhost:%PORT%", "Origin: http://localhost:%PORT%/"}, 403},
		{"the right origin, but from another site", local, []string{"Host: localhost:%PORT%", "Origin: http://localhost:%PORT%", cross}, 403},
		{"an unknown kind of site", local, []string{"Host: localhost:%PORT%", "Origin: http://localhost:%PORT%", "Sec-Fetch-Site: x"}, 403},
		{"a navigation", local, []string{"Host: localhost:%PORT%", "Origin: http://localhost:%PORT%", same, "Sec-Fetch-Dest: document"}, 403},
		{"a picture", local, []string{"Host: localhost:%PORT%", "Origin: http://localhost:%PORT%", same, "Sec-Fetch-Dest: image"}, 403},

		{"a rebound name", local, []string{"Host: evil.example", "Origin: http://evil.example"}, 421},
		{"a rebound name with our port", local, []string{"Host: evil.example:%PORT%", "Origin: http://evil.example:%PORT%"}, 421},
		{"a rebound name with a dot", local, []string{"Host: localhost.:%PORT%", "Origin: http://localhost.:%PORT%"}, 421},
		{"a name that ends in localhost", local, []string{"Host: evil.localhost:%PORT%", "Origin: http://evil.localhost:%PORT%"}, 421},
		{"another loopback address", local, []string{"Host: 127.0.0.2:%PORT%", "Origin: http://127.0.0.2:%PORT%"}, 421},
		{"the unspecified address", local, []string{"Host: 0.0.0.0:%PORT%", "Origin: http://0.0.0.0:%PORT%"}, 421},
		{"an empty host", local, []string{"Host: "}, 421},
		{"a host with a user", local, []string{"Host: evil@localhost:%PORT%"}, 400}, // net/http refuses it

		{"another program of this machine", local, []string{"Host: 127.0.0.1:%PORT%"}, 101},
		{"a browser that leaves the origin out", local, []string{"Host: 127.0.0.1:%PORT%", "Sec-Fetch-Mode: websocket"}, 403},
		{"somebody who is forwarded here", local, []string{"Host: 127.0.0.1:%PORT%", "X-Forwarded-For: 1.2.3.4"}, 403},
		{"another program, when exposed", exposed, []string{"Host: relay.example.org"}, 403},

		{"another program that may bring a ticket", ticketed, []string{"Host: relay.example.org"}, 101},
		{"the same through a proxy", ticketed, []string{"Host: relay.example.org", "X-Forwarded-For: 1.2.3.4"}, 101},
		{"another program with a cookie", ticketed, []string{"Host: relay.example.org", "Cookie: __Host-wasmiko=x"}, 403},
		{"a browser that leaves the origin out, with tickets", ticketed, []string{"Host: relay.example.org", "Sec-Fetch-Mode: websocket"}, 403},

		{"the exposed page", exposed, []string{"Host: relay.example.org", "Origin: https://relay.example.org"}, 101},
		{"the exposed page, host in capitals", exposed, []string{"Host: Relay.Example.org", "Origin: https://relay.example.org"}, 101},
		{"the exposed page without TLS", exposed, []string{"Host: relay.example.org", "Origin: http://relay.example.org"}, 403},
		{"an exposed relay by its address", exposed, []string{"Host: 127.0.0.1:%PORT%", "Origin: https://127.0.0.1:%PORT%"}, 421},
		{"a sibling of the exposed page", exposed, []string{"Host: relay.example.org", "Origin: https://www.example.org", "Sec-Fetch-Site: same-site"}, 403},
		{"a listed portal", portal, []string{"Host: relay.example.org", "Origin: https://portal.example.org", "Sec-Fetch-Site: same-site"}, 101},
		{"a listed portal of another site", portal, []string{"Host: relay.example.org", "Origin: https://portal.example.org", cross}, 101},
		{"our own page beside a listed portal", portal, []string{"Host: relay.example.org", "Origin: https://relay.example.org", same}, 101},
		{"our own page's origin from another site", portal, []string{"Host: relay.example.org", "Origin: https://relay.example.org", cross}, 403},
		{"a listed portal and another origin", portal, []string{"Host: relay.example.org", "Origin: https://portal.example.org", "Origin: https://evil.example"}, 403},
		{"a page that is not listed", portal, []string{"Host: relay.example.org", "Origin: https://evil.example", cross}, 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			addr := strings.TrimPrefix(serve(t, tt.cfg).url, "http://")
			_, port, _ := net.SplitHostPort(addr)
			headers := make([]string, len(tt.headers))
			for i, h := range tt.headers {
				headers[i] = strings.ReplaceAll(h, "%PORT%", port)
			}
			if got := handshake(t, addr, headers...); got != tt.want {
				t.Errorf("status %d, want %d", got, tt.want)
			}
		})
	}
}

func TestRelayNeedsAWebSocket(t *testing.T) {
	tests := []struct {
		name    string
		method  string
		headers map[string]string
		want    int
	}{
		{"a plain GET", "GET", nil, 426},
		{"a POST", "POST", nil, 426},
		{"no subprotocol", "GET", map[string]string{"Connection": "Upgrade", "Upgrade": "websocket"}, 400},
		{"another subprotocol", "GET", map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Protocol": "binary"}, 400},
		{"no key", "GET", map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Protocol": "relay.v1", "Sec-WebSocket-Version": "13"}, 400},
	}
	p, err := New(Config{Local: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, "http://localhost/relay", nil)
			for k, v := range tt.headers {
				r.Header.Set(k, v)
			}
			w := httptest.NewRecorder()
			p.ServeHTTP(w, r)
			if w.Code != tt.want {
				t.Errorf("status %d, want %d", w.Code, tt.want)
			}
		})
	}
}

// The headers are written out here, so that a change has to be made twice.
func TestStrictHeaders(t *testing.T) {
	want := map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; frame-src 'self'; connect-src 'self'; " +
			"style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; base-uri 'none'; " +
			"form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types wasmiko",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "no-referrer",
		"Permissions-Policy": "camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=(), payment=(), clipboard-read=(self), " +
			"clipboard-write=(self), publickey-credentials-get=(self), publickey-credentials-create=(self)",
		"Strict-Transport-Security": "",
	}
	requests := []struct{ name, method, url string }{
		{"the page", "GET", "http://localhost/"},
		{"a script", "GET", "http://localhost/lib/wasmiko.js"},
		{"the wasm", "HEAD", "http://localhost/assets/main-ABC123.wasm"},
		{"the configuration", "GET", "http://localhost/config.json"},
		{"nothing", "GET", "http://localhost/nothing"},
		{"a wrong method", "POST", "http://localhost/"},
		{"a wrong host", "GET", "http://evil.example/"},
		{"the relay without an upgrade", "GET", "http://localhost/relay"},
	}
	for _, tls := range []bool{false, true} {
		p, err := New(Config{Local: true, TLS: tls, Page: testPage(), Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		if tls {
			want["Strict-Transport-Security"] = "max-age=31536000"
		}
		for _, rq := range requests {
			w := httptest.NewRecorder()
			p.ServeHTTP(w, httptest.NewRequest(rq.method, rq.url, nil))
			for name, value := range want {
				if got := w.Header().Get(name); got != value {
					t.Errorf("%s, TLS %v: %s is %q, want %q", rq.name, tls, name, got, value)
				}
			}
		}
	}
}

// What stands in the page itself is allowed by its hash, on that page alone.
func TestThePageAllowsWhatStandsInIt(t *testing.T) {
	const style, script = "a{}", "let a\n= 1"
	sums := map[string]string{
		"style-src 'self'":                     "style-src 'self' 'sha256-X1RutGBrXCt9KkSaXMK7tHftWiRscFHOhxsS8tv8hBk='",
		"script-src 'self' 'wasm-unsafe-eval'": "script-src 'self' 'sha256-4fGWMN4XMSo7H9MvmBXjX6eK0DUkEWwkusre07pEQLQ=' 'wasm-unsafe-eval'",
	}
	pg := testPage()
	pg["index.html"].Data = []byte("<!doctype html>\n<style>" + style + "</style>\n<script>" + script + "</script>\n<script type=\"module\" src=\"a.js\"></script>")
	pg["embed.html"] = pg["index.html"]
	p, err := New(Config{Local: true, Page: pg, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	policy := contentPolicy
	for plain, with := range sums {
		policy = strings.Replace(policy, plain, with, 1)
	}
	for path, want := range map[string]string{
		"/": policy, "/index.html": policy, "/?host=a": policy,
		"/embed": contentPolicy, "/examples/": contentPolicy, "/nothing": contentPolicy,
	} {
		if got := get(p, "GET", path, nil).Header().Get("Content-Security-Policy"); got != want {
			t.Errorf("%s: the policy is\n%s\nwant\n%s", path, got, want)
		}
	}
}

func TestClientIP(t *testing.T) {
	tests := []struct {
		name    string
		trusted []string
		remote  string
		forward []string
		want    string
	}{
		{"the peer", nil, "192.0.2.1:5", nil, "192.0.2.1"},
		{"the peer in mapped form", nil, "[::ffff:192.0.2.1]:5", nil, "192.0.2.1"},
		{"a header that nobody may set", nil, "192.0.2.1:5", []string{"1.1.1.1"}, "192.0.2.1"},
		{"a header from elsewhere", []string{"10.0.0.0/8"}, "192.0.2.1:5", []string{"1.1.1.1"}, "192.0.2.1"},
		{"a header from the trusted proxy", []string{"10.0.0.0/8"}, "10.0.0.5:5", []string{"1.1.1.1"}, "1.1.1.1"},
		{"a client that prepends a lie", []string{"10.0.0.0/8"}, "10.0.0.5:5", []string{"6.6.6.6, 1.1.1.1"}, "1.1.1.1"},
		{"a client that sends a header of its own", []string{"10.0.0.0/8"}, "10.0.0.5:5", []string{"6.6.6.6", "1.1.1.1"}, "1.1.1.1"},
		{"two trusted proxies", []string{"10.0.0.0/8"}, "10.0.0.5:5", []string{"6.6.6.6, 1.1.1.1, 10.0.0.6"}, "1.1.1.1"},
		{"rubbish", []string{"10.0.0.0/8"}, "10.0.0.5:5", []string{"unknown"}, "10.0.0.5"},
		{"an address with its port", []string{"10.0.0.0/8"}, "10.0.0.5:5", []string{"1.1.1.1:80"}, "1.1.1.1"},
		{"one of IPv6 with its port", []string{"10.0.0.0/8"}, "10.0.0.5:5", []string{"[2001:db8::1]:80"}, "2001:db8::1"},
		{"one with a zone", []string{"10.0.0.0/8"}, "10.0.0.5:5", []string{"fe80::1%lie"}, "fe80::1"},
		{"no header", []string{"10.0.0.0/8"}, "10.0.0.5:5", nil, "10.0.0.5"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := &Proxy{}
			for _, c := range tt.trusted {
				p.cfg.TrustedProxies = append(p.cfg.TrustedProxies, netip.MustParsePrefix(c))
			}
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = tt.remote
			r.Header["X-Forwarded-For"] = tt.forward
			if got := p.clientIP(r); got.String() != tt.want {
				t.Errorf("got %v, want %s", got, tt.want)
			}
		})
	}
}
