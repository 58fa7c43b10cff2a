package proxy

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
)

func TestParseTarget(t *testing.T) {
	long := strings.Repeat("a", 63)
	tests := []struct {
		name string
		host string
		want string // of host(); empty for a refusal
		err  error
	}{
		{"a name stays", "host.example.org", "host.example.org", nil},
		{"a name is put in lower case", "HOST.Example.ORG", "host.example.org", nil},
		{"one trailing dot is dropped", "host.example.org.", "host.example.org", nil},
		{"a single label is a name", "localhost", "localhost", nil},
		{"an international name comes in ASCII", "xn--bcher-kva.example", "xn--bcher-kva.example", nil},
		{"a label may start with a digit", "3com.example", "3com.example", nil},
		{"a number may stand before the last label", "10.example", "10.example", nil},
		{"a name of 253 letters is the longest", strings.Join([]string{long, long, long, long[:61]}, "."), strings.Join([]string{long, long, long, long[:61]}, "."), nil},
		{"an IPv4 address", "192.0.2.7", "192.0.2.7", nil},
		{"an IPv6 address", "2001:DB8::0:1", "2001:db8::1", nil},
		{"a mapped address is IPv4", "::ffff:127.0.0.1", "127.0.0.1", nil},
		{"a mapped address in hex is IPv4", "::ffff:7f00:1", "127.0.0.1", nil},

		{"empty", "", "", errHostEmpty},
		{"only a dot", ".", "", errHostSyntax},
		{"two trailing dots", "host..", "", errHostSyntax},
		{"an empty label", "a..b", "", errHostSyntax},
		{"a leading dot", ".a", "", errHostSyntax},
		{"a label of 64 letters", long + "a.example", "", errHostSyntax},
		{"a name of 254 letters", strings.Join([]string{long, long, long, long[:62]}, "."), "", errHostLong},
		{"a leading hyphen", "-oProxyCommand", "", errHostSyntax},
		{"a trailing hyphen", "a-.example", "", errHostSyntax},
		{"an underscore", "a_b", "", errHostSyntax},
		{"a space", "a b", "", errHostSyntax},
		{"a leading space", " 127.0.0.1", "", errHostSyntax},
		{"a line break", "a\nb", "", errHostSyntax},
		{"a NUL", "127.0.0.1\x00.example", "", errHostSyntax},
		{"a user", "root@host", "", errHostSyntax},
		{"a port", "host:22", "", errHostSyntax},
		{"a path", "host/x", "", errHostSyntax},
		{"a percent sign", "%6c", "", errHostSyntax},
		{"brackets", "[::1]", "", errHostSyntax},
		{"a zone", "fe80::1%eth0", "", errHostZone},
		{"a zone on a global address", "2001:db8::1%lo", "", errHostZone},
		{"letters beyond ASCII", "bücher.example", "", errHostUnicode},
		{"Unicode digits", "１２７.0.0.1", "", errHostUnicode},
		{"an ideographic full stop", "127。0。0。1", "", errHostUnicode},
		{"a circled digit", "127.0.0.①", "", errHostUnicode},
		{"not UTF-8", "\xff\xfe", "", errHostUnicode},
		{"a short IPv4 address", "127.1", "", errHostNumeric},
		{"an IPv4 address of three parts", "127.0.1", "", errHostNumeric},
		{"a decimal IPv4 address", "2130706433", "", errHostNumeric},
		{"a hexadecimal IPv4 address", "0x7f000001", "", errHostNumeric},
		{"hexadecimal parts", "0x7f.0x0.0x0.0x1", "", errHostNumeric},
		{"a part that is 0x alone", "127.0x", "", errHostNumeric},
		{"octal parts", "0177.0.0.01", "", errHostNumeric},
		{"leading zeros", "127.000.000.001", "", errHostNumeric},
		{"an IPv4 address with a trailing dot", "127.0.0.1.", "", errHostNumeric},
		{"a part over 255", "256.0.0.1", "", errHostNumeric},
		{"five parts", "1.2.3.4.5", "", errHostNumeric},
		{"a lone zero", "0", "", errHostNumeric},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseTarget(tt.host, 22)
			if !errors.Is(err, tt.err) || err == nil && got.host() != tt.want {
				t.Errorf("parseTarget(%q) = %q, %v; want %q, %v", tt.host, got.host(), err, tt.want, tt.err)
			}
		})
	}
	if _, err := parseTarget("host", 0); !errors.Is(err, errPortZero) {
		t.Errorf("port 0: %v", err)
	}
}

func FuzzParseTarget(f *testing.F) {
	for _, s := range []string{"", "a.b.", "::1", "::ffff:1.2.3.4", "1.2.3.4", "0x7f.1", "fe80::1%1", "xn--a"} {
		f.Add(s, uint16(22))
	}
	f.Fuzz(func(t *testing.T, host string, port uint16) {
		got, err := parseTarget(host, port)
		if err != nil {
			return
		}
		again, err := parseTarget(got.host(), got.port)
		if err != nil || again != got {
			t.Fatalf("%q became %q, which became %v, %v", host, got, again, err)
		}
		if (got.name == "") == !got.addr.IsValid() {
			t.Fatalf("%q is neither a name nor an address, or both: %+v", host, got)
		}
		if strings.ContainsAny(got.name, " %@/:\x00\n[]") || len(got.name) > maxName {
			t.Fatalf("%q is not a host name", got.name)
		}
		if _, err := netip.ParseAddr(got.name); err == nil {
			t.Fatalf("%q passes for a name", got.name)
		}
	})
}
