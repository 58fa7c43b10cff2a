package proxy

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/wasmiko/wasmiko/netconn"
	"github.com/wasmiko/wasmiko/proxy/signin"
)

// below is a gateway that browsers reach at /tools/ssh.
func below(t *testing.T) *served {
	t.Helper()
	return guarded(t, func(c *Config) {
		page := testPage()
		page["embed.html"], page["sign-in.html"] = page["index.html"], page["index.html"]
		c.Page, c.BasePath = page, "/tools/ssh/"
	})
}

func TestBelowAPath(t *testing.T) {
	s := below(t)
	mine := s.cookie(t)
	tests := []struct {
		name, path, cookie string
		status             int
		to                 string
	}{
		{"nobody", "/tools/ssh/", "", 303, "./sign-in"},
		{"nobody, by a link", "/tools/ssh/?host=db1", "", 303, "./sign-in?next=%2F%3Fhost%3Ddb1"},
		{"nobody, by the file's name", "/tools/ssh/index.html", "", 303, "./sign-in"},
		{"without the slash", "/tools/ssh", "", 308, "ssh/"},
		{"without the slash, by a link", "/tools/ssh?host=db1", "", 308, "ssh/?host=db1"},
		{"the page to sign in", "/tools/ssh/sign-in", "", 200, ""},
		{"the user", "/tools/ssh/", mine, 200, ""},
		{"what a page is made of", "/tools/ssh/lib/wasmiko.js", "", 200, ""},
		{"the page for frames", "/tools/ssh/embed", "", 200, ""},
		{"the service worker", "/tools/ssh/dl/worker.js", "", 200, ""},
		{"the configuration", "/tools/ssh/config.json", "", 200, ""},
		{"the relay", "/tools/ssh/relay", mine, 426, ""},
		{"twice the path", "/tools/ssh/tools/ssh/lib/wasmiko.js", "", 404, ""},
		{"a path that begins alike", "/tools/ssh2/lib/wasmiko.js", "", 404, ""},
		{"a part of the path", "/tools/lib/wasmiko.js", "", 404, ""},
		{"a way upward", "/tools/ssh/../ssh/lib/wasmiko.js", "", 404, ""},
	}
	for _, tt := range tests {
		paths := []string{tt.path}
		// A proxy in front may take the path off.
		if rest, ok := strings.CutPrefix(tt.path, "/tools/ssh/"); ok && tt.status != 404 {
			paths = append(paths, "/"+rest)
		}
		for _, path := range paths {
			t.Run(tt.name+" at "+path, func(t *testing.T) {
				r := httptest.NewRequest("GET", s.url+path, nil)
				r.Header.Set("Origin", s.url)
				if tt.cookie != "" {
					r.Header.Set("Cookie", tt.cookie)
				}
				w := httptest.NewRecorder()
				s.ServeHTTP(w, r)
				if w.Code != tt.status || w.Header().Get("Location") != tt.to {
					t.Errorf("%d to %q, want %d to %q", w.Code, w.Header().Get("Location"), tt.status, tt.to)
				}
			})
		}
	}
}

func TestARelayBelowAPath(t *testing.T) {
	s := below(t)
	mine := s.cookie(t)
	ctx, cancel := context.WithTimeout(t.Context(), testWait)
	defer cancel()
	url := strings.Replace(s.relay(), "/relay", "/tools/ssh/relay", 1)
	c, err := netconn.Dial(ctx, url, targetOf(t, server(t, echo)), netconn.Options{Header: http.Header{"Origin": {s.url}, "Cookie": {mine}}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	echoed(t, c, "below")
}

// Two gateways of one origin would else throw each other's cookies away.
func TestTheCookieIsOfOnePath(t *testing.T) {
	if got := below(t).cookie(t); !strings.HasPrefix(got, "wasmiko.tools.ssh-") {
		t.Error(got)
	}
}

func TestBasePaths(t *testing.T) {
	for base, want := range map[string]string{
		"": "", "/": "", "/ssh": "", "/ssh/": "", "/tools/my-ssh_1.0~": "",
		"ssh": "write it as /ssh", "//": "write it as /ssh", "/ssh//x": "write it as /ssh", "/a/../b": "write it as /ssh",
		"/a b": "write it as /ssh", "/a;b": "write it as /ssh", "/%41": "write it as /ssh", "https://example.org/ssh": "write it as /ssh",
		"/relay": "path of the gateway's own", "/sign-in": "path of the gateway's own", "/lib": "path of the gateway's own",
		"/dl/ssh": "path of the gateway's own", "/embed": "path of the gateway's own", "/config.json": "path of the gateway's own",
	} {
		cfg := anywhere()
		cfg.Page, cfg.BasePath, cfg.SignIn = testPage(), base, &signin.Config{Link: true}
		if _, err := New(cfg); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v", base, err)
		}
	}
}
