package signin

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const (
	testOrigin = "https://ssh.example.org"
	testPeer   = "192.0.2.7:40000"
)

// quick is a user's password hash that costs nothing to check.
type quick string

func (q quick) matches(p []byte) bool { return string(p) == string(q) }
func (q quick) text() string          { return string(q) }

func people(pairs ...string) *Passwords {
	p := &Passwords{users: map[string]hash{}, decoy: quick("\x00")}
	for i := 0; i < len(pairs); i += 2 {
		p.users[pairs[i]] = quick(pairs[i+1])
	}
	return p
}

// gate is a Gate and the browser before it.
type gate struct {
	*Gate
	t       *testing.T
	log     *bytes.Buffer
	cookies map[string]*http.Cookie
	peer    string
}

func newGate(t *testing.T, cfg Config) *gate {
	t.Helper()
	g := &gate{t: t, log: new(bytes.Buffer), cookies: map[string]*http.Cookie{}, peer: testPeer}
	made, err := New(cfg, Site{
		TLS: true, Origin: func(*http.Request) string { return testOrigin },
		ClientIP: func(r *http.Request) netip.Addr { return netip.MustParseAddrPort(r.RemoteAddr).Addr() },
		Log:      slog.New(slog.NewTextHandler(g.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	g.Gate = made
	return g
}

// do sends a request as the browser would, and keeps the cookies that it gets.
func (g *gate) do(method, path, body string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	g.t.Helper()
	r := httptest.NewRequest(method, testOrigin+path, strings.NewReader(body))
	r.RemoteAddr = g.peer
	if method == http.MethodPost {
		r.Header.Set("Origin", testOrigin)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Content-Type", "application/json")
	}
	g.attach(r)
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(g.cookies, c.Name)
		} else {
			g.cookies[c.Name] = c
		}
	}
	return w
}

func (g *gate) attach(r *http.Request) {
	for _, c := range g.cookies {
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
}

// who is the user whom the browser's next request is from.
func (g *gate) who() User {
	r := httptest.NewRequest("GET", testOrigin+"/", nil)
	r.RemoteAddr = g.peer
	g.attach(r)
	return g.Who(r)
}

func (g *gate) password(user, password string) int {
	g.t.Helper()
	body, err := json.Marshal(credentials{User: user, Password: password})
	if err != nil {
		g.t.Fatal(err)
	}
	return g.do("POST", pathPassword, string(body)).Code
}

func TestTheLinkIsGoodOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, Config{Link: true})
		post := func(token string) int {
			clear(g.cookies)
			return g.do("POST", pathLink, `{"token":"`+token+`"}`).Code
		}
		if got := post(""); got != 401 {
			t.Errorf("before there is a link: %d", got)
		}
		first := g.Link()
		if len(first) < 26 { // 26 letters of 5 bits are 130
			t.Errorf("a token of %d letters", len(first))
		}
		if got := post(first + "A"); got != 401 {
			t.Errorf("another token: %d", got)
		}
		if got := post(first); got != 204 || g.who().Name != linkUser {
			t.Errorf("the link: %d, %+v", got, g.who())
		}
		if got := post(first); got != 401 {
			t.Errorf("the link for the second time: %d", got)
		}
		old := g.Link()
		newer := g.Link()
		if got := post(old); got != 401 {
			t.Errorf("a link that was replaced: %d", got)
		}
		time.Sleep(linkLife + time.Second)
		if got := post(newer); got != 401 {
			t.Errorf("after five minutes: %d", got)
		}
		if strings.Contains(g.log.String(), first) {
			t.Error("the token is in the log")
		}
	})
}

