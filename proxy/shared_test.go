package proxy

import (
	"errors"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/wasmiko/wasmiko/netconn"
)

// redisServer starts a Redis of the test's own. end ends it before the test does.
func redisServer(t *testing.T) (url string, end func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	return "redis://:hidden-password@" + addr + "/0", redisAt(t, addr)
}

// redisAt starts one at an address of its own, where one may have been before.
func redisAt(t *testing.T, addr string) (end func()) {
	t.Helper()
	_, port, _ := net.SplitHostPort(addr)
	cmd := exec.Command("redis-server", "--bind", "127.0.0.1", "--port", port, "--save", "", "--requirepass", "hidden-password", "--dir", t.TempDir())
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v; build/system.sh installs it", err)
	}
	end = func() { cmd.Process.Kill(); cmd.Wait() }
	t.Cleanup(end)
	until(t, "Redis does not listen", func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	return end
}

// withTicket asks for a target as a portal's client does.
func (s *served) withTicket(t *testing.T, ticket string) error {
	t.Helper()
	c, err := netconn.Dial(t.Context(), s.relay(), netconn.Target{Ticket: ticket}, netconn.Options{})
	if err == nil {
		c.Close()
	}
	return err
}

func TestGatewaysShareUsedTickets(t *testing.T) {
	url, end := redisServer(t)
	p := newPortal(t)
	target := netip.MustParseAddrPort(server(t, echo))
	ticket := func() string {
		return p.sign(t, p.private, "ed", fresh(func(c *Ticket) { c.Host, c.Port = target.Addr().String(), target.Port() }))
	}
	gateway := func(url string) *served {
		cfg := freely()
		cfg.Tickets, cfg.Redis = p.keys, url
		return serve(t, cfg)
	}
	first, second, alone := gateway(url), gateway(url), gateway("")

	text := ticket()
	if err := first.withTicket(t, text); err != nil {
		t.Fatal(err)
	}
	for name, gw := range map[string]*served{"the same": first, "the other": second} {
		if err := gw.withTicket(t, text); err == nil || !strings.Contains(err.Error(), "used before") {
			t.Errorf("%s gateway, the second time: %v", name, err)
		}
	}
	if err := alone.withTicket(t, text); err != nil {
		t.Errorf("one that shares nothing: %v", err)
	}

	end()
	began := time.Now()
	err := second.withTicket(t, ticket())
	var e *netconn.Error
	if !errors.As(err, &e) || e.Code != netconn.CodeNotFound || !strings.Contains(e.Text, "cannot be checked at the moment") {
		t.Errorf("without Redis: %v", err)
	}
	if took := time.Since(began); took > 2*redisWait+time.Second {
		t.Errorf("without Redis a client waits for %v", took)
	}
	second.log.eventually(t, "Redis does not answer")
	if strings.Contains(second.log.String(), "hidden-password") {
		t.Error("the log has Redis' password")
	}
}

func TestGatewaysShareRateLimits(t *testing.T) {
	url, end := redisServer(t)
	addr := server(t, echo)
	gateway := func() *served {
		cfg := freely()
		cfg.Redis = url
		cfg.Limits.UpgradesPerMinute, cfg.Limits.UpgradeBurst = 1, 4
		return serve(t, cfg)
	}
	both := []*served{gateway(), gateway()}
	for i := range 4 {
		if _, err := both[i%2].dial(t, addr); err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
	}
	for i, s := range both {
		if _, err := s.dial(t, addr); err == nil {
			t.Errorf("gateway %d lets a fifth in", i)
		}
	}
	// Without Redis each counts alone, and has seen two or three of them.
	end()
	if _, err := both[0].dial(t, addr); err != nil {
		t.Errorf("without Redis: %v", err)
	}
}

func TestAnAddressOfRedisThatCannotBeReadIsNotRepeated(t *testing.T) {
	cfg := anywhere()
	cfg.Redis = "http://user:hidden-password@host"
	_, err := New(cfg)
	if err == nil || !strings.Contains(err.Error(), "redis://HOST:PORT") || strings.Contains(err.Error(), "hidden") {
		t.Errorf("%v", err)
	}
}

func TestGatewaysShareSignOuts(t *testing.T) {
	addr := server(t, echo)
	url, end := redisServer(t)
	gateway := func() *served {
		return guarded(t, func(c *Config) {
			c.Redis, c.SignIn.Key = url, []byte(strings.Repeat("k", 32))
		})
	}
	first, second := gateway(), gateway()
	// Without TLS the cookie's name has the port in it.
	at := func(s *served, cookie string) string {
		_, value, _ := strings.Cut(cookie, "=")
		return "wasmiko-" + s.url[strings.LastIndex(s.url, ":")+1:] + "=" + value
	}
	mine, other := first.cookie(t), first.cookie(t)
	c, err := second.dialAs(t, at(second, mine), addr)
	if err != nil {
		t.Fatal(err)
	}
	d, err := second.dialAs(t, at(second, other), addr)
	if err != nil {
		t.Fatal(err)
	}
	first.signOut(t, mine)
	if _, err := c.Read(make([]byte, 1)); !isCode(err, netconn.CodeSignIn) {
		t.Errorf("a session at the other gateway ends with %v", err)
	}
	if err := echoes(d); err != nil {
		t.Errorf("a session of another sign-in: %v", err)
	}
	if _, err := second.dialAs(t, at(second, mine), addr); !isCode(err, netconn.CodeSignIn) {
		t.Errorf("a new session there: %v", err)
	}
	late := gateway()
	until(t, "a gateway that starts later takes the cookie", func() bool {
		_, err := late.dialAs(t, at(late, mine), addr)
		return isCode(err, netconn.CodeSignIn)
	})

	end()
	first.signOut(t, other)
	if _, err := first.dialAs(t, other, addr); !isCode(err, netconn.CodeSignIn) {
		t.Errorf("without Redis, where somebody signed out: %v", err)
	}
	first.log.eventually(t, "Redis does not answer")
	if err := echoes(d); err != nil {
		t.Errorf("without Redis, elsewhere: %v", err)
	}
	redisAt(t, strings.TrimSuffix(strings.TrimPrefix(url, "redis://:hidden-password@"), "/0"))
	if _, err := d.Read(make([]byte, 1)); !isCode(err, netconn.CodeSignIn) {
		t.Errorf("when Redis is there again, elsewhere: %v", err)
	}
}
