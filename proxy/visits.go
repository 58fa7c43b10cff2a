package proxy

import (
	"net"
	"net/http"
	"net/netip"
	"sync"

	"github.com/wasmiko/wasmiko/proxy/internal/throttle"
)

// visitsPerSession is how many connections an address may have for each session that
// it may have: a browser keeps six.
const visitsPerSession = 8

// visits counts the connections that are no sessions: TLS or headers are not
// finished, a request is answered, or the next one is waited for. Each is ended by a
// deadline, but until then one address could have any number, and leave its answers
// unread.
type visits struct {
	limit   int // of one address; negative: none
	exempt  func(netip.Addr) bool
	onCrowd func(netip.Addr) // told of a connection that is ended

	mu    sync.Mutex
	of    map[net.Conn]string
	perIP map[string]int
}

// connState is for http.Server.
func (w *visits) connState(c net.Conn, state http.ConnState) {
	if w.limit < 0 {
		return
	}
	switch state {
	case http.StateHijacked, http.StateClosed: // a session has a limit of its own
		w.leave(c)
		return
	case http.StateActive, http.StateIdle: // it has come in before
		return
	}
	peer, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return
	}
	if ip := peer.Addr().Unmap(); !w.exempt(ip) && !w.enter(c, throttle.Network(ip)) {
		w.onCrowd(ip)
		c.Close()
	}
}

func (w *visits) enter(c net.Conn, key string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.perIP[key] >= w.limit {
		return false
	}
	w.of[c] = key
	w.perIP[key]++
	return true
}

func (w *visits) leave(c net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if key, in := w.of[c]; in {
		delete(w.of, c)
		fewer(w.perIP, key)
	}
}

// newWaiting bounds strangers: who reaches a local proxy is on its machine, and a
// trusted proxy has the connections of all its clients.
func (p *Proxy) newVisits() *visits {
	w := &visits{
		limit:  max(unlimited, visitsPerSession*p.cfg.Limits.SessionsPerIP),
		exempt: p.trusts,
		onCrowd: func(ip netip.Addr) {
			if p.notes.Allow(throttle.Network(ip)) {
				p.log.Info("connection refused", "client", ip, "reason", "too many of its address are there")
			}
		},
		of:    make(map[net.Conn]string),
		perIP: make(map[string]int),
	}
	if p.cfg.Local {
		w.limit = unlimited
	}
	return w
}
