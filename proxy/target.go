package proxy

import (
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// target is what a client asks for, in its one canonical spelling: either a
// name or an address.
type target struct {
	name string     // LDH, lower case, no trailing dot; empty for an address
	addr netip.Addr // unmapped; invalid for a name
	port uint16
}

// host returns the name or the address.
func (t target) host() string {
	if t.addr.IsValid() {
		return t.addr.String()
	}
	return t.name
}

func (t target) String() string {
	return net.JoinHostPort(t.host(), strconv.Itoa(int(t.port)))
}

var (
	errHostEmpty   = errors.New("the host is empty")
	errHostLong    = errors.New("the host name is too long")
	errHostSyntax  = errors.New("that is not a host name or an IP address")
	errHostUnicode = errors.New("write the host name in its ASCII form (xn--…)")
	errHostZone    = errors.New("addresses with a zone are not allowed")
	errHostNumeric = errors.New("that is not a full IP address: write all of its parts, in decimal")
	errPortZero    = errors.New("port 0 cannot be connected to")
)

// parseTarget reads host and port as a client sent them. It takes the full
// textual form of an IP address, or a name of letters, digits and hyphens; the
// short, octal, hexadecimal and Unicode forms of addresses that some resolvers
// take are refused, so that nothing reaches the resolver that could turn out
// to be an address.
func parseTarget(host string, port uint16) (target, error) {
	if port == 0 {
		return target{}, errPortZero
	}
	if host == "" {
		return target{}, errHostEmpty
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		if addr.Zone() != "" {
			return target{}, errHostZone
		}
		return target{addr: addr.Unmap(), port: port}, nil
	}
	name, err := parseName(host)
	if err != nil {
		return target{}, err
	}
	return target{name: name, port: port}, nil
}

// maxName is the longest name in text form (RFC 1035 §2.3.4).
const maxName = 253

// parseName returns the canonical form of a host name. An international name
// comes in its ASCII form (RFC 5890 A-labels): the page converts it, as
// browsers do, with the browser's own tables.
func parseName(s string) (string, error) {
	s = strings.TrimSuffix(s, ".")
	if !isASCII(s) {
		return "", errHostUnicode
	}
	if len(s) > maxName {
		return "", errHostLong
	}
	s = strings.ToLower(s)
	labels := strings.Split(s, ".")
	for _, label := range labels {
		if !isLDH(label) {
			return "", errHostSyntax
		}
	}
	if isNumber(labels[len(labels)-1]) {
		return "", errHostNumeric
	}
	return s, nil
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// isLDH reports whether label consists of letters, digits and hyphens
// (RFC 1123 §2.1, RFC 952).
func isLDH(label string) bool {
	if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	for i := range len(label) {
		c := label[i]
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-') {
			return false
		}
	}
	return true
}

// isNumber reports whether a resolver of the inet_aton school may take a name
// that ends in label for an IPv4 address. No top-level domain looks like this
// (the URL standard's "ends in a number checker" draws the same line).
func isNumber(label string) bool {
	if hex, ok := strings.CutPrefix(label, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(label, "0123456789") == ""
}