func TestPasswordRequests(t *testing.T) {
	const right = `{"user":"ann","password":"secret"}`
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	tests := []struct {
		name, method, body string
		change             func(*http.Request)
		want               int
	}{
		{"the right password", "POST", right, nil, 204},
		{"a wrong password", "POST", `{"user":"ann","password":"Secret"}`, nil, 401},
		{"no password", "POST", `{"user":"ann"}`, nil, 401},
		{"an unknown user", "POST", `{"user":"mallory","password":"secret"}`, nil, 401},
		{"the decoy's own user", "POST", `{"user":"","password":"\u0000"}`, nil, 401},
		{"another page", "POST", right, header("Origin", "https://evil.example"), 403},
		{"no origin", "POST", right, func(r *http.Request) { r.Header.Del("Origin") }, 403},
		{"a sibling's page", "POST", right, header("Sec-Fetch-Site", "same-site"), 403},
		{"a form", "POST", "user=ann&password=secret", header("Content-Type", "application/x-www-form-urlencoded"), 400},
		{"text that says it is JSON", "POST", "user", nil, 400},
		{"JSON that says it is text", "POST", right, header("Content-Type", "text/plain"), 400},
		{"too much", "POST", `{"user":"` + strings.Repeat("a", maxBody) + `"}`, nil, 400},
		{"a GET", "GET", "", nil, 405},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := newGate(t, Config{Passwords: people("ann", "secret")})
			change := tt.change
			if change == nil {
				change = func(*http.Request) {}
			}
			if got := g.do(tt.method, pathPassword, tt.body, change).Code; got != tt.want {
				t.Errorf("status %d, want %d", got, tt.want)
			}
			if in := g.who().Present(); in != (tt.want == 204) {
				t.Errorf("signed in: %v", in)
			}
			if strings.Contains(g.log.String(), "secret") || strings.Contains(g.log.String(), "mallory") {
				t.Errorf("the log tells what was typed: %s", g.log)
			}
		})
	}
}

// Six attempts from one address, the last with the right password; another
// address, and a minute later.
func TestFailuresAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, Config{Passwords: people("ann", "secret")})
		for i := range failures {
			if got := g.password("ann", "x"); got != 401 {
				t.Errorf("attempt %d: %d", i+1, got)
			}
		}
		if got := g.password("ann", "secret"); got != 429 {
			t.Errorf("the right password after too many wrong ones: %d", got)
		}
		g.peer = "192.0.2.8:1"
		if got := g.password("ann", "secret"); got != 204 {
			t.Errorf("from elsewhere: %d", got)
		}
		g.peer = testPeer
		time.Sleep(time.Minute)
		if got := g.password("ann", "secret"); got != 204 {
			t.Errorf("a minute later: %d", got)
		}
	})
}

func TestManyPasswordsOfOneUserTakeTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, Config{Passwords: people("ann", "secret")})
		for _, user := range []string{"ann", "nobody"} {
			var waits []time.Duration
			for i := range 10 {
				g.peer = netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}), 1).String()
				start := time.Now()
				g.password(user, "x")
				waits = append(waits, time.Since(start))
			}
			want := []time.Duration{0, 0, 0, 1, 2, 4, 8, 16, 16, 16}
			for i, w := range waits {
				if w != want[i]*time.Second {
					t.Errorf("%s: attempt %d took %v, want %d s", user, i+1, w, want[i])
				}
			}
		}
		start := time.Now()
		if got := g.password("ann", "secret"); got != 204 || time.Since(start) != longestWait {
			t.Errorf("the user herself: %d after %v", got, time.Since(start))
		}
		start = time.Now()
		g.password("ann", "x")
		if time.Since(start) != 0 {
			t.Error("a sign-in does not end the delay")
		}
	})
}

func TestTheSlowListIsBounded(t *testing.T) {
	var p patience
	for i := range maxTried + 100 {
		p.failed(string(rune('a'+i%26)) + time.Duration(i).String())
	}
	if len(p.tried) > maxTried {
		t.Errorf("%d names are remembered", len(p.tried))
	}
}

