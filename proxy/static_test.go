package proxy

import (
	"encoding/json"
	"net/http/httptest"
	"testing"
)

func testPageProxy(t *testing.T) *Proxy {
	t.Helper()
	p, err := New(Config{Local: true, Page: testPage(), Version: "1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func get(p *Proxy, method, path string, headers map[string]string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://localhost"+path, nil)
	for k, v := range headers {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w
}

func TestPageFiles(t *testing.T) {
	const immutable, revalidate, none = "public, max-age=31536000, immutable", "no-cache", "no-store"
	tests := []struct {
		name, path string
		status     int
		kind       string
		cache      string
	}{
		{"the page", "/", 200, "text/html; charset=utf-8", revalidate},
		{"the page by its file name", "/index.html", 200, "text/html; charset=utf-8", revalidate},
		{"the page with a query", "/?host=a", 200, "text/html; charset=utf-8", revalidate},
		{"the library", "/lib/wasmiko.js", 200, "text/javascript; charset=utf-8", revalidate},
		{"an asset with a hash in its name", "/assets/main-ABC123.wasm", 200, "application/wasm", immutable},
		{"an example", "/examples/embed.html", 200, "text/html; charset=utf-8", revalidate},
		{"a folder with an index", "/examples/", 200, "text/html; charset=utf-8", revalidate},
		{"a text", "/notices.txt", 200, "text/plain; charset=utf-8", revalidate},
		{"a file whose name only looks compressed", "/assets/only.br", 200, "application/octet-stream", immutable},
		{"nothing", "/nothing", 404, "text/plain; charset=utf-8", none},
		{"a folder without an index", "/assets/", 404, "text/plain; charset=utf-8", none},
		{"a folder without its slash", "/assets", 404, "text/plain; charset=utf-8", none},
		{"a compressed form by its own name", "/lib/wasmiko.js.gz", 404, "text/plain; charset=utf-8", none},
		{"a way upward", "/lib/../index.html", 404, "text/plain; charset=utf-8", none},
		{"an encoded way upward", "/lib/%2e%2e/index.html", 404, "text/plain; charset=utf-8", none},
		{"a double slash", "//index.html", 404, "text/plain; charset=utf-8", none},
		{"a backslash", "/lib%5cwasmiko.js", 404, "text/plain; charset=utf-8", none},
		{"a NUL", "/index.html%00", 404, "text/plain; charset=utf-8", none},
	}
	p := testPageProxy(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, method := range []string{"GET", "HEAD"} {
				w := get(p, method, tt.path, nil)
				h := w.Header()
				if w.Code != tt.status || h.Get("Content-Type") != tt.kind || h.Get("Cache-Control") != tt.cache {
					t.Errorf("%s: %d, %q, %q; want %d, %q, %q", method, w.Code, h.Get("Content-Type"), h.Get("Cache-Control"), tt.status, tt.kind, tt.cache)
				}
			}
		})
	}
}

// The scope of a service worker is the folder of its script, unless the server
// widens it; its policy is the one that comes with the script.
func TestTheServiceWorkerRulesOverItsFolderAlone(t *testing.T) {
	h := get(testPageProxy(t), "GET", "/dl/worker.js", map[string]string{"Service-Worker": "script"}).Header()
	if _, ok := h["Service-Worker-Allowed"]; ok {
		t.Error("its scope is widened")
	}
	if got, want := h.Get("Content-Security-Policy"), "default-src 'none'"; got != want {
		t.Errorf("its policy is %q, want %q", got, want)
	}
	if got, want := h.Get("Cache-Control"), "no-cache"; got != want {
		t.Errorf("it is cached: %q, want %q", got, want)
	}
}

func TestPageEncodings(t *testing.T) {
	const wasm, js, html = "/assets/main-ABC123.wasm", "/lib/wasmiko.js", "/"
	tests := []struct {
		name, path, accept, want string
	}{
		{"a browser gets brotli", wasm, "gzip, deflate, br, zstd", "br"},
		{"the order of the header does not matter", wasm, "br, gzip", "br"},
		{"one without brotli gets gzip", wasm, "gzip, deflate", "gzip"},
		{"one that refuses brotli gets gzip", wasm, "br;q=0, gzip", "gzip"},
		{"a weight of 0.0 refuses too", wasm, "br;q=0.0, gzip;q=0.5", "gzip"},
		{"a star takes all", wasm, "*", "br"},
		{"a star does not take what is refused", wasm, "*, br;q=0", "gzip"},
		{"a star may refuse all", wasm, "*;q=0", ""},
		{"capitals do not matter", wasm, "BR", "br"},
		{"no header means no coding", wasm, "", ""},
		{"identity", wasm, "identity", ""},
		{"a coding that is not there", wasm, "zstd", ""},
		{"a word that contains br is not br", wasm, "brx, xbr", ""},
		{"only gzip was built", js, "br, gzip", "gzip"},
		{"only the plain file was built", html, "br, gzip", ""},
	}
	body := map[string]string{"br": "brotli of main", "gzip": "gzip of main"}
	p := testPageProxy(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := get(p, "GET", tt.path, map[string]string{"Accept-Encoding": tt.accept})
			h := w.Header()
			if got := h.Get("Content-Encoding"); got != tt.want {
				t.Fatalf("encoding %q, want %q", got, tt.want)
			}
			if tt.path == wasm && tt.want != "" && w.Body.String() != body[tt.want] {
				t.Errorf("body %q", w.Body)
			}
			if vary := h.Get("Vary") == "Accept-Encoding"; vary != (tt.path != html) {
				t.Errorf("Vary is %q", h.Get("Vary"))
			}
			if h.Get("Content-Length") == "" {
				t.Error("there is no Content-Length")
			}
		})
	}
}

