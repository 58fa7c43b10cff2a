// Package throttle counts events of clients and users, and says when there were
// too many.
package throttle

import (
	"math"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Throttle is a token bucket for each key, which is a client's network or a
// user's name.
type Throttle struct {
	every rate.Limit
	burst int
	block time.Duration
	also  Counter // nil: nobody counts with us

	mu      sync.Mutex
	buckets map[string]*bucket
	swept   time.Time
}

// A Counter counts n events of key together with other processes, and reports
// whether there are more to have: of n = 0, whether there is one.
type Counter func(key string, perMinute, burst, n int) bool

type bucket struct {
	*rate.Limiter
	until time.Time // blocked
}

// New makes one that lets perMinute events through; a negative number lets all
// through. Whoever has used up all tokens gets none for as long as block, even if
// they grow back sooner.
func New(perMinute, burst int, block time.Duration) *Throttle {
	t := &Throttle{every: rate.Inf, block: block, buckets: make(map[string]*bucket)}
	if perMinute >= 0 {
		t.every, t.burst = rate.Limit(float64(perMinute)/60), burst
	}
	return t
}

// ShareWith has events counted by c, too. It is called before the first.
func (t *Throttle) ShareWith(c Counter) { t.also = c }

func (t *Throttle) others(key string, n int) bool {
	return t.also == nil || t.also(key, int(math.Round(float64(t.every)*60)), t.burst, n)
}

// Allow takes a token of key's and reports whether there was one.
func (t *Throttle) Allow(key string) bool {
	return t.every == rate.Inf || t.take(key) && t.others(key, 1)
}

func (t *Throttle) take(key string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	b := t.bucket(key, now)
	if now.Before(b.until) || !b.AllowN(now, 1) {
		return false
	}
	if t.block > 0 && b.TokensAt(now) < 1 {
		b.until = now.Add(t.block)
	}
	return true
}

// Exhausted reports whether no token of key's is left, without taking one.
func (t *Throttle) Exhausted(key string) bool {
	return t.every != rate.Inf && (t.empty(key) || !t.others(key, 0))
}

func (t *Throttle) empty(key string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	b := t.bucket(key, now)
	return now.Before(b.until) || b.TokensAt(now) < 1
}

// Keys returns how many keys are remembered.
func (t *Throttle) Keys() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.buckets)
}

func (t *Throttle) bucket(key string, now time.Time) *bucket {
	t.sweep(now)
	b := t.buckets[key]
	if b == nil {
		b = &bucket{Limiter: rate.NewLimiter(t.every, t.burst)}
		t.buckets[key] = b
	}
	return b
}

// sweep forgets, once a minute, those who have all their tokens back.
func (t *Throttle) sweep(now time.Time) {
	if now.Sub(t.swept) < time.Minute {
		return
	}
	t.swept = now
	for key, b := range t.buckets {
		if !now.Before(b.until) && b.TokensAt(now) >= float64(t.burst) {
			delete(t.buckets, key)
		}
	}
}

// Network is what counts as one client: an IPv4 address, or the /64 that an IPv6
// host can pick its addresses from.
func Network(ip netip.Addr) string {
	ip = ip.Unmap().WithZone("")
	bits := ip.BitLen()
	if ip.Is6() && !ip.IsLoopback() {
		bits = 64
	}
	p, _ := ip.Prefix(bits) // the invalid address has 0 bits and the zero prefix
	return p.String()
}
