package signin

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/wasmiko/wasmiko/proxy/internal/throttle"
)

// Config says by which ways people sign in. The zero Config has none, and New
// refuses it.
type Config struct {
	// Link lets in who opens the link that Link prints, once. Only where no other
	// machine can connect.
	Link bool

	// Passwords are users and what their passwords are known by; nil: none.
	Passwords *Passwords

	// Header is the name of a header in which a proxy in front names the user. It is
	// believed only if the request comes from one of Proxies. Empty: none.
	Header  string
	Proxies []netip.Prefix

	// OIDC is a provider that vouches for users; nil: none.
	OIDC *OIDC

	// Key signs the cookies, so that several gateways with the same key take each
	// other's, and so that they outlast a restart. At least 32 bytes; nil: random.
	Key []byte

	// Life is how long a sign-in lasts; zero: 12 hours.
	Life time.Duration
}

// Site is what a Gate has to know of the server that it stands in.
type Site struct {
	TLS      bool                           // browsers come by https
	Base     string                         // path below which they reach it: /ssh; empty: the root
	Origin   func(*http.Request) string     // of our own pages
	ClientIP func(*http.Request) netip.Addr // who is counted
	// OnOut is told that somebody has signed out, and for how long that has to be
	// remembered; nil: nobody wants to know.
	OnOut func(user User, life time.Duration)
	Step  time.Duration // failures are answered in whole steps
	Log   *slog.Logger
}

// User is who sends a request. The zero User is nobody.
type User struct {
	Name string
	Way  string // link, password, header or oidc
	ID   string // of this sign-in; empty for a header

	// Expired says that the sign-in was genuine and its time is over: good to go on
	// with what was begun, and for nothing new.
	Expired bool
}

// Present reports whether u may begin something.
func (u User) Present() bool { return u.Name != "" && !u.Expired }

// The ways to sign in.
const (
	wayLink     = "link"
	wayPassword = "password"
	wayHeader   = "header"
	wayOIDC     = "oidc"
)

const (
	defaultLife = 12 * time.Hour
	// grace is for how long an expired sign-in is still known as such: as long as a
	// session can last.
	grace      = 24 * time.Hour
	minKey     = 32
	maxName    = 255
	failures   = 5 // of one address a minute
	maxRevoked = 100_000
)

// Gate knows who somebody is. Make one with New.
type Gate struct {
	cfg    Config
	site   Site
	seal   sealer
	failed *throttle.Throttle
	slow   patience
	hashes chan struct{} // passwords that are being checked at a time
	link   linkToken
	oidc   *provider

	mu        sync.Mutex
	passwords *Passwords
	out       map[string]time.Time // sign-ins that have ended, until they would have anyway
}

// New checks cfg and makes a Gate of it.
func New(cfg Config, site Site) (*Gate, error) {
	if !cfg.Link && cfg.Passwords == nil && cfg.Header == "" && cfg.OIDC == nil {
		return nil, errors.New("there is no way to sign in")
	}
	if cfg.Header != "" && len(cfg.Proxies) == 0 {
		return nil, errors.New("a header that names the user is believed from listed proxies alone, and none is listed")
	}
	if len(cfg.Key) == 0 {
		cfg.Key = make([]byte, minKey)
		rand.Read(cfg.Key)
	}
	if len(cfg.Key) < minKey {
		return nil, errors.New("the key that signs cookies is too short: 32 bytes are the least; make one with: openssl rand -hex 32")
	}
	if cfg.Life <= 0 {
		cfg.Life = defaultLife
	}
	g := &Gate{
		cfg: cfg, site: site, seal: sealer(cfg.Key),
		failed:    throttle.New(failures, failures, time.Minute),
		hashes:    make(chan struct{}, 2),
		passwords: cfg.Passwords,
		out:       make(map[string]time.Time),
	}
	if cfg.OIDC != nil {
		p, err := newProvider(*cfg.OIDC)
		if err != nil {
			return nil, err
		}
		g.oidc = p
	}
	return g, nil
}

// SetPasswords puts another file in the place of Config.Passwords.
func (g *Gate) SetPasswords(p *Passwords) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.passwords = p
}

// Ways lists how a person can sign in here. The header is none of them: a person
// can do nothing about it.
func (g *Gate) Ways() []string {
	ways := []string{}
	if g.cfg.Passwords != nil {
		ways = append(ways, wayPassword)
	}
	if g.oidc != nil {
		ways = append(ways, wayOIDC)
	}
	if g.cfg.Link {
		ways = append(ways, wayLink)
	}
	return ways
}

// Provider is what the OpenID provider is called; empty if there is none.
func (g *Gate) Provider() string {
	if g.oidc == nil {
		return ""
	}
	return g.oidc.cfg.Name
}

// Who tells whom r is from.
func (g *Gate) Who(r *http.Request) User {
	if u := g.byHeader(r); u.Name != "" {
		return u
	}
	for _, c := range r.CookiesNamed(g.cookieName(r)) {
		if u := g.byCookie(c.Value); u.Name != "" {
			return u
		}
	}
	return User{}
}

// byHeader believes the header only if the connection itself comes from one of
// the proxies: what X-Forwarded-For says does not count here.
func (g *Gate) byHeader(r *http.Request) User {
	if g.cfg.Header == "" || !g.fromProxy(r) {
		return User{}
	}
	values := r.Header.Values(g.cfg.Header)
	if len(values) != 1 || !isName(values[0]) {
		return User{}
	}
	return User{Name: values[0], Way: wayHeader}
}

func (g *Gate) fromProxy(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	ip := peer.Addr().Unmap()
	for _, p := range g.cfg.Proxies {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// isName reports whether s can be a user's name: it goes into the log.
func isName(s string) bool {
	return s != "" && len(s) <= maxName && strings.TrimSpace(s) == s &&
		!strings.ContainsFunc(s, func(c rune) bool { return c < 0x20 || c == 0x7f || c == '\ufffd' })
}

func (g *Gate) byCookie(value string) User {
	var t token
	if !g.seal.open(purposeUser, value, &t) {
		return User{}
	}
	now := time.Now()
	expires := time.Unix(t.Expires, 0)
	if now.After(expires.Add(grace)) {
		return User{}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, out := g.out[t.ID]; out {
		return User{}
	}
	if t.Way == wayPassword && (g.passwords == nil || g.passwords.stamp(t.Name) != t.Stamp) {
		return User{}
	}
	return User{Name: t.Name, Way: t.Way, ID: t.ID, Expired: now.After(expires)}
}

// signOut ends u's sign-in before its time.
func (g *Gate) signOut(u User) {
	if u.ID == "" {
		return
	}
	g.SignedOut(u.ID)
	if g.site.OnOut != nil {
		g.site.OnOut(u, g.cfg.Life+grace)
	}
}

// HasLeft reports whether u has signed out since Who.
func (g *Gate) HasLeft(u User) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, out := g.out[u.ID]
	return out
}

// SignedOut notes that the sign-in of this id has ended, at another gateway with the
// same Key.
func (g *Gate) SignedOut(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if len(g.out) >= maxRevoked {
		for id, until := range g.out {
			if now.After(until) {
				delete(g.out, id)
			}
		}
	}
	g.out[id] = now.Add(g.cfg.Life + grace)
}