func TestCookies(t *testing.T) {
	tests := []struct {
		name string
		tls  bool
		base string
		host string
		want string // of Set-Cookie, after the value
		key  string
	}{
		{"with https", true, "", "ssh.example.org", "; Path=/; Max-Age=129600; HttpOnly; Secure; SameSite=Strict", "__Host-wasmiko"},
		{"without, by its port", false, "", "127.0.0.1:8080", "; Path=/; Max-Age=129600; HttpOnly; SameSite=Strict", "wasmiko-8080"},
		{"below a path", true, "/a/ssh", "example.org", "; Path=/; Max-Age=129600; HttpOnly; Secure; SameSite=Strict", "__Host-wasmiko.a.ssh"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := newGate(t, Config{Link: true})
			g.site.TLS, g.site.Base = tt.tls, tt.base
			w := g.do("POST", pathLink, `{"token":"`+g.Link()+`"}`, func(r *http.Request) { r.Host = tt.host })
			got := w.Header().Get("Set-Cookie")
			name, rest, _ := strings.Cut(got, "=")
			if _, attributes, _ := strings.Cut(rest, ";"); name != tt.key || ";"+attributes != tt.want {
				t.Errorf("%s", got)
			}
		})
	}
}

// What a cookie is worth, once it was given.
func TestASignInEnds(t *testing.T) {
	other := newGate(t, Config{Passwords: people("ann", "secret")})
	other.password("ann", "secret")
	tests := []struct {
		name    string
		change  func(*gate, *http.Cookie)
		present bool
		known   bool
	}{
		{"it lasts", func(*gate, *http.Cookie) { time.Sleep(defaultLife - time.Second) }, true, true},
		{"its time is over", func(*gate, *http.Cookie) { time.Sleep(defaultLife + time.Second) }, false, true},
		{"it was over long ago", func(*gate, *http.Cookie) { time.Sleep(defaultLife + grace + 2*time.Second) }, false, false},
		{"its user signs out", func(g *gate, c *http.Cookie) {
			g.do("POST", Out, "{}")
			g.cookies[c.Name] = c // whoever kept a copy
		}, false, false},
		{"another password", func(g *gate, _ *http.Cookie) { g.SetPasswords(people("ann", "other")) }, false, false},
		{"another file with the same password", func(g *gate, _ *http.Cookie) { g.SetPasswords(people("bob", "x", "ann", "secret")) }, true, true},
		{"a file without its user", func(g *gate, _ *http.Cookie) { g.SetPasswords(people("bob", "secret")) }, false, false},
		{"a flipped letter", func(_ *gate, c *http.Cookie) { c.Value = "f" + c.Value[1:] }, false, false},
		{"no signature", func(_ *gate, c *http.Cookie) { c.Value, _, _ = strings.Cut(c.Value, ".") }, false, false},
		{"an empty signature", func(_ *gate, c *http.Cookie) { c.Value, _, _ = strings.Cut(c.Value, "."); c.Value += "." }, false, false},
		{"another gateway's", func(_ *gate, c *http.Cookie) { c.Value = other.cookies[c.Name].Value }, false, false},
		{"a cookie for another purpose", func(g *gate, c *http.Cookie) {
			c.Value, _ = g.seal.close(purposeState, token{Name: "ann", Way: wayLink, ID: "x", Expires: time.Now().Add(time.Hour).Unix()})
		}, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGate(t, Config{Passwords: people("ann", "secret")})
				g.password("ann", "secret")
				tt.change(g, g.cookies["__Host-wasmiko"])
				u := g.who()
				if u.Present() != tt.present || (u.Name == "ann") != tt.known {
					t.Errorf("%+v", u)
				}
			})
		})
	}
}

func TestSigningOutIsTold(t *testing.T) {
	g := newGate(t, Config{Passwords: people("ann", "secret")})
	g.password("ann", "secret")
	before := g.who()
	var told User
	g.site.OnOut = func(u User, life time.Duration) {
		if told = u; life != defaultLife+grace {
			t.Errorf("to be remembered for %v", life)
		}
	}
	if got := g.do("POST", Out, "{}"); got.Code != 204 || told != before || len(g.cookies) != 0 {
		t.Errorf("%d, %+v, %v", got.Code, told, g.cookies)
	}
}

