package sshcore

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"
)

// KnownHosts is a known_hosts file: the keys that were seen or told before. It
// is itself the strict policy, which refuses whoever is not in it. The zero
// value is empty and ready. It is safe for concurrent use, and must not be
// copied.
//
// A line marked @revoked holds for every host, whatever its patterns say; that
// is stricter than OpenSSH. Other than OpenSSH, a host on a port of its own is
// not looked up without that port.
type KnownHosts struct {
	// OnAdd, if not nil, is told the line that Add has added. Set it before
	// use.
	OnAdd func(line string)

	mu     sync.RWMutex
	lines  []knownLine
	system []*KnownHosts
}

// KnownKey is a key of a KnownHosts.
type KnownKey struct {
	Key        ssh.PublicKey
	Line       string // verbatim, without its end
	LineNumber int    // from 1
	System     bool   // from a list below, see WithSystem
}

// BadLine is a line that could not be read. It is kept as it is.
type BadLine struct {
	LineNumber int
	Err        error
}

// maxKnownHosts bounds what ParseKnownHosts reads.
const maxKnownHosts = 64 << 20

// ParseKnownHosts reads a known_hosts file. A bad line is kept and listed by
// Bad; only r's own errors are returned.
func ParseKnownHosts(r io.Reader) (*KnownHosts, error) {
	kh := new(KnownHosts)
	in := bufio.NewReader(io.LimitReader(r, maxKnownHosts+1))
	for total := 0; ; {
		text, err := in.ReadBytes('\n')
		total += len(text)
		if total > maxKnownHosts {
			return nil, errors.New("known_hosts: file too large")
		}
		if len(text) > 0 {
			kh.lines = append(kh.lines, parseKnownLine(text, len(kh.lines) == 0))
		}
		if err == io.EOF {
			return kh, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read known_hosts: %w", err)
		}
	}
}

// WithSystem lays read-only lists below kh, and returns kh: their keys count,
// and Add, Remove and WriteTo leave them alone.
func (kh *KnownHosts) WithSystem(lists ...*KnownHosts) *KnownHosts {
	kh.mu.Lock()
	defer kh.mu.Unlock()
	kh.system = append(kh.system, lists...)
	return kh
}

// Bad lists the lines that could not be read.
func (kh *KnownHosts) Bad() []BadLine {
	kh.mu.RLock()
	defer kh.mu.RUnlock()
	var bad []BadLine
	for i, l := range kh.lines {
		if l.err != nil {
			bad = append(bad, BadLine{i + 1, l.err})
		}
	}
	return bad
}

// find returns the keys of the entries that pick accepts, here and below.
func (kh *KnownHosts) find(pick func(*knownEntry) bool) []KnownKey {
	kh.mu.RLock()
	system := kh.system
	found := kh.findHere(pick)
	kh.mu.RUnlock()
	for _, s := range system {
		s.mu.RLock()
		below := s.findHere(pick)
		s.mu.RUnlock()
		for i := range below {
			below[i].System = true
		}
		found = append(found, below...)
	}
	return found
}

func (kh *KnownHosts) findHere(pick func(*knownEntry) bool) []KnownKey {
	var found []KnownKey
	for i, l := range kh.lines {
		if l.entry != nil && pick(l.entry) {
			found = append(found, KnownKey{Key: l.entry.key, Line: lineText(l.text), LineNumber: i + 1})
		}
	}
	return found
}

// Lookup returns the keys that are known for addr, of whatever type.
func (kh *KnownHosts) Lookup(addr string) []KnownKey {
	name := hostName(addr)
	return kh.find(func(e *knownEntry) bool { return e.marker == "" && e.hosts.match(name) })
}

