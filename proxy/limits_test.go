package proxy

import (
	"strings"
	"testing"

	"github.com/wasmiko/wasmiko/netconn"
)

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
