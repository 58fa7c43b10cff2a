package proxy

import (
	"context"
	"errors"
	"net/netip"
	"testing"
)

// permissive is the resolver that a relay should not meet: it takes every text for
// an address, as inet_aton and browsers do, and has another answer each time.
type permissive struct{ answers []netip.Addr }

func (r *permissive) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	r.answers = append(r.answers[1:], r.answers[0])
	return r.answers, nil
}

// Ways to write this machine, its network or a cloud's metadata service that some
// program or other understands. None of them gets as far as a connection, on a relay
// that allows every name and port.
func TestNoSpellingLeadsInside(t *testing.T) {
	p, err := New(Config{
		Hosts: []string{"relay.example.org"}, Allow: []string{"*:*"}, TLS: true,
		Listeners: []netip.AddrPort{netip.MustParseAddrPort("203.0.113.9:443")},
		Resolver:  &permissive{addrs("127.0.0.1", "169.254.169.254", "::1", "10.0.0.1", "::ffff:127.0.0.1", "fe80::1%eth0", "64:ff9b::a9fe:a9fe", "203.0.113.9")},
	})
	if err != nil {
		t.Fatal(err)
	}
	spellings := []string{
		// numbers
		"127.1", "127.0.1", "2130706433", "017700000001", "0x7f000001", "0x7F000001", "0x7f.1", "0x7f.0.0.1", "0177.0.0.1", "0177.0.0.01",
		"00000177.0.0.1", "127.0.0.0x1", "127.0.0.01", "127.000.000.001", "0", "0x0", "00", "0.0.0.0", "0.0.0.0.", "127.0.0.1.", "127.0.0.1..",
		"2852039166", "0xa9fea9fe", "025177524776", "0251.0376.0251.0376", "169.254.43518", "0xa9.0xfe.0xa9.0xfe", "169.254.169.254.", "425.510.425.510",
		"4294967296", "18446744073709551617", "127.0.0.257", "-1", "+127.0.0.1", "1e3",
		// IPv6 that is IPv4
		"::ffff:127.0.0.1", "::FFFF:7f00:1", "0:0:0:0:0:ffff:7f00:0001", "0000:0000:0000:0000:0000:ffff:127.0.0.1", "::127.0.0.1", "::7f00:1", "::ffff:0:127.0.0.1",
		"64:ff9b::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::127.0.0.1", "64:ff9b::169.254.169.254", "2002:7f00:1::", "2002:7f00:0001::1", "2002:a9fe:a9fe::", "2001:0:7f00:1::",
		"::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "::", "::1", "0:0:0:0:0:0:0:1", "::0.0.0.1", "::ffff:0.0.0.0",
		// dressed up
		"[::1]", "[127.0.0.1]", "[::ffff:127.0.0.1]", "::1%lo", "::1%25lo", "fe80::1%eth0", "127.0.0.1%eth0", "fe80::1", "127.0.0.1:22", "[::1]:22", "[::1",
		"root@127.0.0.1", "a@b@127.0.0.1", "127.0.0.1@example.org", "127.0.0.1#example.org", "127.0.0.1/example.org", "127.0.0.1?x", "127.0.0.1\\example.org",
		"%31%32%37.0.0.1", "127%2e0%2e0%2e1", "%6c%6f%63%61lhost", "127.0.0.1%00.example.org", "127.0.0.1\x00.example.org", "127.0.0.1\n", "\t127.0.0.1", " 127.0.0.1", "127.0.0.1 ", "127.0.0.1,example.org",
		"http://127.0.0.1", "//127.0.0.1", "file:///etc/passwd", "-oProxyCommand=id", "0.0.0.0/0", "*", "",
		// beyond ASCII
		"１２７.０.０.１", "127。0。0。1", "127．0．0．1", "127｡0｡0｡1", "①②⑦.⓪.⓪.①", "¹²⁷.⁰.⁰.¹", "١٢٧.٠.٠.١", "ⓛocalhost", "ｌｏｃａｌｈｏｓｔ", "loc\u00adalhost", "local\u200bhost", "ₗocalhost", "localhoſt", "\ufeff127.0.0.1", "：：1",
		// names
		"localhost", "LOCALHOST", "LocalHost.", "localhost.localdomain", "ip6-localhost", "ip6-loopback", "sub.localhost", "a.b.localhost.", "localtest.me", "127.0.0.1.nip.io", "7f000001.nip.io",
		"metadata.google.internal", "metadata", "instance-data", "relay.example.org", "RELAY.example.org.", "a_b", "xn--", "kubernetes.default.svc", "host.docker.internal",
		// addresses
		"127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "100.100.100.200", "168.63.129.16", "169.254.169.254", "192.0.0.192", "224.0.0.1", "255.255.255.255",
		"fc00::1", "fd00:ec2::254", "fd20:ce::254", "ff02::1", "fec0::1", "5f00::1", "203.0.113.9", "::ffff:203.0.113.9", "64:ff9b::203.0.113.9", "2002:cb00:7109::1",
	}
	seen := map[string]bool{}
	for _, host := range spellings {
		if seen[host] {
			t.Errorf("%q is there twice", host)
		}
		seen[host] = true
		tg, err := parseTarget(host, 443)
		if err != nil {
			continue
		}
		for range 8 { // each of the resolver's answers first
			rt, err := p.connect(t.Context(), tg)
			var denied *denial
			if rt != nil || !errors.As(err, &denied) {
				t.Errorf("%q: %v", host, err)
			}
		}
	}
	t.Logf("%d spellings", len(spellings))
}

