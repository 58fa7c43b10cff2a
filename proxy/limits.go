package proxy

import (
	"math"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/wasmiko/wasmiko/netconn"
)

// Limits bound what clients may use. A zero field has the default that its
// comment gives for a local and for an exposed proxy; a negative one means no
// limit.
type Limits struct {
	UpgradesPerMinute    int           // of one address: 30, 10
	UpgradeBurst         int           // of one address: 120, 20
	FailedDialsPerMinute int           // of one address: none, 10
	SessionsPerIP        int           // open at once: 50, 40
	Sessions             int           // open at once: 200, 5000
	OpenTimeout          time.Duration // from the upgrade to the OPEN frame: 5 s
	ResolveTimeout       time.Duration // 5 s
	DialTimeout          time.Duration // 10 s
	IdleTimeout          time.Duration // of a session without bytes: none, 8 h
	MaxDuration          time.Duration // of a session: none, 24 h
	RefusalStep          time.Duration // refusals are answered in steps of: none, 1 s
	Hold                 time.Duration // of a session whose client is away: 15 min; at most 8 h
	HeldPerIP            int           // of one address, held for more than a minute: none, 10
	Held                 int           // the same of everybody: none, 1000
}

const unlimited = -1

var (
	localLimits = Limits{
		UpgradesPerMinute: 30, UpgradeBurst: 120, FailedDialsPerMinute: unlimited,
		SessionsPerIP: 50, Sessions: 200,
		OpenTimeout: 5 * time.Second, ResolveTimeout: 5 * time.Second, DialTimeout: 10 * time.Second,
		IdleTimeout: unlimited, MaxDuration: unlimited, RefusalStep: unlimited,
		Hold: 15 * time.Minute, HeldPerIP: unlimited, Held: unlimited,
	}
	exposedLimits = Limits{
		UpgradesPerMinute: 10, UpgradeBurst: 20, FailedDialsPerMinute: 10,
		SessionsPerIP: 40, Sessions: 5000,
		OpenTimeout: 5 * time.Second, ResolveTimeout: 5 * time.Second, DialTimeout: 10 * time.Second,
		IdleTimeout: 8 * time.Hour, MaxDuration: 24 * time.Hour, RefusalStep: time.Second,
		Hold: 15 * time.Minute, HeldPerIP: 10, Held: 1000,
	}
)

func (l Limits) withDefaults(local bool) Limits {
	d := exposedLimits
	if local {
		d = localLimits
	}
	orInt := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	orTime := func(v *time.Duration, d time.Duration) {
		if *v == 0 {
			*v = d
		}
	}
	orInt(&l.UpgradesPerMinute, d.UpgradesPerMinute)
	orInt(&l.UpgradeBurst, max(d.UpgradeBurst, 2*l.UpgradesPerMinute))
	orInt(&l.FailedDialsPerMinute, d.FailedDialsPerMinute)
	orInt(&l.SessionsPerIP, d.SessionsPerIP)
	orInt(&l.Sessions, d.Sessions)
	orTime(&l.OpenTimeout, d.OpenTimeout)
	orTime(&l.ResolveTimeout, d.ResolveTimeout)
	orTime(&l.DialTimeout, d.DialTimeout)
	orTime(&l.IdleTimeout, d.IdleTimeout)
	orTime(&l.MaxDuration, d.MaxDuration)
	orTime(&l.RefusalStep, d.RefusalStep)
	orTime(&l.Hold, d.Hold)
	orInt(&l.HeldPerIP, d.HeldPerIP)
	orInt(&l.Held, d.Held)
	return l
}

// held makes the place where sessions wait for their clients.
func (l Limits) held() *netconn.Sessions {
	if l.Hold < 0 {
		return nil
	}
	return &netconn.Sessions{Hold: l.Hold, PerOwner: max(l.HeldPerIP, 0), Total: max(l.Held, 0)}
}

// throttle is a token bucket for each client address.
type throttle struct {
	every rate.Limit
	burst int
	also  func(ip netip.Addr, n int) bool // asks those who count with us, as shared.allow

	mu      sync.Mutex
	buckets map[netip.Prefix]*rate.Limiter
	swept   time.Time
}

// newThrottle makes one that lets perMinute events through; a negative number
// lets all through.
func newThrottle(perMinute, burst int) *throttle {
	t := &throttle{every: rate.Inf, buckets: make(map[netip.Prefix]*rate.Limiter)}
	if perMinute >= 0 {
		t.every, t.burst = rate.Limit(float64(perMinute)/60), burst
	}
	return t
}

// allow takes a token of ip's and reports whether there was one.
func (t *throttle) allow(ip netip.Addr) bool {
	return t.every == rate.Inf || t.bucket(ip).Allow() && (t.also == nil || t.also(ip, 1))
}

// exhausted reports whether no token of ip's is left, without taking one.
func (t *throttle) exhausted(ip netip.Addr) bool {
	return t.every != rate.Inf && (t.bucket(ip).Tokens() < 1 || t.also != nil && !t.also(ip, 0))
}

// shareWith counts events of that kind together with other gateways.
func (t *throttle) shareWith(s *shared, kind string) {
	perMinute := int(math.Round(float64(t.every) * 60))
	t.also = func(ip netip.Addr, n int) bool { return s.allow(kind, ip, perMinute, t.burst, n) }
}

func (t *throttle) bucket(ip netip.Addr) *rate.Limiter {
	key := clientNetwork(ip)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sweep(time.Now())
	b := t.buckets[key]
	if b == nil {
		b = rate.NewLimiter(t.every, t.burst)
		t.buckets[key] = b
	}
	return b
}

// sweep forgets, once a minute, those who have all their tokens back.
func (t *throttle) sweep(now time.Time) {
	if now.Sub(t.swept) < time.Minute {
		return
	}
	t.swept = now
	for key, b := range t.buckets {
		if b.TokensAt(now) >= float64(t.burst) {
			delete(t.buckets, key)
		}
	}
}

// clientNetwork is what counts as one client: an IPv4 address, or the /64 that
// an IPv6 host can pick its addresses from.
func clientNetwork(ip netip.Addr) netip.Prefix {
	ip = ip.Unmap().WithZone("")
	bits := ip.BitLen()
	if ip.Is6() && !ip.IsLoopback() {
		bits = 64
	}
	p, _ := ip.Prefix(bits) // the invalid address has 0 bits and the zero prefix
	return p
}
