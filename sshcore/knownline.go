package sshcore

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
)

// knownLine is a line with its end, verbatim, and its meaning, if it has one.
type knownLine struct {
	text  []byte
	entry *knownEntry
	err   error
}

type knownEntry struct {
	marker string // "", "@cert-authority" or "@revoked"
	hosts  hostPatterns
	key    ssh.PublicKey
}

const (
	markAuthority = "@cert-authority"
	markRevoked   = "@revoked"
)

func parseKnownLine(text []byte, first bool) knownLine {
	s := string(text)
	if first {
		s = strings.TrimPrefix(s, "\ufeff")
	}
	s = strings.TrimSpace(s)
	if s == "" || s[0] == '#' {
		return knownLine{text: text}
	}
	entry, err := parseKnownEntry(strings.Fields(s))
	return knownLine{text, entry, err}
}

func parseKnownEntry(fields []string) (*knownEntry, error) {
	e := new(knownEntry)
	if strings.HasPrefix(fields[0], "@") {
		e.marker = fields[0]
		if e.marker != markAuthority && e.marker != markRevoked {
			return nil, fmt.Errorf("unknown marker %.32q", e.marker)
		}
		fields = fields[1:]
	}
	if len(fields) < 3 {
		return nil, errors.New("too few fields")
	}
	var err error
	if e.hosts, err = parseHosts(fields[0]); err != nil {
		return nil, err
	}
	blob, err := base64.StdEncoding.DecodeString(fields[2])
	if err != nil {
		return nil, errors.New("the key is not base64")
	}
	if e.key, err = ssh.ParsePublicKey(blob); err != nil {
		return nil, fmt.Errorf("the key: %w", err)
	}
	if e.key.Type() != fields[1] {
		return nil, fmt.Errorf("a key of type %s is called %.32q", e.key.Type(), fields[1])
	}
	return e, nil
}

// KnownHostsLine returns the line, without its end, that files key under addr.
func KnownHostsLine(addr string, key ssh.PublicKey) string {
	key = plainKey(key)
	return hostName(addr) + " " + key.Type() + " " + base64.StdEncoding.EncodeToString(key.Marshal())
}

// without returns the line with a name taken out; its text is nil if nothing
// is left.
func (l knownLine) without(name string, first bool) (rest knownLine, found bool) {
	e := l.entry
	if e == nil || e.marker != "" {
		return l, false
	}
	if e.hosts.hashed {
		if e.hosts.match(name) {
			return knownLine{}, true
		}
		return l, false
	}
	field := strings.Fields(strings.TrimPrefix(string(l.text), "\ufeff"))[0]
	var others []string
	for text := range strings.SplitSeq(field, ",") {
		if !isWild(text) && hostName(text) == name {
			found = true
			continue
		}
		others = append(others, text)
	}
	switch {
	case !found:
		return l, false
	case len(others) == 0:
		return knownLine{}, true
	}
	text := bytes.Replace(l.text, []byte(field), []byte(strings.Join(others, ",")), 1)
	return parseKnownLine(text, first), true
}

// lineText returns a line without its end.
func lineText(text []byte) string { return strings.TrimRight(string(text), "\r\n") }