// Names returns the names under which this very key is known. A hashed name
// stays as it stands: "|1|…".
func (kh *KnownHosts) Names(key ssh.PublicKey) []string {
	key = plainKey(key)
	var names []string
	for _, k := range kh.find(func(e *knownEntry) bool { return e.marker == "" && sameKey(e.key, key) }) {
		field := strings.Fields(strings.TrimPrefix(k.Line, "\ufeff"))[0]
		for name := range strings.SplitSeq(field, ",") {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// Algorithms returns the host key algorithms that prove the keys known for
// addr, so that a server shows one of those rather than one we never saw.
func (kh *KnownHosts) Algorithms(addr string) []string {
	var list []string
	for _, k := range kh.Lookup(addr) {
		for _, a := range algorithmsForKeyType(k.Key.Type()) {
			if !slices.Contains(list, a) {
				list = append(list, a)
			}
		}
	}
	if len(kh.authorities(addr)) > 0 {
		certs := slices.DeleteFunc(hardened("").HostKeys, func(a string) bool { return !strings.Contains(a, "-cert-") })
		list = append(certs, list...)
	}
	return list
}

func (kh *KnownHosts) authorities(addr string) []KnownKey {
	name := hostName(addr)
	return kh.find(func(e *knownEntry) bool { return e.marker == markAuthority && e.hosts.match(name) })
}

// CheckHostKey refuses unknown, changed and revoked keys with a *HostKeyError.
func (kh *KnownHosts) CheckHostKey(_ context.Context, k HostKey) error {
	if refusal := kh.check(k); refusal != nil {
		return refusal
	}
	return nil
}

func (kh *KnownHosts) check(k HostKey) *HostKeyError {
	plain := plainKey(k.Key)
	refuse := func(reason HostKeyReason, known []KnownKey) *HostKeyError {
		return &HostKeyError{Addr: k.Addr, Key: plain, Known: known, Reason: reason}
	}
	if revoked := kh.revocations(k.Key); len(revoked) > 0 {
		return refuse(HostKeyRevoked, revoked)
	}
	if cert, ok := k.Key.(*ssh.Certificate); ok && kh.certified(k.Addr, cert) {
		return nil
	}
	known := kh.Lookup(k.Addr)
	if containsKey(known, plain) {
		return nil
	}
	if slices.ContainsFunc(known, func(o KnownKey) bool { return o.Key.Type() == plain.Type() }) {
		return refuse(HostKeyChanged, known)
	}
	return refuse(HostKeyUnknown, known)
}

// revocations finds @revoked lines for a key, or for a certificate's key and
// authority.
func (kh *KnownHosts) revocations(key ssh.PublicKey) []KnownKey {
	keys := []ssh.PublicKey{plainKey(key)}
	if cert, ok := key.(*ssh.Certificate); ok {
		keys = append(keys, cert.SignatureKey)
	}
	return kh.find(func(e *knownEntry) bool {
		return e.marker == markRevoked && slices.ContainsFunc(keys, func(k ssh.PublicKey) bool { return sameKey(k, e.key) })
	})
}

// certified tells whether an authority that is known for addr vouches for the
// host. A certificate that does not convince counts as the plain key in it.
func (kh *KnownHosts) certified(addr string, cert *ssh.Certificate) bool {
	if cert.CertType != ssh.HostCert || !containsKey(kh.authorities(addr), cert.SignatureKey) {
		return false
	}
	host := hostName(addr)
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h // principals have no port
	}
	return len(cert.ValidPrincipals) > 0 && new(ssh.CertChecker).CheckCert(host, cert) == nil
}

// Add files key under addr at the end of the list, unless it is there. A name
// that would mean something else in the file, such as one with a blank, a
// comma or a star, is not added.
func (kh *KnownHosts) Add(addr string, key ssh.PublicKey) {
	key = plainKey(key)
	if containsKey(kh.Lookup(addr), key) {
		return
	}
	line := KnownHostsLine(addr, key)
	added := parseKnownLine([]byte(line+"\n"), false)
	if e := added.entry; e == nil || e.marker != "" || !e.hosts.exactly(hostName(addr)) {
		return
	}
	kh.mu.Lock()
	if n := len(kh.lines); n > 0 && !bytes.HasSuffix(kh.lines[n-1].text, []byte("\n")) {
		kh.lines[n-1].text = append(bytes.Clone(kh.lines[n-1].text), '\n')
	}
	kh.lines = append(kh.lines, added)
	kh.mu.Unlock()
	if kh.OnAdd != nil {
		kh.OnAdd(line)
	}
}

// Remove forgets the keys filed under exactly addr, and returns how many. A
// line that also names other hosts keeps those; patterns, @cert-authority and
// @revoked lines stay.
func (kh *KnownHosts) Remove(addr string) int {
	name := hostName(addr)
	kh.mu.Lock()
	defer kh.mu.Unlock()
	removed := 0
	kept := make([]knownLine, 0, len(kh.lines))
	for i, l := range kh.lines {
		rest, found := l.without(name, i == 0)
		if found {
			removed++
		}
		if !found || rest.text != nil {
			kept = append(kept, rest)
		}
	}
	kh.lines = kept
	return removed
}

// WriteTo writes the list: what was read, byte for byte, but for what Add and
// Remove have changed.
func (kh *KnownHosts) WriteTo(w io.Writer) (int64, error) {
	kh.mu.RLock()
	var all []byte
	for _, l := range kh.lines {
		all = append(all, l.text...)
	}
	kh.mu.RUnlock()
	n, err := w.Write(all)
	return int64(n), err
}
