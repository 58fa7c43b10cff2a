package proxy

import (
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wasmiko/wasmiko/netconn"
)

func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := newThrottle(60, 3)
		a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
		for range 3 {
			if !th.allow(a) {
				t.Fatal("the burst is not allowed")
			}
		}
		if th.allow(a) || !th.exhausted(a) {
			t.Error("more than the burst is allowed")
		}
		if !th.allow(b) {
			t.Error("another client pays for it")
		}
		time.Sleep(time.Second) // the bubble's clock
		if th.exhausted(a) || !th.allow(a) || th.allow(a) {
			t.Error("a second does not give one token back")
		}
		time.Sleep(2 * time.Minute)
		th.allow(b)
		if len(th.buckets) != 1 {
			t.Errorf("%d clients are remembered, want the last alone", len(th.buckets))
		}
	})
}

func TestClientNetwork(t *testing.T) {
	tests := []struct{ name, a, b string }{
		{"addresses of one IPv6 host", "2001:db8:1:2::1", "2001:db8:1:2:ffff::9"},
		{"an IPv4 address and its mapped form", "192.0.2.1", "::ffff:192.0.2.1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if a, b := clientNetwork(netip.MustParseAddr(tt.a)), clientNetwork(netip.MustParseAddr(tt.b)); a != b {
				t.Errorf("%v and %v count apart", a, b)
			}
		})
	}
	if clientNetwork(netip.MustParseAddr("192.0.2.1")) == clientNetwork(netip.MustParseAddr("192.0.2.2")) {
		t.Error("two IPv4 hosts count as one")
	}
	clientNetwork(netip.Addr{}) // must not panic
}

func TestSessionLimits(t *testing.T) {
	for _, tt := range []struct {
		name   string
		limits Limits
		want   string
	}{
		{"of one address", Limits{SessionsPerIP: 2}, "from your address"},
		{"in all", Limits{Sessions: 2}, "the relay has too many connections"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := anywhere()
			cfg.Limits = tt.limits
			s := serve(t, cfg)
			addr := server(t, echo)
			s.mustDial(t, addr)
			second := s.mustDial(t, addr)
			if _, err := s.dial(t, addr); !isCode(err, netconn.CodeLimit) || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("the third: %v", err)
			}
			second.Close()
			s.log.eventually(t, "session ended")
			s.mustDial(t, addr)
		})
	}
}

func TestUpgradesAreThrottled(t *testing.T) {
	s := serve(t, Config{Local: true, Limits: Limits{UpgradesPerMinute: 1, UpgradeBurst: 2}})
	addr := strings.TrimPrefix(s.url, "http://")
	for i, want := range []int{101, 101, 429} {
		if got := handshake(t, addr, "Host: "+addr); got != want {
			t.Errorf("handshake %d: status %d, want %d", i+1, got, want)
		}
	}
}

func TestFailedDialsAreThrottled(t *testing.T) {
	cfg := anywhere()
	cfg.Limits.FailedDialsPerMinute = 2
	s := serve(t, cfg)
	dead, alive := deadPort(t), server(t, echo)
	for range 2 {
		s.mustDial(t, alive) // what succeeds costs nothing
		if _, err := s.dial(t, dead); !isCode(err, netconn.CodeRefused) {
			t.Fatalf("got %v", err)
		}
	}
	if _, err := s.dial(t, alive); !isCode(err, netconn.CodeLimit) {
		t.Errorf("after two failures: %v", err)
	}
}
