package proxy

import (
	"net"
	"net/http"
	"net/netip"
	"sync"

	"github.com/wasmiko/wasmiko/proxy/internal/throttle"
)

// waitingPerSession is how many connections without a request an address may have
// for each session that it may have: a browser keeps six for the next request.
const waitingPerSession = 8

// waiting counts the connections that have no request: TLS or headers are not
// finished, or the last request is answered. Each is ended by a deadline, but
// until then one address could have any number.
type waiting struct {
	limit   int // of one address; negative: none
	exempt  func(netip.Addr) bool
	onCrowd func(netip.Addr) // told of a connection that is ended

	mu    sync.Mutex
	of    map[net.Conn]string
	perIP map[string]int
}

// connState is for http.Server.
func (w *waiting) connState(c net.Conn, state http.ConnState) {
	if w.limit < 0 {
		return
	}
	if state != http.StateNew && state != http.StateIdle {
		w.leave(c)
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

func (w *waiting) enter(c net.Conn, key string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.perIP[key] >= w.limit {
		return false
	}
	w.of[c] = key
	w.perIP[key]++
	return true
}

func (w *waiting) leave(c net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if key, in := w.of[c]; in {
		delete(w.of, c)
		fewer(w.perIP, key)
	}
}

// newWaiting bounds strangers: who reaches a local proxy is on its machine, and a
// trusted proxy has the connections of all its clients.
func (p *Proxy) newWaiting() *waiting {
	w := &waiting{
		limit:  max(unlimited, waitingPerSession*p.cfg.Limits.SessionsPerIP),
		exempt: p.trusts,
		onCrowd: func(ip netip.Addr) {
			if p.notes.Allow(throttle.Network(ip)) {
				p.log.Info("connection refused", "client", ip, "reason", "too many of its address have no request")
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
