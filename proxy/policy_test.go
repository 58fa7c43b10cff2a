package proxy

import (
	"net/netip"
	"strings"
	"testing"
)

// testPolicy makes a policy of a configuration that New would take.
func testPolicy(t testing.TB, cfg Config) *policy {
	t.Helper()
	if !cfg.Local && cfg.Hosts == nil {
		cfg.Hosts = []string{"relay.example.org"}
	}
	cfg, err := cfg.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPolicy(&cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// decide asks about host as if its name had the given address.
func decide(p *policy, host string, port uint16, addr string) error {
	t, err := parseTarget(host, port)
	if err != nil {
		return err
	}
	if err := p.consider(t); err != nil {
		return err
	}
	a := t.addr
	if addr != "" {
		a = netip.MustParseAddr(addr)
	}
	_, err = p.permit(t, a)
	return err
}

// Every way to write an address that no rule may open, under a rule that opens
// everything, on the kind of listener that allows most.
func TestNeverList(t *testing.T) {
	p := testPolicy(t, Config{Local: true, Allow: []string{"*:*", "0.0.0.0/0:*", "[::/0]:*"}})
	refused := map[string][]string{
		"this network":             {"0.0.0.0", "0.0.0.1", "0.255.255.255", "::", "0:0:0:0:0:0:0:0", "::ffff:0.0.0.0", "64:ff9b::", "64:ff9b::0.0.0.1", "2002::", "2002:0:1::"},
		"metadata":                 {"169.254.169.254", "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "64:ff9b::169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::", "2002:a9fe:a9fe::1", "2002:a9fe:a9fe:ffff:1:2:3:4"},
		"metadata by other names":  {"fd00:ec2::254", "FD00:0EC2:0:0:0:0:0:0254", "fd20:ce::254", "fd00:c1::a9fe:a9fe", "fd00:42::42", "100.100.100.200", "::ffff:100.100.100.200", "64:ff9b::100.100.100.200", "2002:6464:64c8::"},
		"Azure's platform service": {"168.63.129.16", "::ffff:168.63.129.16", "::ffff:a83f:8110", "64:ff9b::168.63.129.16", "2002:a83f:8110::"},
		"link-local":               {"169.254.0.1", "169.254.255.255", "fe80::", "fe80::1", "febf::1", "::ffff:169.254.1.1", "64:ff9b::169.254.1.1"},
		"site-local":               {"fec0::1", "feff::1"},
		"multicast":                {"224.0.0.1", "239.255.255.255", "ff00::", "ff02::1", "ff0e::1", "::ffff:224.0.0.1", "2002:e000:1::"},
		"reserved":                 {"240.0.0.1", "255.255.255.255", "::ffff:255.255.255.255", "192.0.0.1", "192.0.0.170", "100::1", "2001:db8::1", "3fff::1", "3fff:fff::1", "5f00::1"},
		"IPv4-compatible":          {"::2", "::127.0.0.1", "::7f00:1", "::10.0.0.1", "::169.254.169.254"},
		"IPv4-translated":          {"::ffff:0:127.0.0.1", "::ffff:0:a9fe:a9fe"},
		"Teredo":                   {"2001::1", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff"},
		"a local NAT64 prefix":     {"64:ff9b:1::7f00:1", "64:ff9b:1:a9fe:a9:fe00::", "64:ff9b:1:ffff::169.254.169.254"},
	}
	for what, spellings := range refused {
		for _, s := range spellings {
			if err := decide(p, s, 22, ""); err == nil {
				t.Errorf("%s: %s is allowed", what, s)
			}
			if err := decide(p, "name.example", 22, s); err == nil {
				t.Errorf("%s: a name that resolves to %s is allowed", what, s)
			}
		}
	}
	for _, s := range []string{"127.0.0.1", "::1", "10.0.0.1", "192.168.0.1", "172.16.0.1", "100.64.0.1", "fd00::1",
		"1.1.1.1", "2606:4700::1111", "64:ff9b::1.1.1.1", "2002:101:101::1", "192.0.1.1", "223.255.255.255", "2001:1::1"} {
		if err := decide(p, s, 22, ""); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
}

func TestPolicy(t *testing.T) {
	local := Config{Local: true}
	allow := func(rules ...string) Config { return Config{Allow: rules} }
	tests := []struct {
		name string
		cfg  Config
		host string
		port uint16
		addr string // what the name resolves to
		ok   bool
	}{
		{"a local relay reaches any host on port 22", local, "host.example", 22, "1.2.3.4", true},
		{"a local relay reaches this machine", local, "localhost", 22, "127.0.0.1", true},
		{"a local relay reaches private networks", local, "192.168.1.1", 22, "", true},
		{"a local relay reaches the demo's port", local, "127.0.0.1", 2200, "", true},
		{"a local relay reaches the port where the demo really is", Config{Local: true, Demo: &Demo{Port: 4444}}, "127.0.0.1", 4444, "", true},
		{"a local relay reaches no other port by default", local, "host.example", 2222, "1.2.3.4", false},
		{"a local relay does not reach a web server by default", local, "127.0.0.1", 80, "", false},
		{"rules replace the defaults", Config{Local: true, Allow: []string{"a.example"}}, "b.example", 22, "1.2.3.4", false},

		{"a name", allow("a.example"), "a.example", 22, "1.2.3.4", true},
		{"a name in capitals", allow("A.Example."), "a.EXAMPLE", 22, "1.2.3.4", true},
		{"a name does not allow another port", allow("a.example"), "a.example", 23, "1.2.3.4", false},
		{"a name with ports", allow("a.example:22,2222"), "a.example", 2222, "1.2.3.4", true},
		{"a name with a range of ports", allow("a.example:22-30"), "a.example", 30, "1.2.3.4", true},
		{"a port beyond the range", allow("a.example:22-30"), "a.example", 31, "1.2.3.4", false},
		{"a name with all ports", allow("a.example:*"), "a.example", 65535, "1.2.3.4", true},
		{"a name does not allow its subdomains", allow("a.example"), "x.a.example", 22, "1.2.3.4", false},
		{"a name does not allow names that end alike", allow("a.example"), "aa.example", 22, "1.2.3.4", false},
		{"a name does not allow the address itself", allow("a.example"), "1.2.3.4", 22, "", false},
		{"a subdomain", allow("*.a.example"), "x.a.example", 22, "1.2.3.4", true},
		{"a deeper subdomain", allow("*.a.example"), "y.x.a.example", 22, "1.2.3.4", true},
		{"a subdomain rule does not allow the domain", allow("*.a.example"), "a.example", 22, "1.2.3.4", false},
		{"a subdomain rule needs the dot", allow("*.a.example"), "xa.example", 22, "1.2.3.4", false},
		{"a name may lead into a private network", allow("*.a.example"), "x.a.example", 22, "10.0.0.1", true},
		{"a name may not lead to the machine itself", allow("*.a.example"), "x.a.example", 22, "127.0.0.1", false},
		{"a name may not lead there through NAT64", allow("*.a.example"), "x.a.example", 22, "64:ff9b::127.0.0.1", false},
		{"a name may not lead there through IPv6", allow("*.a.example"), "x.a.example", 22, "::1", false},
		{"localhost, when it is named", allow("localhost"), "localhost", 22, "127.0.0.1", true},
		{"an address", allow("1.2.3.4"), "1.2.3.4", 22, "", true},
		{"an address in its mapped form", allow("1.2.3.4"), "::ffff:1.2.3.4", 22, "", true},
		{"an address by a name that leads to it", allow("1.2.3.4"), "x.example", 22, "1.2.3.4", true},
		{"an IPv6 address without ports", allow("2606::1"), "2606:0::1", 22, "", true},
		{"an IPv6 address with a port", allow("[2606::1]:2222"), "2606::1", 2222, "", true},
		{"a range", allow("10.1.0.0/16:22"), "10.1.255.255", 22, "", true},
		{"beyond the range", allow("10.1.0.0/16:22"), "10.2.0.0", 22, "", false},
		{"a range by a name that leads into it", allow("10.1.0.0/16"), "x.example", 22, "10.1.2.3", true},
		{"a range by a name that leads elsewhere", allow("10.1.0.0/16"), "x.example", 22, "10.2.2.3", false},
		{"an IPv6 range with a port", allow("[2606::/32]:2222"), "2606::5", 2222, "", true},
		{"the machine itself, when it is named", allow("127.0.0.0/8"), "127.0.0.1", 22, "", true},
		{"a star is the internet", allow("*"), "x.example", 22, "1.2.3.4", true},
		{"a star is not the machine itself", allow("*"), "127.0.0.1", 22, "", false},
		{"a star is not a private network", allow("*"), "10.0.0.1", 22, "", false},
		{"a star is not shared address space", allow("*"), "100.64.0.1", 22, "", false},
		{"a star is not a network under test", allow("*"), "198.18.0.1", 22, "", false},
		{"a star is not a unique local address", allow("*"), "fd00::1", 22, "", false},
		{"a star is not a private network through 6to4", allow("*"), "2002:a00:1::", 22, "", false},
		{"a star with a range beside it", allow("*", "10.0.0.0/8"), "10.0.0.1", 22, "", true},

		{"the relay's own listener", Config{Local: true, Allow: []string{"*:*"}, Listeners: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:8080")}}, "localhost", 8080, "127.0.0.1", false},
		{"the relay's own listener on every address", Config{Local: true, Allow: []string{"*:*"}, Listeners: []netip.AddrPort{netip.MustParseAddrPort("[::]:8080")}}, "127.5.5.5", 8080, "", false},
		{"another port beside the relay's own", Config{Local: true, Allow: []string{"*:*"}, Listeners: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:8080")}}, "localhost", 8081, "127.0.0.1", true},
		{"the relay's own public name", Config{TLS: true, Hosts: []string{"relay.example.org"}, Allow: []string{"*:*"}}, "relay.example.org", 443, "1.2.3.4", false},
		{"the relay's own public name with its port", Config{Hosts: []string{"relay.example.org:8443"}, Allow: []string{"*:*"}}, "relay.example.org", 8443, "1.2.3.4", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := decide(testPolicy(t, tt.cfg), tt.host, tt.port, tt.addr)
			if (err == nil) != tt.ok {
				t.Errorf("%s port %d: %v; want allowed %v", tt.host, tt.port, err, tt.ok)
			}
		})
	}
}

func TestDenialNamesTheFlag(t *testing.T) {
	tests := []struct {
		name string
		cfg  Config
		host string
		want string
	}{
		{"the defaults are repeated, since rules replace them", Config{Local: true}, "host.example",
			"port 2222 is not allowed by default; start wasmiko with --allow '*:22,2200' --allow 'host.example:2222'"},
		{"an IPv6 address is put in brackets", Config{Local: true, Allow: []string{"x"}}, "2606::1", "--allow '[2606::1]:2222'"},
		{"a long name is left out", Config{Local: true}, strings.Repeat("a.", 100) + "example", "--allow 'HOST:2222'"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := decide(testPolicy(t, tt.cfg), tt.host, 2222, "1.2.3.4")
			if err == nil || !strings.Contains(err.Error(), tt.want) || len(err.Error()) > 200 {
				t.Errorf("got %v; want %q in it, in 200 bytes", err, tt.want)
			}
		})
	}
}

func TestParsePatternRefuses(t *testing.T) {
	for _, text := range []string{
		"", ":22", "*x", "a.*", "**", "*.", "*.*.example", "a b", "a_b", "bücher", "10.0.0.0/33", "10.0.0.1/8",
		"::ffff:10.0.0.0/104", "[::1", "[::1]22", "2606::/32:22", "fe80::1%eth0", "1.2.3", "0x7f.1",
		"a:", "a:0", "a:65536", "a:-1", "a:22-", "a:-22", "a:30-22", "a:22,", "a:ssh", "a:+22", "a: 22",
	} {
		if p, err := parsePattern(text); err == nil {
			t.Errorf("parsePattern(%q) = %+v, want an error", text, p)
		}
	}
}

func FuzzParsePattern(f *testing.F) {
	for _, s := range []string{"*", "*.a.example:22,30-40", "10.0.0.0/8", "[::1]:*", "::1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePattern(text)
		if err != nil {
			return
		}
		kinds := 0
		for _, is := range []bool{p.any, p.suffix != "", p.name != "", p.prefix.IsValid()} {
			if is {
				kinds++
			}
		}
		if kinds != 1 || len(p.ports) == 0 || p.matchesPort(0) {
			t.Fatalf("%q became %+v", text, p)
		}
	})
}

// Whatever is allowed lies on the list and off the never-list, in the form
// that its packets end at.
func FuzzPolicy(f *testing.F) {
	f.Add("a.example", uint16(22), []byte{10, 1, 2, 3}, "*.example", true)
	f.Add("::ffff:169.254.169.254", uint16(22), []byte{169, 254, 169, 254}, "*:*", true)
	f.Add("x", uint16(80), netip.MustParseAddr("64:ff9b::a9fe:a9fe").AsSlice(), "0.0.0.0/0:*", false)
	f.Fuzz(func(t *testing.T, host string, port uint16, raw []byte, rule string, local bool) {
		tg, err := parseTarget(host, port)
		if err != nil {
			return
		}
		cfg := Config{Local: local, Hosts: []string{"relay.example.org"}, Allow: []string{rule}}
		p, err := newPolicy(&cfg)
		if err != nil {
			return
		}
		addr, ok := netip.AddrFromSlice(raw)
		if tg.addr.IsValid() {
			addr, ok = tg.addr, true
		}
		if !ok || p.consider(tg) != nil {
			return
		}
		if _, err := p.permit(tg, addr); err != nil {
			return
		}
		a := canonical(addr)
		if why := neverReason(a); why != "" || a.Is4In6() || a.Zone() != "" {
			t.Fatalf("%s (%s) is allowed by %q although %s", host, addr, rule, why)
		}
		pat := p.patterns[0]
		if !pat.matchesPort(port) || !pat.any && !pat.matchesName(tg) && !pat.prefix.Contains(a) {
			t.Fatalf("%s (%s) port %d is allowed by %q", host, addr, port, rule)
		}
		if !local && pat.any && isInside(a) {
			t.Fatalf("%s (%s) is inside and allowed by a bare star", host, addr)
		}
	})
}
