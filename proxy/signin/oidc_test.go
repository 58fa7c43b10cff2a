package signin

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

// idp is a small OpenID provider. It lets the user in whom claims describe,
// without a question.
type idp struct {
	*httptest.Server
	key    *rsa.PrivateKey
	claims map[string]any // over the usual ones; nil values take away
	broken bool
	codes  map[string]url.Values // by code, what was asked for
}

const idpSecret = "the client's secret"

func newIDP(t *testing.T) *idp {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &idp{key: key, codes: map[string]url.Values{}}
	mux := http.NewServeMux()
	reply := func(w http.ResponseWriter, status int, v any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		if p.broken {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		reply(w, 200, map[string]any{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token",
			"jwks_uri": p.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, 200, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k", Algorithm: "RS256", Use: "sig"}}})
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		asked, ok := p.codes[r.PostFormValue("code")]
		delete(p.codes, r.PostFormValue("code"))
		sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		id, secret, _ := r.BasicAuth()
		secret, _ = url.QueryUnescape(secret)
		if !ok || id != "wasmiko" || secret != idpSecret || asked.Get("code_challenge_method") != "S256" ||
			asked.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(sum[:]) ||
			asked.Get("redirect_uri") != r.PostFormValue("redirect_uri") {
			reply(w, 400, map[string]string{"error": "invalid_grant"})
			return
		}
		reply(w, 200, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": p.idToken(t, asked.Get("nonce"))})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *idp) idToken(t *testing.T, nonce string) string {
	now := time.Now()
	claims := map[string]any{
		"iss": p.URL, "aud": "wasmiko", "sub": "1", "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
		"nonce": nonce, "email": "Ann@Example.org", "email_verified": true, "groups": []string{"staff"},
	}
	maps.Copy(claims, p.claims)
	text, err := json.Marshal(claims)
	if err != nil {
		t.Error(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: p.key, KeyID: "k"}}, nil)
	if err != nil {
		t.Error(err)
	}
	signed, err := signer.Sign(text)
	if err != nil {
		t.Error(err)
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		t.Error(err)
	}
	return compact
}

// authorize is the provider's page: it leads back with a code.
func (p *idp) authorize(t *testing.T, to string) (back string) {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil || !strings.HasPrefix(to, p.URL+"/authorize?") {
		t.Fatalf("sent to %q", to)
	}
	q := u.Query()
	if q.Get("response_type") != "code" || q.Get("client_id") != "wasmiko" || !strings.Contains(q.Get("scope"), "openid") ||
		len(q.Get("state")) < 26 || len(q.Get("nonce")) < 26 || q.Get("redirect_uri") != testOrigin+pathOIDCDone {
		t.Errorf("asked for %v", q)
	}
	code := rand.Text()
	p.codes[code] = q
	return pathOIDCDone + "?" + url.Values{"code": {code}, "state": {q.Get("state")}}.Encode()
}

func (p *idp) gate(t *testing.T, allow ...string) *gate {
	return newGate(t, Config{OIDC: &OIDC{Issuer: p.URL, ClientID: "wasmiko", Secret: idpSecret, Allow: allow}})
}

// A scope that a provider does not know may be an error to it, so that none is
// asked for that was not configured, by a rule about groups neither.
func TestOIDCScopes(t *testing.T) {
	for want, scopes := range map[string][]string{
		"openid email":                       nil,
		"openid email groups offline_access": {"groups", "offline_access"},
	} {
		p, err := newProvider(OIDC{Issuer: "https://id.example.org", ClientID: "wasmiko", Allow: []string{"group:ops"}, Scopes: scopes})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(p.oauth(&oidc.Provider{}, testOrigin).Scopes, " "); got != want {
			t.Errorf("asked for %q, want %q", got, want)
		}
	}
}

func TestOIDC(t *testing.T) {
	p := newIDP(t)
	tests := []struct {
		name   string
		allow  []string
		claims map[string]any
		back   func(string) string
		forget bool   // the browser loses its cookies on the way
		want   string // the problem; empty: she is in
	}{
		{name: "a listed address", allow: []string{"bob@example.org", "ann@example.org"}},
		{name: "a listed domain", allow: []string{"*@EXAMPLE.org"}},
		{name: "a listed group", allow: []string{"group:staff"}},
		{name: "everybody", allow: []string{"*"}},
		{name: "verified, written as text", allow: []string{"*"}, claims: map[string]any{"email_verified": "true"}},
		{name: "an address that is not listed", allow: []string{"bob@example.org"}, want: "not-allowed"},
		{name: "a domain that ends alike", allow: []string{"*@ample.org"}, want: "not-allowed"},
		{name: "a group that she is not in", allow: []string{"group:root"}, want: "not-allowed"},
		{name: "an address that only begins with a listed one", allow: []string{"ann@example.org"}, claims: map[string]any{"email": "ann@example.org.evil.example"}, want: "not-allowed"},
		{name: "an address that nobody verified", allow: []string{"*"}, claims: map[string]any{"email_verified": false}, want: "unverified"},
		{name: "an address of which nothing is said", allow: []string{"*"}, claims: map[string]any{"email_verified": nil}, want: "unverified"},
		{name: "no address", allow: []string{"*"}, claims: map[string]any{"email": nil}, want: "no-email"},
		{name: "a token of another sign-in", allow: []string{"*"}, claims: map[string]any{"nonce": "other"}, want: "failed"},
		{name: "a token for another client", allow: []string{"*"}, claims: map[string]any{"aud": "other"}, want: "failed"},
		{name: "a token of another issuer", allow: []string{"*"}, claims: map[string]any{"iss": "https://evil.example"}, want: "failed"},
		{name: "a token that has expired", allow: []string{"*"}, claims: map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}, want: "failed"},
		{name: "another state", allow: []string{"*"}, back: func(s string) string { return strings.Replace(s, "state=", "state=x", 1) }, want: "state"},
		{name: "no state", allow: []string{"*"}, back: func(s string) string { return strings.Replace(s, "state=", "other=", 1) }, want: "state"},
		{name: "another browser", allow: []string{"*"}, forget: true, want: "state"},
		{name: "another code", allow: []string{"*"}, back: func(s string) string { return strings.Replace(s, "code=", "code=x", 1) }, want: "failed"},
		{name: "somebody who declines", allow: []string{"*"}, back: func(s string) string { return s + "&error=access_denied" }, want: "declined"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p.claims = tt.claims
			g := p.gate(t, tt.allow...)
			w := g.do("GET", pathOIDC+"?next=%2F%3Fhost%3Ddb1", "")
			back := p.authorize(t, w.Header().Get("Location"))
			if tt.back != nil {
				back = tt.back(back)
			}
			if tt.forget {
				clear(g.cookies)
			}
			w = g.do("GET", back, "")
			u := g.who()
			if tt.want == "" {
				if u.Name != "ann@example.org" || u.Way != wayOIDC || w.Code != 200 || !strings.Contains(w.Body.String(), `url=./../../?host=db1"`) {
					t.Errorf("%+v, %d %s\n%s", u, w.Code, w.Body, g.log)
				}
				if got := g.do("GET", back, "").Header().Get("Location"); !strings.HasSuffix(got, "?problem=state") {
					t.Errorf("the same way once more leads to %q", got)
				}
				return
			}
			if got := w.Header().Get("Location"); w.Code != 303 || got != "./../../sign-in?problem="+tt.want || u.Name != "" {
				t.Errorf("%d to %q, want the problem %q; user %+v\n%s", w.Code, got, tt.want, u, g.log)
			}
			if strings.Contains(g.log.String(), idpSecret) || strings.Contains(g.log.String(), "eyJ") {
				t.Errorf("the log has a secret: %s", g.log)
			}
		})
	}
}

func TestTheStateCookieIsForTheProvidersWayBack(t *testing.T) {
	p := newIDP(t)
	g := p.gate(t, "*")
	got := g.do("GET", pathOIDC, "").Header().Get("Set-Cookie")
	if !strings.HasPrefix(got, "__Host-wasmiko-oidc=") || !strings.HasSuffix(got, "; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax") {
		t.Error(got)
	}
	if g.who().Name != "" {
		t.Error("it signs in")
	}
}

// The provider leads back to the whole address, below whatever path it is.
func TestTheProviderIsToldThePath(t *testing.T) {
	p := newIDP(t)
	g := p.gate(t, "*")
	g.site.Base = "/ssh"
	w := g.do("GET", pathOIDC, "")
	to, err := url.Parse(w.Header().Get("Location"))
	if got := to.Query().Get("redirect_uri"); err != nil || got != testOrigin+"/ssh"+pathOIDCDone {
		t.Errorf("leads back to %q, %v", got, err)
	}
	if got := w.Header().Get("Set-Cookie"); !strings.HasPrefix(got, "__Host-wasmiko.ssh-oidc=") {
		t.Error(got)
	}
}

func TestAProviderThatIsDownComesBack(t *testing.T) {
	p := newIDP(t)
	p.broken = true
	g := p.gate(t, "*")
	if got := g.do("GET", pathOIDC, "").Header().Get("Location"); got != "./../sign-in?problem=provider" {
		t.Errorf("sent to %q", got)
	}
	p.broken = false
	g.do("GET", p.authorize(t, g.do("GET", pathOIDC, "").Header().Get("Location")), "")
	if !g.who().Present() {
		t.Errorf("not signed in afterwards:\n%s", g.log)
	}
}

func TestFailuresAtTheProviderAreCounted(t *testing.T) {
	p := newIDP(t)
	g := p.gate(t, "*")
	for range failures {
		g.do("GET", pathOIDCDone+"?code=x&state=y", "")
	}
	if got := g.do("GET", pathOIDCDone+"?code=x&state=y", "").Header().Get("Location"); got != "./../../sign-in?problem=limit" {
		t.Errorf("sent to %q", got)
	}
}

func TestLocalPath(t *testing.T) {
	for next, want := range map[string]string{
		"/":                             "/",
		"/?host=db1&user=ann":           "/?host=db1&user=ann",
		"":                              "/",
		"https://evil.example/":         "/",
		"//evil.example/":               "/",
		`/\evil.example/`:               "/",
		"javascript:alert(1)":           "/",
		"relative":                      "/",
		"/../portal/":                   "/",
		"/%2e%2e/portal/":               "/",
		"/a/..%2f..%2fportal":           "/",
		"/embed?x=../..":                "/embed?x=../..",
		"/" + strings.Repeat("a", 1000): "/",
		`/"><script>`:                   "/%22%3E%3Cscript%3E",
	} {
		if got := localPath(next); got != want {
			t.Errorf("%q leads to %q, want %q", next, got, want)
		}
	}
}
