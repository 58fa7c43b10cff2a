package proxy

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// policy decides what may be dialled.
type policy struct {
	patterns  []pattern
	local     bool
	byDefault bool // no rules were configured; patterns are the defaults
	listeners []netip.AddrPort
	ownNames  []target // the proxy's own public names
}

// newPolicy reads the rules. Without any, a local proxy allows every host on
// the ports of SSH and of the demo server.
func newPolicy(cfg *Config) (*policy, error) {
	p := &policy{local: cfg.Local, listeners: cfg.Listeners}
	rules := cfg.Allow
	if len(rules) == 0 {
		if !cfg.Local {
			return nil, errors.New("an exposed relay needs a list of allowed targets")
		}
		p.byDefault = true
		rules = []string{fmt.Sprintf("*:%d,%d", sshPort, cfg.demoPort())}
	}
	for _, rule := range rules {
		pat, err := parsePattern(rule)
		if err != nil {
			return nil, fmt.Errorf("allowed target %w", err)
		}
		p.patterns = append(p.patterns, pat)
	}
	p.ownNames = ownNames(cfg)
	return p, nil
}

// ownNames lists the names and ports under which browsers reach the proxy.
func ownNames(cfg *Config) []target {
	fallback := "80"
	if cfg.TLS {
		fallback = "443"
	}
	var own []target
	for _, h := range cfg.Hosts {
		host, port, err := net.SplitHostPort(h)
		if err != nil {
			host, port = h, fallback
		}
		n, err := parsePort(port)
		if err != nil {
			continue
		}
		if t, err := parseTarget(host, n); err == nil {
			own = append(own, t)
		}
	}
	return own
}

// denial is a refusal by policy: text is for the person who asked, where they
// may know.
type denial struct{ text string }

func (d *denial) Error() string { return d.text }

// consider refuses a target that no address of its name could make allowed, so
// that it is not even looked up.
func (p *policy) consider(t target) error {
	if t.addr.IsValid() {
		_, err := p.permit(t, t.addr)
		return err
	}
	if slices.Contains(p.ownNames, t) {
		return &denial{"that is the relay itself"}
	}
	for i := range p.patterns {
		pat := &p.patterns[i]
		if pat.matchesPort(t.port) && (pat.any || pat.prefix.IsValid() || pat.matchesName(t)) {
			return nil
		}
	}
	return p.deny(t)
}

// permit decides about one address of t and names the rule that allows it.
func (p *policy) permit(t target, addr netip.Addr) (rule string, err error) {
	a := canonical(addr)
	if reason := neverReason(a); reason != "" {
		return "", &denial{"this address is never allowed: " + reason}
	}
	if p.isOwn(a, t.port) {
		return "", &denial{"that is the relay itself"}
	}
	for i := range p.patterns {
		pat := &p.patterns[i]
		if pat.matchesPort(t.port) && p.matches(pat, t, a) {
			return pat.text, nil
		}
	}
	return "", p.deny(t)
}

// matches reports whether pat allows t at the canonical address a. On an
// exposed relay a bare * means the internet: the networks behind it, and the
// machine itself, have to be named. The machine itself even more so: a name in
// somebody's zone must not lead there.
func (p *policy) matches(pat *pattern, t target, a netip.Addr) bool {
	switch {
	case pat.prefix.IsValid():
		return pat.prefix.Contains(a)
	case pat.any:
		return p.local || !isInside(a)
	case !pat.matchesName(t):
		return false
	}
	return p.local || !a.IsLoopback() || pat.name == "localhost"
}

// isOwn reports whether a connection to a and port would reach one of the
// proxy's own listeners.
func (p *policy) isOwn(a netip.Addr, port uint16) bool {
	for _, l := range p.listeners {
		if l.Port() != port {
			continue
		}
		if own := canonical(l.Addr()); own == a || l.Addr().IsUnspecified() && isOfMachine(a) {
			return true
		}
	}
	return false
}

// isOfMachine reports whether a is one of this machine's addresses. When the
// interfaces cannot be listed every address counts as one.
func isOfMachine(a netip.Addr) bool {
	if a.IsLoopback() {
		return true
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return true
	}
	return slices.ContainsFunc(addrs, func(n net.Addr) bool {
		prefix, err := netip.ParsePrefix(n.String())
		return err == nil && canonical(prefix.Addr()) == a
	})
}

// deny says which flag would allow t. Rules replace the defaults, so these
// have to be repeated if they were in force.
func (p *policy) deny(t target) error {
	rule := t.String()
	if len(rule) > 80 {
		rule = fmt.Sprintf("HOST:%d", t.port)
	}
	flags := "--allow '" + rule + "'"
	if p.byDefault {
		flags = "--allow '" + p.patterns[0].text + "' " + flags
	}
	var b strings.Builder
	if p.byDefault {
		fmt.Fprintf(&b, "port %d is not allowed by default", t.port)
	} else {
		b.WriteString("this target is not on the list of allowed ones")
	}
	fmt.Fprintf(&b, "; start wasmiko with %s", flags)
	return &denial{b.String()}
}
