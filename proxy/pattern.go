package proxy

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// sshPort is what a pattern without ports allows.
const sshPort = 22

// pattern is one rule of the allow list: PATTERN[:PORTS].
type pattern struct {
	text   string // as written, for the log
	any    bool   // *
	suffix string // ".example.org" for *.example.org
	name   string
	prefix netip.Prefix
	ports  []portRange
}

type portRange struct{ first, last uint16 }

// parsePattern reads one rule. PATTERN is *, a name, *.name, an IP address or
// a CIDR range; an IPv6 one is put in brackets when PORTS follow. PORTS are
// numbers and ranges separated by commas, or *; without them port 22 is meant.
func parsePattern(text string) (pattern, error) {
	p := pattern{text: text, ports: []portRange{{sshPort, sshPort}}}
	host, ports, hasPorts, err := splitPattern(text)
	if err != nil {
		return pattern{}, fmt.Errorf("%q: %w", text, err)
	}
	if hasPorts {
		if p.ports, err = parsePorts(ports); err != nil {
			return pattern{}, fmt.Errorf("%q: %w", text, err)
		}
	}
	if err := p.setHost(host); err != nil {
		return pattern{}, fmt.Errorf("%q: %w", text, err)
	}
	return p, nil
}

// splitPattern separates the ports. A text with several colons and no brackets
// is an IPv6 address or range without ports.
func splitPattern(text string) (host, ports string, hasPorts bool, err error) {
	if inner, ok := strings.CutPrefix(text, "["); ok {
		host, rest, ok := strings.Cut(inner, "]")
		if !ok {
			return "", "", false, errors.New("the closing ] is missing")
		}
		if rest == "" {
			return host, "", false, nil
		}
		ports, ok = strings.CutPrefix(rest, ":")
		if !ok {
			return "", "", false, errors.New("after ] only :PORTS may follow")
		}
		return host, ports, true, nil
	}
	if strings.Count(text, ":") > 1 {
		return text, "", false, nil
	}
	host, ports, hasPorts = strings.Cut(text, ":")
	return host, ports, hasPorts, nil
}

func (p *pattern) setHost(host string) (err error) {
	switch {
	case host == "":
		return errors.New("the host is missing; write * for any host")
	case host == "*":
		p.any = true
		return nil
	case strings.HasPrefix(host, "*."):
		name, err := parseName(host[2:])
		p.suffix = "." + name
		return err
	case strings.Contains(host, "*"):
		return errors.New("a * may only stand alone or as the first label, as in *.example.org")
	case strings.Contains(host, "/"):
		p.prefix, err = parseRange(host)
		return err
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		if addr.Zone() != "" {
			return errHostZone
		}
		addr = canonical(addr)
		p.prefix = netip.PrefixFrom(addr, addr.BitLen())
		return nil
	}
	if strings.Contains(host, ":") {
		return errors.New("not an IPv6 address; with ports write [ADDRESS]:PORTS")
	}
	p.name, err = parseName(host)
	return err
}

// parseRange reads a CIDR range. Addresses are compared in canonical form, so
// a range that lies in IPv4-mapped space could never match.
func parseRange(text string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, errors.New("not an address range such as 10.0.0.0/8 or 2001:db8::/32; with ports write [RANGE]:PORTS")
	}
	if prefix.Addr().Is4In6() {
		return netip.Prefix{}, errors.New("write the range as IPv4")
	}
	if masked := prefix.Masked(); masked != prefix {
		return netip.Prefix{}, fmt.Errorf("the address has bits beyond the range; did you mean %s?", masked)
	}
	return prefix, nil
}

func parsePorts(text string) ([]portRange, error) {
	if text == "*" {
		return []portRange{{1, 65535}}, nil
	}
	var ports []portRange
	for part := range strings.SplitSeq(text, ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		lo, err := parsePort(first)
		if err != nil {
			return nil, err
		}
		hi, err := parsePort(last)
		if err != nil {
			return nil, err
		}
		if lo > hi {
			return nil, fmt.Errorf("the ports %s run backwards", part)
		}
		ports = append(ports, portRange{lo, hi})
	}
	return ports, nil
}

func parsePort(text string) (uint16, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("%q is not a port (1 to 65535)", text)
	}
	return uint16(n), nil
}

func (p *pattern) matchesPort(port uint16) bool {
	for _, r := range p.ports {
		if r.first <= port && port <= r.last {
			return true
		}
	}
	return false
}

// matchesName reports whether the rule speaks of t's name. A rule for names
// never matches an address that was given as such.
func (p *pattern) matchesName(t target) bool {
	switch {
	case t.name == "":
		return false
	case p.suffix != "":
		return strings.HasSuffix(t.name, p.suffix)
	}
	return p.name != "" && p.name == t.name
}