// The same key on two gateways, or before and after a restart.
func TestASharedKey(t *testing.T) {
	cfg := Config{Passwords: people("ann", "secret"), Key: bytes.Repeat([]byte("k"), minKey)}
	a, b := newGate(t, cfg), newGate(t, cfg)
	a.password("ann", "secret")
	b.cookies = a.cookies
	if !b.who().Present() {
		t.Error("the second gateway does not know her")
	}
	u := b.who()
	b.SignedOut(u.ID)
	if b.who().Present() || !b.HasLeft(u) || a.HasLeft(u) {
		t.Error("the second gateway was told that she has left, and the first was not")
	}
}

func TestTheHeaderOfAProxy(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24"), netip.MustParsePrefix("fd00::1/128")}
	tests := []struct {
		name, peer string
		values     []string
		forwarded  string
		want       string
	}{
		{"from the proxy", "10.0.0.5:1", []string{"ann"}, "", "ann"},
		{"from the proxy in mapped form", "[::ffff:10.0.0.5]:1", []string{"ann"}, "", "ann"},
		{"from the proxy by IPv6", "[fd00::1]:1", []string{"ann"}, "", "ann"},
		{"from somewhere else", "10.0.1.5:1", []string{"ann"}, "", ""},
		{"from a liar who says he is forwarded by it", "192.0.2.1:1", []string{"ann"}, "10.0.0.5", ""},
		{"from this machine", "127.0.0.1:1", []string{"ann"}, "", ""},
		{"twice: one of them may be the client's", "10.0.0.5:1", []string{"root", "ann"}, "", ""},
		{"empty", "10.0.0.5:1", []string{""}, "", ""},
		{"none", "10.0.0.5:1", nil, "", ""},
		{"with a line break", "10.0.0.5:1", []string{"ann\nuser=root"}, "", ""},
		{"too long", "10.0.0.5:1", []string{strings.Repeat("a", maxName+1)}, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := newGate(t, Config{Header: "Remote-User", Proxies: proxies})
			r := httptest.NewRequest("GET", testOrigin+"/", nil)
			r.RemoteAddr = tt.peer
			r.Header["Remote-User"] = tt.values
			if tt.forwarded != "" {
				r.Header.Set("X-Forwarded-For", tt.forwarded)
			}
			if got := g.Who(r); got.Name != tt.want || got.Name != "" && got.Way != wayHeader {
				t.Errorf("%+v, want %q", got, tt.want)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	idp := OIDC{Issuer: "https://id.example.org", ClientID: "w", Allow: []string{"*"}}
	with := func(change func(*OIDC)) Config {
		o := idp
		change(&o)
		return Config{OIDC: &o}
	}
	tests := []struct {
		name string
		cfg  Config
		want string
	}{
		{"no way", Config{}, "no way to sign in"},
		{"a header from anybody", Config{Header: "Remote-User"}, "listed proxies"},
		{"a short key", Config{Link: true, Key: []byte("short")}, "32 bytes"},
		{"an issuer without https", with(func(o *OIDC) { o.Issuer = "http://id.example.org" }), "https URL"},
		{"no client", with(func(o *OIDC) { o.ClientID = "" }), "client's id"},
		{"nobody of the provider's", with(func(o *OIDC) { o.Allow = nil }), "say who"},
		{"a rule that is none", with(func(o *OIDC) { o.Allow = []string{"example.org"} }), "*@example.org"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := New(tt.cfg, Site{}); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

func FuzzCookie(f *testing.F) {
	key := sealer(bytes.Repeat([]byte("k"), minKey))
	f.Add("e30.AAAA")
	f.Add(".")
	f.Fuzz(func(t *testing.T, value string) {
		var got token
		if key.open(purposeUser, value, &got) {
			t.Errorf("%q opens as %+v", value, got)
		}
	})
}
