package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wasmiko/wasmiko/netconn"
)

// A port where nothing listens.
func deadPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestRefusedTargets(t *testing.T) {
	dead := deadPort(t)
	tests := []struct {
		name string
		cfg  Config
		addr string
		code netconn.Code
		text string
	}{
		{"nothing listens there", anywhere(), dead, netconn.CodeRefused, dead + " refused the connection"},
		{"the name does not exist", anywhere(), "nobody.example:22", netconn.CodeNoSuchHost, "no such host: nobody.example:22"},
		{"the name server is silent", anywhere(), "silent.example:22", netconn.CodeTimedOut, "the name server did not answer about silent.example:22"},
		{"the name server is broken", anywhere(), "broken.example:22", netconn.CodeNoSuchHost, "broken.example:22 could not be looked up"},
		{"the address is never allowed", anywhere(), "169.254.169.254:80", netconn.CodeNotAllowed, "never allowed: 169.254.169.254 is a cloud's metadata service"},
		{"a name that leads to one", anywhere(), "meta.example:80", netconn.CodeNotAllowed, "metadata"},
		{"the port is not allowed", Config{Local: true}, "127.0.0.1:80", netconn.CodeNotAllowed, "--allow '127.0.0.1:80'"},
		{"not a host", anywhere(), "a_b:22", netconn.CodeNotAllowed, "not a host name"},
		{"a decimal address", anywhere(), "2130706433:22", netconn.CodeNotAllowed, "full IP address"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := tt.cfg
			cfg.Resolver = testNames()
			_, err := serve(t, cfg).dial(t, tt.addr)
			if !isCode(err, tt.code) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("got %v; want code %d and %q", err, tt.code, tt.text)
			}
		})
	}
}

// failing answers some names with other errors than "not found".
type failing struct{ names }

func testNames() failing {
	return failing{names{
		"meta.example":     {addrs("169.254.169.254", "::ffff:169.254.169.254")},
		"inside.example":   {addrs("127.0.0.1")},
		"mixed.example":    {addrs("169.254.169.254", "127.0.0.1")},
		"twice.example":    {addrs("127.0.0.2", "127.0.0.1")},
		"rebind.example":   {addrs("127.0.0.1"), addrs("169.254.169.254")},
		"no-addrs.example": {{}},
	}}
}

func (f failing) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	switch host {
	case "silent.example":
		return nil, &net.DNSError{Err: "i/o timeout", Name: host, IsTimeout: true}
	case "broken.example":
		return nil, &net.DNSError{Err: "server misbehaving", Name: host}
	}
	return f.names.LookupNetIP(ctx, network, host)
}

// On an exposed relay a stranger cannot tell what is forbidden from what does
// not exist; the log can.
func TestExposedRelayDisguises(t *testing.T) {
	log := ""
	for _, addr := range []string{"nobody.example:22", "inside.example:22", "other.example:22", "silent.invalid:22", "10.0.0.1:22", "169.254.169.254:22", "a_b:22"} {
		cfg := Config{Hosts: []string{"127.0.0.1"}, Origins: []string{"https://a.example"}, Allow: []string{"nobody.example", "inside.example"}, Resolver: testNames()}
		cfg.Limits.RefusalStep = time.Millisecond
		s := serve(t, cfg)
		_, err := netconn.Dial(t.Context(), s.relay(), targetOf(t, addr), netconn.Options{Header: map[string][]string{"Origin": {"https://a.example"}}})
		if !isCode(err, netconn.CodeNotAllowed) || !strings.Contains(err.Error(), `"this relay does not connect to that target"`) {
			t.Errorf("%s: %v", addr, err)
		}
		s.log.eventually(t, "session refused")
		log += s.log.String()
	}
	for _, want := range []string{"no such host: nobody.example:22", "not on the list", "never allowed", "not a host name"} {
		if !strings.Contains(log, want) {
			t.Errorf("%q is not in the log:\n%s", want, log)
		}
	}
}

func TestUntilStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, took := range []time.Duration{0, time.Millisecond, 999 * time.Millisecond, 1500 * time.Millisecond} {
			start := time.Now()
			time.Sleep(took) // the bubble's clock: no real time passes
			untilStep(t.Context(), start, time.Second)
			if total := time.Since(start); total%time.Second != 0 || total == 0 {
				t.Errorf("a refusal after %v is answered after %v", took, total)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		start := time.Now()
		untilStep(ctx, start, time.Hour)
		if d := time.Since(start); d != 0 {
			t.Errorf("waited %v after the end", d)
		}
	})
}

// The name is looked up once, so that a second answer cannot lead elsewhere.
func TestRebindingName(t *testing.T) {
	addr := server(t, func(c *net.TCPConn) { io.WriteString(c, "right") })
	_, port, _ := net.SplitHostPort(addr)
	cfg := anywhere()
	cfg.Resolver = testNames()
	s := serve(t, cfg)
	c := s.mustDial(t, "rebind.example:"+port)
	if got, err := io.ReadAll(c); err != nil || string(got) != "right" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := s.dial(t, "rebind.example:"+port); !isCode(err, netconn.CodeNotAllowed) {
		t.Errorf("the rebound name: %v", err)
	}
}

// The last check sits at the system call and does not rely on the first.
func TestRecheck(t *testing.T) {
	p, err := New(Config{Local: true, Allow: []string{"a.example", "10.0.0.0/8"}})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, host, address string
		ok                  bool
	}{
		{"the address that was checked", "a.example", "1.2.3.4:22", true},
		{"another port", "a.example", "1.2.3.4:23", false},
		{"link-local", "a.example", "169.254.169.254:22", false},
		{"link-local in mapped form", "a.example", "[::ffff:169.254.169.254]:22", false},
		{"outside of the range", "b.example", "11.0.0.1:22", false},
		{"not an address", "a.example", "a.example:22", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tg, err := parseTarget(tt.host, 22)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.recheck(tg, tt.address); (err == nil) != tt.ok {
				t.Errorf("%s: %v", tt.address, err)
			}
		})
	}
	tg := target{name: "a.example", port: 22}
	_, err = p.dialOne(t.Context(), tg, netip.MustParseAddr("169.254.169.254"), 1)
	var denied *denial
	if !errors.As(err, &denied) {
		t.Errorf("the dialler connects what was not checked: %v", err)
	}
}

func TestAddressesAreTriedInTurn(t *testing.T) {
	addr := server(t, func(c *net.TCPConn) { io.WriteString(c, "second") })
	_, port, _ := net.SplitHostPort(addr)
	for _, name := range []string{"twice.example", "mixed.example"} {
		cfg := anywhere()
		cfg.Resolver = testNames()
		c := serve(t, cfg).mustDial(t, net.JoinHostPort(name, port))
		if got, err := io.ReadAll(c); err != nil || string(got) != "second" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestClassify(t *testing.T) {
	op := func(err error) error { return &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", err)} }
	tests := []struct {
		name string
		err  error
		want netconn.Code
	}{
		{"refused", op(syscall.ECONNREFUSED), netconn.CodeRefused},
		{"no route to the host", op(syscall.EHOSTUNREACH), netconn.CodeNoRoute},
		{"no route to the network", op(syscall.ENETUNREACH), netconn.CodeNoRoute},
		{"the system's timeout", op(syscall.ETIMEDOUT), netconn.CodeTimedOut},
		{"our timeout", context.DeadlineExceeded, netconn.CodeTimedOut},
		{"the dialler's timeout", &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}, netconn.CodeTimedOut},
		{"no such host", &net.DNSError{IsNotFound: true}, netconn.CodeNoSuchHost},
		{"a silent name server", &net.DNSError{IsTimeout: true}, netconn.CodeTimedOut},
		{"policy, inside the dialler's error", &net.OpError{Op: "dial", Err: &denial{"no"}}, netconn.CodeNotAllowed},
		{"anything else", errors.New("x"), netconn.CodeDialFailed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := classify(tt.err).code; got != tt.want {
				t.Errorf("code %d, want %d", got, tt.want)
			}
		})
	}
}
