package proxy

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/wasmiko/wasmiko/netconn"
	"github.com/wasmiko/wasmiko/proxy/internal/throttle"
	"github.com/wasmiko/wasmiko/proxy/signin"
)

// What is answered beside the page.
const (
	relayPath  = "/relay"
	configPath = "/config.json"
	readyPath  = "/readyz"
)

// Proxy is the http.Handler: the page, and the relay at /relay. Make one with
// New.
type Proxy struct {
	cfg      Config
	policy   atomic.Pointer[policy]
	page     *page
	config   configJSON
	sessions *registry
	held     *netconn.Sessions // nil: none is kept without its client
	memory   *netconn.Memory
	tickets  *tickets           // nil: none are needed
	gate     *signin.Gate       // nil: nobody has to sign in
	upgrades *throttle.Throttle // by address
	byUser   *throttle.Throttle // upgrades by user
	failures *throttle.Throttle // of dials, by whom they count for
	metrics  *metrics
	notes    *throttle.Throttle // of refused upgrades in the log: any page can cause them
	log      *slog.Logger

	hearNoMore context.CancelFunc // of sign-outs at other gateways; nil: there are none

	testOnlyConnect func(address string) error // in the place of connect(2)
}

// New checks cfg and makes a Proxy of it.
func New(cfg Config) (*Proxy, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	pol, err := newPolicy(&cfg)
	if err != nil {
		return nil, err
	}
	pg, err := newPage(cfg.Page, cfg.Embedders)
	if err != nil {
		return nil, err
	}
	shared, err := newShared(cfg.Redis, cfg.Log)
	if err != nil {
		return nil, err
	}
	l := cfg.Limits
	p := &Proxy{
		cfg: cfg, page: pg, log: cfg.Log,
		config:   configJSON{Version: cfg.Version, Demo: cfg.Demo, Embed: cfg.Embedders},
		sessions: newRegistry(l.Sessions, l.SessionsPerIP, l.SessionsPerUser),
		held:     l.held(),
		memory:   l.memory(),
		tickets:  newTickets(cfg.Tickets, cfg.Hosts),
		upgrades: throttle.New(l.UpgradesPerMinute, l.UpgradeBurst, 0),
		byUser:   throttle.New(l.UpgradesPerUser, 2*l.UpgradesPerUser, 0),
		failures: throttle.New(l.FailedDialsPerMinute, l.FailedDialsPerMinute, time.Minute),
		notes:    throttle.New(30, 30, 0),
	}
	if err := p.baseProblem(cfg.BasePath); err != nil {
		return nil, err
	}
	if err := p.openGate(shared); err != nil {
		return nil, err
	}
	if shared != nil {
		p.tickets.shareWith(shared)
		p.upgrades.ShareWith(shared.counter("upgrade"))
		p.failures.ShareWith(shared.counter("failure"))
	}
	p.policy.Store(pol)
	p.metrics = newMetrics(p)
	return p, nil
}

// Reload puts another list of allowed targets in the place of Config.Allow.
// Sessions that run go on: the list is asked when a target is connected. After
// an error the old list holds.
func (p *Proxy) Reload(allow []string) error {
	cfg := p.cfg
	cfg.Allow = allow
	pol, err := newPolicy(&cfg)
	if err != nil {
		return err
	}
	p.policy.Store(pol)
	return nil
}

// Server returns an HTTP server for the proxy, with the time limits that keep
// slow clients from holding it, and no more connections of one address than its
// sessions could need. Its Shutdown does not end relayed sessions:
// that is Drain's part.
func (p *Proxy) Server() *http.Server {
	return &http.Server{
		Handler:           p,
		ConnState:         p.newVisits().connState,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second, // lifted when a WebSocket takes over
		WriteTimeout:      10 * time.Minute, // as well; the wasm has to fit through a slow line
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(p.log.Handler(), slog.LevelDebug),
	}
}

// ServeHTTP serves the page and the relay. A panic costs the request alone.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.spare(func() { p.answer(w, r) }, func() { panic(http.ErrAbortHandler) })
}

