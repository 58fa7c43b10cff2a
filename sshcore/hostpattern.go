package sshcore

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"net"
	"net/netip"
	"strings"
)

// maxPattern bounds one pattern, so that a crafted file cannot make matching
// costly: the steps are at most its length times the host's.
const maxPattern = 1 << 10

// hostName brings an address into the form in which known_hosts files it: the
// bare name for port 22 or none, "[name]:port" otherwise; lower case, no
// trailing dot, IP addresses in their canonical form.
func hostName(addr string) string {
	addr = strings.TrimSpace(addr)
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		host, port = strings.TrimSuffix(strings.TrimPrefix(addr, "["), "]"), ""
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if ip, err := netip.ParseAddr(host); err == nil {
		host = ip.Unmap().String()
	}
	if port == "" || port == "22" {
		return host
	}
	return "[" + host + "]:" + port
}

// hostPatterns is the first field of a line.
type hostPatterns struct {
	patterns []hostPattern
	hashed   bool
	salt     []byte
	hash     []byte
}

type hostPattern struct {
	text    string // normalised
	negated bool
}

func parseHosts(field string) (hostPatterns, error) {
	if strings.HasPrefix(field, "|") {
		return parseHashedHost(field)
	}
	var h hostPatterns
	for text := range strings.SplitSeq(field, ",") {
		p := hostPattern{text: text}
		p.text, p.negated = strings.CutPrefix(text, "!")
		if p.text == "" {
			return h, errors.New("empty host pattern")
		}
		if len(p.text) > maxPattern {
			return h, errors.New("host pattern too long")
		}
		if isWild(p.text) {
			p.text = strings.ToLower(p.text)
		} else {
			p.text = hostName(p.text)
		}
		h.patterns = append(h.patterns, p)
	}
	return h, nil
}

// parseHashedHost reads "|1|salt|hash", as ssh-keygen -H writes it: HMAC-SHA1
// of the name, keyed by the salt.
func parseHashedHost(field string) (hostPatterns, error) {
	parts := strings.Split(field, "|")
	if len(parts) != 4 || parts[1] != "1" {
		return hostPatterns{}, errors.New("malformed hashed host")
	}
	salt, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil {
		return hostPatterns{}, errors.New("malformed salt")
	}
	hash, err := base64.StdEncoding.DecodeString(parts[3])
	if err != nil || len(hash) != sha1.Size {
		return hostPatterns{}, errors.New("malformed hash")
	}
	return hostPatterns{hashed: true, salt: salt, hash: hash}, nil
}

// match tells whether a normalised name is meant. One negated match vetoes.
func (h *hostPatterns) match(name string) bool {
	if h.hashed {
		return hmac.Equal(h.sum(name), h.hash)
	}
	found := false
	for _, p := range h.patterns {
		ok, _ := matchPattern(p.text, name)
		if ok && p.negated {
			return false
		}
		found = found || ok
	}
	return found
}

// exactly tells whether the field names this host and nothing else.
func (h *hostPatterns) exactly(name string) bool {
	return len(h.patterns) == 1 && h.patterns[0] == hostPattern{text: name} && !isWild(name)
}

// sum hashes a name with the salt.
func (h *hostPatterns) sum(name string) []byte {
	mac := hmac.New(sha1.New, h.salt)
	mac.Write([]byte(name))
	return mac.Sum(nil)
}

func isWild(pattern string) bool { return strings.ContainsAny(pattern, "*?") }

// matchPattern matches * and ?. It goes back to the last star only, since an
// earlier one could not do better; thus steps never exceed about
// len(pattern) * len(name), where naive recursion is exponential.
func matchPattern(pattern, name string) (ok bool, steps int) {
	p, n := 0, 0
	star, from := -1, 0
	for n < len(name) {
		steps++
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, n
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == name[n]):
			p++
			n++
		case star >= 0:
			from++
			p, n = star+1, from
		default:
			return false, steps
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		steps++
		p++
	}
	return p == len(pattern), steps
}
