package throttle

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := New(60, 3, 0)
		const a, b = "192.0.2.1/32", "192.0.2.2/32"
		for range 3 {
			if !th.Allow(a) {
				t.Fatal("the burst is not allowed")
			}
		}
		if th.Allow(a) || !th.Exhausted(a) {
			t.Error("more than the burst is allowed")
		}
		if !th.Allow(b) {
			t.Error("another client pays for it")
		}
		time.Sleep(time.Second) // the bubble's clock
		if th.Exhausted(a) || !th.Allow(a) || th.Allow(a) {
			t.Error("a second does not give one token back")
		}
		time.Sleep(2 * time.Minute)
		th.Allow(b)
		if th.Keys() != 1 {
			t.Errorf("%d clients are remembered, want the last alone", th.Keys())
		}
	})
}

func TestWhoUsesAllIsBlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := New(60, 2, time.Minute)
		th.Allow("eve")
		th.Allow("eve")
		for _, wait := range []time.Duration{0, time.Second, 58 * time.Second} {
			time.Sleep(wait)
			if th.Allow("eve") || !th.Exhausted("eve") {
				t.Errorf("eve is let through %v later", wait)
			}
		}
		time.Sleep(time.Second)
		if th.Exhausted("eve") || !th.Allow("eve") {
			t.Error("eve is blocked for longer than a minute")
		}
	})
}

func TestANegativeRateLetsAllThrough(t *testing.T) {
	th := New(-1, 0, time.Minute)
	for range 1000 {
		if !th.Allow("a") || th.Exhausted("a") {
			t.Fatal("somebody is throttled")
		}
	}
	if th.Keys() != 0 {
		t.Error("keys are remembered for nothing")
	}
}

func TestNetwork(t *testing.T) {
	tests := []struct{ name, a, b string }{
		{"addresses of one IPv6 host", "2001:db8:1:2::1", "2001:db8:1:2:ffff::9"},
		{"an IPv4 address and its mapped form", "192.0.2.1", "::ffff:192.0.2.1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if a, b := Network(netip.MustParseAddr(tt.a)), Network(netip.MustParseAddr(tt.b)); a != b {
				t.Errorf("%v and %v count apart", a, b)
			}
		})
	}
	if Network(netip.MustParseAddr("192.0.2.1")) == Network(netip.MustParseAddr("192.0.2.2")) {
		t.Error("two IPv4 hosts count as one")
	}
	Network(netip.Addr{}) // must not panic
}
