package proxy

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/wasmiko/wasmiko/proxy/signin"
)

var (
	errSignIn    = errors.New("sign in first")
	errSignedOut = errors.New("its user has signed out")
)

// openGate makes the gate that Config.SignIn describes. Other gateways are told who
// signs out here, and tell it.
func (p *Proxy) openGate(others *shared) error {
	if p.cfg.SignIn == nil {
		return nil
	}
	cfg := *p.cfg.SignIn
	if len(cfg.Proxies) == 0 {
		cfg.Proxies = p.cfg.TrustedProxies
	}
	gate, err := signin.New(cfg, signin.Site{
		TLS:      p.cfg.TLS,
		Base:     p.cfg.BasePath,
		Origin:   func(r *http.Request) string { return p.ownOrigin(r.Host) },
		ClientIP: p.clientIP,
		OnOut: func(u signin.User, life time.Duration) {
			p.sessions.endOf(u.ID)
			if others != nil {
				others.tellOut(u.ID, life)
			}
		},
		Step: p.cfg.Limits.RefusalStep,
		Log:  p.log,
	})
	p.gate = gate
	if err != nil || others == nil {
		return err
	}
	var ctx context.Context
	ctx, p.hearNoMore = context.WithCancel(context.Background())
	go others.tellLate(ctx)
	go others.hearOut(ctx, func(id string) {
		gate.SignedOut(id)
		p.sessions.endOf(id)
	})
	return nil
}

// Gate is where people sign in; nil if nobody has to.
func (p *Proxy) Gate() *signin.Gate { return p.gate }

// who tells whom r is from. A cookie counts only beside an Origin: browsers send
// one, and other programs bring tickets.
func (p *Proxy) who(r *http.Request) signin.User {
	if p.gate == nil || len(r.Header.Values("Origin")) == 0 {
		return signin.User{}
	}
	return p.gate.Who(r)
}

// mustSignIn reports whether r asks for the page without a user. What the page is
// made of is open to all: it is the same everywhere. The page for frames comes with
// a ticket.
func (p *Proxy) mustSignIn(r *http.Request) bool {
	if p.gate == nil || r.URL.Path != "/" && r.URL.Path != "/index.html" {
		return false
	}
	return !p.gate.Who(r).Present()
}

// signInFor is the page to sign in at, which leads back to what r asked for.
func signInFor(r *http.Request) string {
	if r.URL.RawQuery == "" {
		return signin.Path
	}
	return signin.Path + "?next=" + url.QueryEscape("/?"+r.URL.RawQuery)
}

// configJSON is the answer to /config.json.
type configJSON struct {
	Version string      `json:"version"`
	Demo    *Demo       `json:"demo,omitempty"`
	Embed   []string    `json:"embed,omitempty"`
	SignIn  *signInJSON `json:"signIn,omitempty"`
}

// signInJSON tells the page who its user is, and how to become one.
type signInJSON struct {
	User     string   `json:"user,omitempty"`
	CanLeave bool     `json:"canLeave,omitempty"` // by signing out here
	Ways     []string `json:"ways"`
	Provider string   `json:"provider,omitempty"`
}

func (p *Proxy) serveConfig(w http.ResponseWriter, r *http.Request) {
	config := p.config
	if p.gate != nil {
		config.SignIn = &signInJSON{Ways: p.gate.Ways(), Provider: p.gate.Provider()}
		if u := p.gate.Who(r); u.Present() {
			config.SignIn.User, config.SignIn.CanLeave = u.Name, u.ID != ""
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	json.NewEncoder(w).Encode(config)
}
