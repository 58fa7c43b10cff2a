package proxy

import (
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/wasmiko/wasmiko/netconn"
)

func (s *served) figures() string {
	w := httptest.NewRecorder()
	s.Metrics().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

func TestMetrics(t *testing.T) {
	cfg := freely()
	cfg.Version = "1.2.3"
	s := serve(t, cfg)
	cut := newCutter(t, s.url)
	addr := server(t, echo)
	c := cut.dial(t, addr, netconn.Options{})
	echoed(t, c, "twelve bytes")
	if !strings.Contains(s.figures(), "\nwasmiko_sessions_active 1\n") {
		t.Error("the session is not counted as active")
	}
	cut.cut(false)
	echoed(t, c, "and more")
	c.Close()
	until(t, "the session does not end", func() bool { return s.Sessions() == 0 })
	if _, err := s.dial(t, "127.0.0.1:1"); err == nil {
		t.Error("port 1 answers")
	}
	until(t, "the refusal is not counted", func() bool {
		return strings.Contains(s.figures(), `wasmiko_sessions_total{outcome="refused"} 1`)
	})
	got := s.figures()
	for _, want := range []string{
		"wasmiko_sessions_active 0",
		"wasmiko_sessions_away 0",
		`wasmiko_sessions_total{outcome="ended"} 1`,
		"wasmiko_resumed_total 1",
		`wasmiko_bytes_total{direction="up"} 20`,
		`wasmiko_bytes_total{direction="down"} 20`,
		"wasmiko_dial_seconds_count 2",
		"wasmiko_session_seconds_count 1",
		`wasmiko_build_info{version="1.2.3"} 1`,
	} {
		if !strings.Contains(got, "\n"+want+"\n") {
			t.Errorf("%q is not in it", want)
		}
	}
	if private := regexp.MustCompile(`127\.0\.0\.1|host=|user=`).FindString(got); private != "" {
		t.Errorf("%q is told", private)
	}
}
