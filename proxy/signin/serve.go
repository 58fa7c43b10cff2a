package signin

import (
	"context"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/wasmiko/wasmiko/proxy/internal/throttle"
)

// Path is the page to sign in at; Out is where a POST signs out.
const (
	Path = "/sign-in"
	Out  = "/sign-out"
)

const (
	pathLink     = Path + "/link"
	pathPassword = Path + "/password"
	pathOIDC     = Path + "/oidc"
	pathOIDCDone = pathOIDC + "/done"
)

const maxBody = 8 << 10

// Serves reports whether path is one of the Gate's own. The page at Path is not.
func Serves(path string) bool {
	return path == Out || strings.HasPrefix(path, Path+"/")
}

// Redirect leads from r to another of the server's paths. What it says is relative: a
// proxy in front may have taken the beginning off r's own.
func Redirect(w http.ResponseWriter, r *http.Request, path string) {
	w.Header().Set("Location", fromHere(r, path))
	w.WriteHeader(http.StatusSeeOther)
}

// fromHere is path as it is written on a page at r's.
func fromHere(r *http.Request, path string) string {
	up := strings.Repeat("../", max(strings.Count(r.URL.Path, "/")-1, 0))
	return "./" + up + strings.TrimPrefix(path, "/")
}

// ServeHTTP takes what the page at Path sends, and what the provider sends back.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	switch {
	case r.URL.Path == pathOIDC && g.oidc != nil && r.Method == http.MethodGet:
		g.startOIDC(w, r)
	case r.URL.Path == pathOIDCDone && g.oidc != nil && r.Method == http.MethodGet:
		g.endOIDC(w, r)
	case r.URL.Path == pathLink && g.cfg.Link:
		g.post(w, r, g.byLink)
	case r.URL.Path == pathPassword && g.cfg.Passwords != nil:
		g.post(w, r, g.byPassword)
	case r.URL.Path == Out:
		g.post(w, r, g.leave)
	default:
		answer(w, http.StatusNotFound, "There is nothing at this address.")
	}
}

// credentials are what a page sends: one way's or another's.
type credentials struct {
	Token    string `json:"token"`
	User     string `json:"user"`
	Password string `json:"password"`
}

// post lets our own page alone through, and reads what it sends. Another page
// must not be able to sign somebody in as somebody else.
func (g *Gate) post(w http.ResponseWriter, r *http.Request, do func(http.ResponseWriter, *http.Request, credentials)) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST")
		answer(w, http.StatusMethodNotAllowed, "Only POST is answered here.")
		return
	}
	site := r.Header.Get("Sec-Fetch-Site")
	if r.Header.Get("Origin") != g.site.Origin(r) || site != "" && site != "same-origin" {
		answer(w, http.StatusForbidden, "The request does not come from this gateway's own page.")
		return
	}
	var c credentials
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&c)
	if kind != "application/json" || err != nil {
		answer(w, http.StatusBadRequest, "The request cannot be read.")
		return
	}
	do(w, r, c)
}

// byLink takes the token of the link that was printed.
func (g *Gate) byLink(w http.ResponseWriter, r *http.Request, c credentials) {
	g.try(w, r, func(context.Context) (name, stamp string) {
		if !g.link.use(c.Token) {
			return "", ""
		}
		return linkUser, ""
	}, wayLink, "This link was used before, or is older than five minutes. The gateway prints a new one when it is started, or gets SIGHUP.")
}

func (g *Gate) byPassword(w http.ResponseWriter, r *http.Request, c credentials) {
	key := throttle.Network(g.site.ClientIP(r))
	g.try(w, r, func(ctx context.Context) (name, stamp string) {
		g.mu.Lock()
		known := g.passwords
		g.mu.Unlock()
		if !g.slow.wait(ctx, c.User) {
			return "", ""
		}
		select {
		case g.hashes <- struct{}{}:
			defer func() { <-g.hashes }()
		case <-ctx.Done():
			return "", ""
		}
		// Once more: many may have come at the same time.
		if g.failed.Exhausted(key) {
			return "", ""
		}
		if !known.Check(c.User, c.Password) {
			g.slow.failed(c.User)
			return "", ""
		}
		g.slow.forget(c.User)
		return c.User, known.stamp(c.User)
	}, wayPassword, "User name or password is wrong.")
}

// try asks who it is, unless the client has failed too often. A failure is
// answered at the end of a step, so that the time tells nothing about its cause.
func (g *Gate) try(w http.ResponseWriter, r *http.Request, who func(context.Context) (name, stamp string), way, wrong string) {
	start := time.Now()
	ip := g.site.ClientIP(r)
	key := throttle.Network(ip)
	if g.failed.Exhausted(key) {
		w.Header().Set("Retry-After", "60")
		answer(w, http.StatusTooManyRequests, "Too many failed attempts from your address. Wait a minute.")
		return
	}
	name, stamp := who(r.Context())
	if name != "" {
		if err := g.welcome(w, r, name, way, stamp); err != nil {
			answer(w, http.StatusInternalServerError, "The gateway failed.")
			return
		}
		w.WriteHeader(http.StatusNoContent)
		return
	}
	g.failed.Allow(key)
	// What was typed as a name may be a password in the wrong field: it is not logged.
	g.site.Log.Info("sign-in failed", "way", way, "client", ip)
	untilStep(r.Context(), start, g.site.Step)
	answer(w, http.StatusUnauthorized, wrong)
}

// leave ends the sign-in, and what was begun with it.
func (g *Gate) leave(w http.ResponseWriter, r *http.Request, _ credentials) {
	u := g.Who(r)
	g.signOut(u)
	g.setCookie(w, g.cookieName(r), "", -time.Second, http.SameSiteStrictMode)
	if u.ID != "" {
		g.site.Log.Info("signed out", "user", u.Name, "client", g.site.ClientIP(r))
	}
	w.WriteHeader(http.StatusNoContent)
}

// untilStep waits until the time since start is a whole number of steps.
func untilStep(ctx context.Context, start time.Time, step time.Duration) {
	if step <= 0 {
		return
	}
	select {
	case <-time.After(step - time.Since(start)%step):
	case <-ctx.Done():
	}
}

// answer says one sentence.
func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	io.WriteString(w, text+"\n")
}
