package proxy

import (
	"fmt"
	"net/netip"
)

var (
	nat64     = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052 §2.1
	sixToFour = netip.MustParsePrefix("2002::/16")    // RFC 3056 §2
)

// canonical returns the address that packets to a end at: several IPv6 forms
// are ways to write an IPv4 address that a translator on the path unwraps.
func canonical(a netip.Addr) netip.Addr {
	a = a.WithZone("").Unmap()
	if !a.Is6() {
		return a
	}
	b := a.As16()
	switch {
	case nat64.Contains(a):
		return netip.AddrFrom4([4]byte(b[12:16]))
	case sixToFour.Contains(a):
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return a
}

// forbidden is a range that no rule opens.
type forbidden struct {
	prefix netip.Prefix
	what   string
}

// neverList holds what is not a host to log in to, or is one that hands
// credentials to whoever can reach it. The order matters only for the texts.
var neverList = []forbidden{
	never("169.254.169.254/32", "a cloud's metadata service"),
	never("168.63.129.16/32", "Azure's platform service"), // looks public, is not
	never("100.100.100.200/32", "Alibaba's metadata service"),
	never("fd00:ec2::254/128", "Amazon's metadata service"),
	never("fd20:ce::254/128", "Google's metadata service"),
	never("fd00:c1::a9fe:a9fe/128", "Oracle's metadata service"),
	never("fd00:42::42/128", "Scaleway's metadata service"),

	never("0.0.0.0/8", "this network (RFC 791)"), // Linux connects 0.0.0.0 to itself
	never("169.254.0.0/16", "link-local"),
	never("192.0.0.0/24", "reserved for protocols (RFC 6890)"),
	never("224.0.0.0/4", "multicast"),
	never("240.0.0.0/4", "reserved or broadcast"),

	// ::/96 holds ::, ::1 and the obsolete IPv4-compatible forms; ::1 is let
	// through by neverReason.
	never("::/96", "unspecified or IPv4-compatible (RFC 4291)"),
	never("::ffff:0:0:0/96", "IPv4-translated (RFC 2765)"),
	// Where in it the IPv4 address stands depends on the network (RFC 8215),
	// so what it leads to cannot be checked.
	never("64:ff9b:1::/48", "a local NAT64 prefix"),
	never("100::/64", "discard-only (RFC 6666)"),
	never("2001::/32", "Teredo"),
	never("2001:db8::/32", "for documentation only"),
	never("3fff::/20", "for documentation only (RFC 9637)"),
	never("5f00::/16", "segment routing (RFC 9602)"),
	never("fe80::/10", "link-local"),
	never("fec0::/10", "site-local (deprecated)"),
	never("ff00::/8", "multicast"),
}

func never(prefix, what string) forbidden {
	return forbidden{netip.MustParsePrefix(prefix), what}
}

// neverReason says why no rule can allow the canonical address a, or returns
// an empty string.
func neverReason(a netip.Addr) string {
	if !a.IsValid() {
		return "not an address"
	}
	if a == netip.IPv6Loopback() {
		return ""
	}
	for _, f := range neverList {
		if f.prefix.Contains(a) {
			return fmt.Sprintf("%s is %s", a, f.what)
		}
	}
	return ""
}

// carrierNAT is shared address space (RFC 6598), which overlay networks use
// for their members.
var carrierNAT = netip.MustParsePrefix("100.64.0.0/10")

// benchmarks is for networks under test (RFC 2544). Some overlays give its addresses to
// names that they lead elsewhere.
var benchmarks = netip.MustParsePrefix("198.18.0.0/15")

// isInside reports whether the canonical address a lies in a network that is
// not the internet: this machine, or a private one.
func isInside(a netip.Addr) bool {
	return a.IsLoopback() || a.IsPrivate() || carrierNAT.Contains(a) || benchmarks.Contains(a)
}
