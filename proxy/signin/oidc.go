package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/wasmiko/wasmiko/proxy/internal/throttle"
)

// OIDC is an OpenID provider, which vouches for addresses of people (OpenID
// Connect Core 1.0, the code flow with PKCE).
type OIDC struct {
	Issuer   string // https://…
	ClientID string
	Secret   string // empty for a public client

	// Allow lists who is let in: an address, *@example.org, group:NAME, or * for
	// everybody whom the provider knows. Empty is refused.
	Allow []string

	Scopes      []string     // asked for besides openid and email; empty: none
	GroupsClaim string       // of the ID token; empty: groups
	Name        string       // for people; empty: the issuer's host
	Client      *http.Client // nil: one with a time limit
}

const (
	providerWait = 10 * time.Second
	stateLife    = 10 * time.Minute
	groupPrefix  = "group:"
)

// provider is an OIDC whose keys and addresses are read when they are needed, so
// that a gateway starts while its provider does not.
type provider struct {
	cfg OIDC

	mu    sync.Mutex
	found *oidc.Provider
}

func newProvider(cfg OIDC) (*provider, error) {
	u, err := url.Parse(cfg.Issuer)
	if err != nil || u.Scheme != "https" && u.Hostname() != "127.0.0.1" && u.Hostname() != "localhost" || u.Host == "" {
		return nil, fmt.Errorf("OpenID issuer %q: write its https URL", cfg.Issuer)
	}
	if cfg.ClientID == "" {
		return nil, errors.New("the OpenID provider wants the client's id")
	}
	if len(cfg.Allow) == 0 {
		return nil, errors.New("say who of the OpenID provider's users is let in: addresses, *@example.org, group:NAME, or * for all")
	}
	for i, rule := range cfg.Allow {
		if rule != "*" && !strings.HasPrefix(rule, groupPrefix) && !strings.Contains(rule, "@") {
			return nil, fmt.Errorf("OpenID user %q: write an address, *@example.org, group:NAME or *", rule)
		}
		if !strings.HasPrefix(rule, groupPrefix) {
			cfg.Allow[i] = strings.ToLower(rule)
		}
	}
	if cfg.GroupsClaim == "" {
		cfg.GroupsClaim = "groups"
	}
	if cfg.Name == "" {
		cfg.Name = u.Hostname()
	}
	if cfg.Client == nil {
		cfg.Client = &http.Client{Timeout: providerWait}
	}
	return &provider{cfg: cfg}, nil
}

// discover reads what the provider says of itself, until it has.
func (p *provider) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found == nil {
		// The provider keeps the context for fetching keys later.
		found, err := oidc.NewProvider(context.WithoutCancel(ctx), p.cfg.Issuer)
		if err != nil {
			return nil, err
		}
		p.found = found
	}
	return p.found, nil
}

func (p *provider) oauth(found *oidc.Provider, site string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.cfg.ClientID, ClientSecret: p.cfg.Secret, Endpoint: found.Endpoint(),
		RedirectURL: site + pathOIDCDone, Scopes: append([]string{oidc.ScopeOpenID, "email"}, p.cfg.Scopes...),
	}
}

// state is what a browser has to bring back from the provider, besides the code.
type state struct {
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"` // of PKCE (RFC 7636)
	Next     string `json:"x"`
	Expires  int64  `json:"e"`
}

func (g *Gate) stateCookie() string { return g.cookiePrefix() + "-oidc" }