func TestConditionalRequests(t *testing.T) {
	p := testPageProxy(t)
	const path = "/assets/main-ABC123.wasm"
	plain := get(p, "GET", path, nil).Header().Get("ETag")
	br := get(p, "GET", path, map[string]string{"Accept-Encoding": "br"}).Header().Get("ETag")
	if plain == "" || plain == br {
		t.Fatalf("ETags %q and %q", plain, br)
	}
	tests := []struct {
		name, accept, match string
		want                int
	}{
		{"the same bytes", "", plain, 304},
		{"the same compressed bytes", "br", br, 304},
		{"one of several", "br", `"x", ` + br, 304},
		{"a weak form", "br", "W/" + br, 304},
		{"the other representation", "br", plain, 200},
		{"older bytes", "", `"old"`, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := get(p, "GET", path, map[string]string{"Accept-Encoding": tt.accept, "If-None-Match": tt.match})
			if w.Code != tt.want {
				t.Errorf("status %d, want %d", w.Code, tt.want)
			}
			if w.Code == 304 && (w.Body.Len() > 0 || w.Header().Get("Cache-Control") == "" || w.Header().Get("Vary") == "") {
				t.Errorf("304 with body %q, headers %v", w.Body, w.Header())
			}
		})
	}
}

func TestOtherRequests(t *testing.T) {
	p := testPageProxy(t)
	unbuilt, err := New(Config{Local: true})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		p      *Proxy
		method string
		path   string
		header map[string]string
		want   int
	}{
		{"POST", p, "POST", "/", nil, 405},
		{"OPTIONS", p, "OPTIONS", "/lib/wasmiko.js", nil, 405},
		{"a service worker's script", p, "GET", "/lib/wasmiko.js", map[string]string{"Service-Worker": "script"}, 404},
		{"the script of the one service worker", p, "GET", "/dl/worker.js", map[string]string{"Service-Worker": "script"}, 200},
		{"its script by another spelling", p, "GET", "/dl//worker.js", map[string]string{"Service-Worker": "script"}, 404},
		{"another script in its folder", p, "GET", "/dl/other.js", map[string]string{"Service-Worker": "script"}, 404},
		{"what only the worker answers", p, "GET", "/dl/0b6b3f5e", nil, 404},
		{"a page that was not built", unbuilt, "GET", "/", nil, 503},
		{"the library of a page that was not built", unbuilt, "GET", "/lib/wasmiko.js", nil, 503},
		{"the configuration of a page that was not built", unbuilt, "GET", "/config.json", nil, 200},
		{"a range of the plain file", p, "GET", "/notices.txt", map[string]string{"Range": "bytes=0-2"}, 206},
		{"a range of a compressed one is not given", p, "GET", "/lib/wasmiko.js", map[string]string{"Range": "bytes=0-2", "Accept-Encoding": "gzip"}, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := get(tt.p, tt.method, tt.path, tt.header)
			if w.Code != tt.want {
				t.Errorf("status %d, want %d: %s", w.Code, tt.want, w.Body)
			}
			if w.Code == 405 && w.Header().Get("Allow") != "GET, HEAD" {
				t.Errorf("Allow is %q", w.Header().Get("Allow"))
			}
		})
	}
}

func TestConfigJSON(t *testing.T) {
	demo := &Demo{"127.0.0.1", 2200, "robey", "foo", "SHA256:x", "[127.0.0.1]:2200 ssh-ed25519 AAAA"}
	for _, want := range []*Demo{nil, demo} {
		p, err := New(Config{Local: true, Version: "1.2.3", Demo: want})
		if err != nil {
			t.Fatal(err)
		}
		w := get(p, "GET", "/config.json", nil)
		var got struct {
			Version string
			Demo    *Demo
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if got.Version != "1.2.3" || (got.Demo == nil) != (want == nil) || want != nil && *got.Demo != *want {
			t.Errorf("got %s", w.Body)
		}
		if cache := w.Header().Get("Cache-Control"); cache != "no-store" {
			t.Errorf("Cache-Control is %q", cache)
		}
	}
}
