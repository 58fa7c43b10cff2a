package proxy

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/wasmiko/wasmiko/netconn"
	"github.com/wasmiko/wasmiko/proxy/internal/throttle"
	"github.com/wasmiko/wasmiko/proxy/signin"
)

var (
	errDraining  = errors.New("the relay is shutting down; try again in a moment")
	errTooMany   = errors.New("the relay has too many connections")
	errTooManyIP = errors.New("there are too many connections from your address")
	errTooManyOf = errors.New("you have too many connections")
	errNoMemory  = errors.New("the relay has no memory left for another connection; try again in a moment")
)

// registry knows the sessions: http.Server loses sight of a connection that
// became a WebSocket.
type registry struct {
	limit, limitPerIP, limitPerUser int

	mu       sync.Mutex
	sessions map[*session]struct{}
	perIP    map[string]int
	perUser  map[string]int
	draining bool
	empty    chan struct{} // closed when draining and the last one is gone
}

// session is a client's connection from its upgrade on.
type session struct {
	ip     netip.Addr
	user   signin.User
	cancel context.CancelCauseFunc

	mu    sync.Mutex
	conn  *netconn.Conn // nil until its target is connected
	leave time.Time     // by then the client shall be gone; zero: nobody asked it to
}

func newRegistry(limit, limitPerIP, limitPerUser int) *registry {
	return &registry{
		limit: limit, limitPerIP: limitPerIP, limitPerUser: limitPerUser,
		sessions: make(map[*session]struct{}),
		perIP:    make(map[string]int),
		perUser:  make(map[string]int),
		empty:    make(chan struct{}),
	}
}

// admit enters s, or says why it cannot.
func (g *registry) admit(s *session) error {
	key, name := throttle.Network(s.ip), s.user.Name
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.draining:
		return errDraining
	case g.limit >= 0 && len(g.sessions) >= g.limit:
		return errTooMany
	case g.limitPerIP >= 0 && g.perIP[key] >= g.limitPerIP:
		return errTooManyIP
	case name != "" && g.limitPerUser >= 0 && g.perUser[name] >= g.limitPerUser:
		return errTooManyOf
	}
	g.sessions[s] = struct{}{}
	g.perIP[key]++
	if name != "" {
		g.perUser[name]++
	}
	return nil
}

// remove forgets s, which was admitted.
func (g *registry) remove(s *session) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.sessions, s)
	fewer(g.perIP, throttle.Network(s.ip))
	fewer(g.perUser, s.user.Name)
	if g.draining && len(g.sessions) == 0 {
		close(g.empty)
	}
}

func fewer(counts map[string]int, key string) {
	if counts[key]--; counts[key] <= 0 {
		delete(counts, key)
	}
}

// endOf ends the sessions that were begun with the sign-in of this id.
func (g *registry) endOf(id string) {
	g.mu.Lock()
	all := g.list()
	g.mu.Unlock()
	for _, s := range all {
		if s.user.ID == id {
			s.cancel(errSignedOut)
		}
	}
}

// drain admits nobody from now on and returns who is there.
func (g *registry) drain() []*session {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.draining {
		g.draining = true
		if len(g.sessions) == 0 {
			close(g.empty)
		}
	}
	return g.list()
}

func (g *registry) list() []*session {
	all := make([]*session, 0, len(g.sessions))
	for s := range g.sessions {
		all = append(all, s)
	}
	return all
}

// opened notes that s has its target.
func (s *session) opened(conn *netconn.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn = conn
	if !s.leave.IsZero() {
		conn.GoAway(max(0, time.Until(s.leave)))
	}
}

// goAway asks the client to be gone by then, now or when it has its target.
func (s *session) goAway(by time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leave = by
	if s.conn != nil {
		s.conn.GoAway(max(0, time.Until(by)))
	}
}

// Ready reports whether new sessions are admitted: false from Drain on.
func (p *Proxy) Ready() bool {
	p.sessions.mu.Lock()
	defer p.sessions.mu.Unlock()
	return !p.sessions.draining
}

// ServeReady answers 200 while new sessions are admitted and 503 from Drain on.
// It is for load balancers, and tells no more than they see anyway.
func (p *Proxy) ServeReady(w http.ResponseWriter, _ *http.Request) {
	if !p.Ready() {
		plain(w, http.StatusServiceUnavailable, "draining")
		return
	}
	plain(w, http.StatusOK, "ok")
}

// Sessions returns how many sessions there are.
func (p *Proxy) Sessions() int {
	p.sessions.mu.Lock()
	defer p.sessions.mu.Unlock()
	return len(p.sessions.sessions)
}

// Drain refuses new sessions, tells the clients of the others that the relay
// is going away, and waits for these to end. When ctx ends it closes what is
// left and returns ctx's error.
func (p *Proxy) Drain(ctx context.Context) error {
	if p.hearNoMore != nil {
		defer p.hearNoMore()
	}
	by, ok := ctx.Deadline()
	if !ok {
		by = time.Now()
	}
	for _, s := range p.sessions.drain() {
		s.goAway(by)
	}
	select {
	case <-p.sessions.empty:
		return nil
	case <-ctx.Done():
	}
	for _, s := range p.sessions.drain() {
		s.cancel(errDraining)
	}
	<-p.sessions.empty
	return ctx.Err()
}