// mayNever says, by other means than the policy does, whether a leads where no rule
// may lead.
func mayNever(a netip.Addr) bool {
	a = a.WithZone("").Unmap()
	if a.Is6() {
		b := a.As16()
		switch {
		case b[0] == 0x20 && b[1] == 0x02:
			return mayNever(netip.AddrFrom4([4]byte(b[2:6])))
		case [12]byte(b[:12]) == [12]byte{0, 0x64, 0xff, 0x9b}:
			return mayNever(netip.AddrFrom4([4]byte(b[12:])))
		case [6]byte(b[:6]) == [6]byte{0, 0x64, 0xff, 0x9b, 0, 1}, [4]byte(b[:4]) == [4]byte{0x20, 1, 0, 0}, [4]byte(b[:4]) == [4]byte{0x20, 1, 0x0d, 0xb8},
			b[0] == 0x5f && b[1] == 0, b[0] == 0xfe && b[1]&0xc0 == 0xc0, [8]byte(b[:8]) == [8]byte{1},
			a != netip.IPv6Loopback() && [12]byte(b[:12]) == [12]byte{}, [12]byte(b[:12]) == [12]byte{8: 0xff, 9: 0xff},
			[2]byte(b[:2]) == [2]byte{0x3f, 0xff} && b[2] < 0x10,
			a.String() == "fd00:ec2::254", a.String() == "fd20:ce::254", a.String() == "fd00:c1::a9fe:a9fe", a.String() == "fd00:42::42":
			return true
		}
		return a.IsLinkLocalUnicast() || a.IsMulticast()
	}
	b := a.As4()
	return b[0] == 0 || b[0] >= 224 || a.IsLinkLocalUnicast() || [3]byte(b[:3]) == [3]byte{192} ||
		b == [4]byte{168, 63, 129, 16} || b == [4]byte{100, 100, 100, 200}
}

var errNotConnected = errors.New("a test connects nothing")

// Whatever a client writes and whatever a resolver answers, and answers differently
// when it is asked again: no address on the never-list, no listener of the relay's own
// and nothing beyond the rules comes as far as connect(2), and the check before that
// refuses the never-list by itself.
func FuzzDialled(f *testing.F) {
	f.Add("a.example", uint16(22), []byte{10, 1, 2, 3, 169, 254, 169, 254, 0}, "*.example", true)
	f.Add("rebind.example", uint16(22), []byte{169, 254, 169, 254, 198, 51, 100, 1, 0}, "*:*", true)
	f.Add("a.example", uint16(8080), netip.MustParseAddr("::ffff:127.0.0.1").AsSlice(), "*:*", true)
	f.Add("a.example", uint16(80), netip.MustParseAddr("64:ff9b::a9fe:a9fe").AsSlice(), "0.0.0.0/0:*", false)
	f.Add("2002:7f00:1::", uint16(8080), netip.MustParseAddr("2002:a9fe:a9fe::").AsSlice(), "[::/0]:*", true)
	own := netip.MustParseAddrPort("127.0.0.1:8080")
	f.Fuzz(func(t *testing.T, host string, port uint16, raw []byte, rule string, local bool) {
		tg, err := parseTarget(host, port)
		if err != nil {
			return
		}
		r := &permissive{}
		for size := 16 - 12*(len(raw)%2); len(raw) >= size; raw = raw[size:] {
			a, _ := netip.AddrFromSlice(raw[:size])
			r.answers = append(r.answers, a)
		}
		if len(r.answers) == 0 {
			return
		}
		cfg := Config{Local: local, Hosts: []string{"relay.example.org"}, Allow: []string{rule}, Listeners: []netip.AddrPort{own}, Resolver: r}
		pol, err := newPolicy(&cfg)
		if err != nil || pol.consider(tg) != nil {
			return
		}
		p := &Proxy{cfg: cfg}
		p.cfg.Limits = cfg.Limits.withDefaults(local)
		p.policy.Store(pol)
		p.testOnlyConnect = func(address string) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil {
				t.Fatal(err)
			}
			a, pat := to.Addr(), pol.patterns[0]
			if mayNever(a) || canonical(a) == own.Addr() && port == own.Port() || to.Port() != port ||
				!pat.matchesPort(port) || !pat.any && !pat.matchesName(tg) && !pat.prefix.Contains(canonical(a)) {
				t.Fatalf("%q leads to %s by %q", host, to, rule)
			}
			return errNotConnected
		}
		if rt, err := p.connect(t.Context(), tg); err == nil {
			t.Fatalf("%q is connected to %s", host, rt.addr)
		}
		for _, a := range r.answers {
			if mayNever(a) && p.recheck(tg, netip.AddrPortFrom(a, port).String()) == nil {
				t.Fatalf("the last check lets %s through", a)
			}
		}
	})
}