// startOIDC sends the browser to the provider.
func (g *Gate) startOIDC(w http.ResponseWriter, r *http.Request) {
	ctx := oidc.ClientContext(r.Context(), g.oidc.cfg.Client)
	found, err := g.oidc.discover(ctx)
	if err != nil {
		g.site.Log.Error("the OpenID provider cannot be reached", "problem", err)
		problem(w, r, "provider")
		return
	}
	s := state{
		State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(),
		Next: localPath(r.URL.Query().Get("next")), Expires: time.Now().Add(stateLife).Unix(),
	}
	sealed, err := g.seal.close(purposeState, s)
	if err != nil {
		problem(w, r, "failed")
		return
	}
	// Lax: the provider's page, of another site, leads back here.
	g.setCookie(w, g.stateCookie(), sealed, stateLife, http.SameSiteLaxMode)
	to := g.oidc.oauth(found, g.site.Origin(r)+g.site.Base).AuthCodeURL(s.State, oidc.Nonce(s.Nonce), oauth2.S256ChallengeOption(s.Verifier))
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// endOIDC takes the code that the browser brings from the provider.
func (g *Gate) endOIDC(w http.ResponseWriter, r *http.Request) {
	key := throttle.Network(g.site.ClientIP(r))
	if g.failed.Exhausted(key) {
		problem(w, r, "limit")
		return
	}
	g.setCookie(w, g.stateCookie(), "", -time.Second, http.SameSiteLaxMode)
	s, ok := g.returned(r)
	if !ok {
		g.failed.Allow(key)
		problem(w, r, "state")
		return
	}
	name, err := g.oidc.identify(oidc.ClientContext(r.Context(), g.oidc.cfg.Client), r, s, g.site.Origin(r)+g.site.Base)
	var refused *refusedUser
	switch {
	case errors.As(err, &refused):
		g.failed.Allow(key)
		g.site.Log.Info("sign-in failed", "way", wayOIDC, "client", g.site.ClientIP(r), "reason", err.Error())
		problem(w, r, refused.code)
	case err != nil:
		g.failed.Allow(key)
		g.site.Log.Error("sign-in failed", "way", wayOIDC, "client", g.site.ClientIP(r), "reason", safe(err))
		problem(w, r, "failed")
	case g.welcome(w, r, name, wayOIDC, "") != nil:
		problem(w, r, "failed")
	default:
		forward(w, fromHere(r, s.Next))
	}
}

// safe words an error of the exchange without the provider's answer, in which
// there may be tokens.
func safe(err error) string {
	var answer *oauth2.RetrieveError
	if errors.As(err, &answer) {
		return fmt.Sprintf("the provider answered the code with %q", answer.ErrorCode)
	}
	return err.Error()
}

// returned reads the cookie of startOIDC, and compares it with what came back.
func (g *Gate) returned(r *http.Request) (s state, ok bool) {
	cookie, err := r.Cookie(g.stateCookie())
	if err != nil || !g.seal.open(purposeState, cookie.Value, &s) || time.Now().Unix() > s.Expires {
		return s, false
	}
	return s, subtle.ConstantTimeCompare([]byte(r.URL.Query().Get("state")), []byte(s.State)) == 1
}

// refusedUser is somebody whom the provider knows, and who is not let in.
type refusedUser struct{ code, text string }

func (e *refusedUser) Error() string { return e.text }

// identify exchanges the code for an ID token, and returns whose it is.
func (p *provider) identify(ctx context.Context, r *http.Request, s state, site string) (string, error) {
	if code := r.URL.Query().Get("error"); code != "" {
		return "", &refusedUser{"declined", "the provider did not sign the user in"}
	}
	ctx, cancel := context.WithTimeout(ctx, providerWait)
	defer cancel()
	found, err := p.discover(ctx)
	if err != nil {
		return "", err
	}
	tokens, err := p.oauth(found, site).Exchange(ctx, r.URL.Query().Get("code"), oauth2.VerifierOption(s.Verifier))
	if err != nil {
		return "", err
	}
	raw, _ := tokens.Extra("id_token").(string)
	id, err := found.VerifierContext(ctx, &oidc.Config{ClientID: p.cfg.ClientID}).Verify(ctx, raw)
	if err != nil {
		return "", err
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(s.Nonce)) != 1 {
		return "", errors.New("the ID token is of another sign-in (nonce)")
	}
	return p.admit(id)
}

// admit returns the address of a user who may come in.
func (p *provider) admit(id *oidc.IDToken) (string, error) {
	var claims map[string]any
	if err := id.Claims(&claims); err != nil {
		return "", err
	}
	email, _ := claims["email"].(string)
	if !isName(email) || !strings.Contains(email, "@") {
		return "", &refusedUser{"no-email", "the provider tells no address of the user"}
	}
	// Some providers write the boolean as a string.
	if v := claims["email_verified"]; v != true && v != "true" {
		return "", &refusedUser{"unverified", "the provider has not verified the user's address"}
	}
	email = strings.ToLower(email)
	groups, _ := claims[p.cfg.GroupsClaim].([]any)
	if !slices.ContainsFunc(p.cfg.Allow, func(rule string) bool { return admits(rule, email, groups) }) {
		return "", &refusedUser{"not-allowed", "no rule lets this user in"}
	}
	return email, nil
}

func admits(rule, email string, groups []any) bool {
	if group, ok := strings.CutPrefix(rule, groupPrefix); ok {
		return slices.Contains(groups, any(group))
	}
	if domain, ok := strings.CutPrefix(rule, "*@"); ok {
		return email[strings.LastIndex(email, "@")+1:] == domain
	}
	return rule == "*" || rule == email
}

// localPath returns next if it is a path of ours with its query, else the root. It
// may not lead up: what is above may be somebody else's.
func localPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(next, "/") || strings.Contains(next, `\`) || len(next) > 1000 || path.Clean(u.Path) != u.Path {
		return "/"
	}
	return u.EscapedPath() + queryOf(u)
}

func queryOf(u *url.URL) string {
	if u.RawQuery == "" {
		return ""
	}
	return "?" + u.RawQuery
}

// problem leads back to the page, which has a sentence for each code.
func problem(w http.ResponseWriter, r *http.Request, code string) {
	Redirect(w, r, Path+"?problem="+code)
}

// forward goes on to next by a page of our own: a redirect would still count as
// the other site's doing, and the new cookie would not be sent along.
func forward(w http.ResponseWriter, next string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	to := html.EscapeString(next)
	io.WriteString(w, `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>Wasmiko</title>`+
		`<meta http-equiv="refresh" content="0;url=`+to+`"><p>Signed in. <a href="`+to+`">Go on</a></p></html>`)
}