func (p *Proxy) answer(w http.ResponseWriter, r *http.Request) {
	setHeaders(w.Header(), p.cfg.TLS)
	atBase := p.cfg.BasePath != "" && r.URL.Path == p.cfg.BasePath
	r = p.below(r)
	switch {
	case !p.hostAllowed(r.Host):
		plain(w, http.StatusMisdirectedRequest, "This server does not answer to that name. If it should, start wasmiko with --host NAME.")
	case r.URL.Path == relayPath:
		p.serveRelay(w, r)
	case p.gate != nil && signin.Serves(r.URL.Path):
		p.gate.ServeHTTP(w, r)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		plain(w, http.StatusMethodNotAllowed, "Only GET and HEAD are answered here.")
	case atBase:
		addSlash(w, r)
	case r.Header.Get("Service-Worker") != "" && r.URL.Path != downloadsWorker:
		// One thing here is a service worker, and rules over its own folder alone.
		// One that was smuggled in would outlive the hole that it came through.
		plain(w, http.StatusNotFound, "There is no service worker here.")
	case r.URL.Path == readyPath:
		p.ServeReady(w, r)
	case r.URL.Path == configPath:
		p.serveConfig(w, r)
	case p.page == nil:
		plain(w, http.StatusServiceUnavailable, "The page has not been built. Run `make build` and start wasmiko again.")
	case p.mustSignIn(r):
		w.Header().Set("Cache-Control", "no-store")
		signin.Redirect(w, r, signInFor(r))
	default:
		p.page.ServeHTTP(w, r)
	}
}

// visit is who opened the relay.
type visit struct {
	ip     netip.Addr
	origin string
	user   signin.User // nobody, where nobody has to sign in
}

// counts is whom failures and waiting sessions count for.
func (v visit) counts() string {
	if v.user.Name != "" {
		return "user " + v.user.Name
	}
	return throttle.Network(v.ip)
}

// serveRelay decides whether the request may become a WebSocket, and makes it
// one.
func (p *Proxy) serveRelay(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	v := visit{ip: p.clientIP(r), origin: clip(r.Header.Get("Origin")), user: p.who(r)}
	refuse := func(status int, text string) {
		if p.notes.Allow(throttle.Network(v.ip)) {
			p.log.Info("upgrade refused", "client", v.ip, "origin", v.origin, "status", status, "reason", text)
		}
		plain(w, status, text)
	}
	if problem := p.originProblem(r); problem != "" {
		refuse(http.StatusForbidden, problem)
		return
	}
	if !isUpgrade(r) {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "websocket")
		refuse(http.StatusUpgradeRequired, "The relay is a WebSocket.")
		return
	}
	plainClient := p.cfg.Plain != "" && !offers(r, netconn.Protocol)
	if !plainClient && !offers(r, netconn.Protocol) {
		refuse(http.StatusBadRequest, "The relay speaks the subprotocol "+netconn.Protocol+".")
		return
	}
	if !p.upgrades.Allow(throttle.Network(v.ip)) || v.user.Name != "" && !p.byUser.Allow(v.user.Name) {
		w.Header().Set("Retry-After", "10")
		refuse(http.StatusTooManyRequests, "Too many connections in a short time.")
		return
	}
	if plainClient {
		if p.gate != nil && !v.user.Present() {
			refuse(http.StatusUnauthorized, errSignIn.Error())
			return
		}
		p.servePlain(w, r, v)
		return
	}
	ws, err := websocket.Accept(slim{w}, r, &websocket.AcceptOptions{
		Subprotocols:       []string{netconn.Protocol},
		InsecureSkipVerify: true, // Host and Origin were checked, more strictly
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		return // Accept has answered
	}
	// The request's own context ends with the hijack at a time that is not
	// defined. Its values stay useful.
	p.serveSession(context.WithoutCancel(r.Context()), netconn.NewWebSocket(ws), v)
}

// isUpgrade reports whether r asks for a WebSocket (RFC 6455 §4.2.1).
func isUpgrade(r *http.Request) bool {
	return r.Method == http.MethodGet && hasToken(r.Header, "Connection", "upgrade") && hasToken(r.Header, "Upgrade", "websocket")
}

// offers reports whether r offers the subprotocol.
func offers(r *http.Request, subprotocol string) bool {
	return hasToken(r.Header, "Sec-Websocket-Protocol", subprotocol)
}

func hasToken(h http.Header, name, token string) bool {
	tokens := strings.Split(strings.Join(h.Values(name), ","), ",")
	return slices.ContainsFunc(tokens, func(t string) bool { return strings.EqualFold(strings.TrimSpace(t), token) })
}
