package sshcore

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// HostKey is a key that a server has proved to hold.
type HostKey struct {
	Addr   string   // the address as dialled, or Config.HostKeyAlias
	Remote net.Addr // of the transport; often a relay's
	Key    ssh.PublicKey
}

// Fingerprint returns "SHA256:…", as ssh-keygen -l prints it. For a
// certificate it is that of the key within.
func (k HostKey) Fingerprint() string { return ssh.FingerprintSHA256(plainKey(k.Key)) }

// HostKeyPolicy decides whether a server is the right one. ctx ends when the
// connection does; until CheckHostKey returns, the handshake waits.
//
// A policy that also has a method Algorithms(addr string) []string tells which
// host key algorithms are worth asking for first, so that the server shows the
// key that is known.
type HostKeyPolicy interface {
	CheckHostKey(ctx context.Context, k HostKey) error
}

// HostKeyReason tells why a host key was refused.
type HostKeyReason string

// The reasons of a HostKeyError.
const (
	HostKeyUnknown  HostKeyReason = "unknown"  // no key of this type is known; Known may hold others
	HostKeyChanged  HostKeyReason = "changed"  // another key of this type is known
	HostKeyRevoked  HostKeyReason = "revoked"  // the key, or its certificate's authority, is marked @revoked
	HostKeyMismatch HostKeyReason = "mismatch" // none of the pinned fingerprints
	HostKeyDisputed HostKeyReason = "disputed" // the key that is known, and none of the pinned fingerprints
)

// HostKeyError reports a server whose key was refused.
type HostKeyError struct {
	Addr     string
	Key      ssh.PublicKey // the key that the server holds
	Known    []KnownKey    // what is known for this host
	Expected []string      // the pinned fingerprints, if Reason is about them
	Reason   HostKeyReason
}

func (e *HostKeyError) Error() string {
	key := e.Key.Type() + " " + ssh.FingerprintSHA256(e.Key)
	switch e.Reason {
	case HostKeyChanged:
		return fmt.Sprintf("host key of %s has changed: it is now %s", e.Addr, key)
	case HostKeyRevoked:
		return fmt.Sprintf("host key of %s is revoked: %s", e.Addr, key)
	case HostKeyMismatch:
		return fmt.Sprintf("host key of %s is not the expected one: it is %s, and not %s", e.Addr, key, strings.Join(e.Expected, " or "))
	case HostKeyDisputed:
		return fmt.Sprintf("host key of %s is the known one, %s, but %s was expected", e.Addr, key, strings.Join(e.Expected, " or "))
	}
	return fmt.Sprintf("host key of %s is unknown: %s", e.Addr, key)
}

// Pinned accepts the keys with these fingerprints, "SHA256:…" as ssh-keygen -l
// prints them, and no others. A server with several keys shows the first of
// Algorithms.HostKeys that it has, by default its Ed25519 key: pin that one, or
// all.
func Pinned(fingerprints ...string) HostKeyPolicy { return pinned(fingerprints) }

type pinned []string

func (p pinned) CheckHostKey(_ context.Context, k HostKey) error {
	if p.fit(k) {
		return nil
	}
	return &HostKeyError{Addr: k.Addr, Key: plainKey(k.Key), Expected: p, Reason: HostKeyMismatch}
}

func (p pinned) fit(k HostKey) bool {
	shown := k.Fingerprint()
	return slices.ContainsFunc(p, func(f string) bool { return strings.TrimRight(strings.TrimSpace(f), "=") == shown })
}

// Decision is the answer to an unknown host key. The zero value is Reject.
type Decision int

// The answers.
const (
	Reject   Decision = iota
	Once              // accept, and store nothing
	Remember          // accept, and add it to the known hosts
)

// WarnNew accepts unknown hosts after telling warn, and stores nothing.
func WarnNew(kh *KnownHosts, warn func(HostKey)) HostKeyPolicy {
	return AskNew(kh, func(_ context.Context, k HostKey) (Decision, error) {
		warn(k)
		return Once, nil
	})
}

// AcceptNew accepts unknown hosts and adds them to kh.
func AcceptNew(kh *KnownHosts) HostKeyPolicy {
	return AskNew(kh, func(context.Context, HostKey) (Decision, error) { return Remember, nil })
}

// AskNew asks about unknown hosts. Changed and revoked keys are refused
// without a question, and unknown ones if ask is nil.
func AskNew(kh *KnownHosts, ask func(context.Context, HostKey) (Decision, error)) HostKeyPolicy {
	return &askNew{kh, ask}
}

type askNew struct {
	*KnownHosts
	ask func(context.Context, HostKey) (Decision, error)
}

func (p *askNew) CheckHostKey(ctx context.Context, k HostKey) error {
	refusal := p.check(k)
	if refusal == nil {
		return nil
	}
	if refusal.Reason != HostKeyUnknown || p.ask == nil {
		return refusal
	}
	k.Key = plainKey(k.Key)
	decision, err := p.ask(ctx, k)
	switch {
	case err != nil:
		return fmt.Errorf("host key of %s: %w", k.Addr, err)
	case decision == Remember:
		p.Add(k.Addr, k.Key)
		return nil
	case decision == Once:
		return nil
	}
	return refusal
}

// KnownAndPinned wants two witnesses to agree: kh, and fingerprints as Pinned
// takes them, such as the one that a link names. Where kh knows nothing of a
// host, the fingerprint is enough: nobody is asked, and nothing is stored. Where
// kh knows only keys of other types, ask is asked as by AskNew: otherwise a link
// and a server that made it up together could do without the key that is known.
func KnownAndPinned(kh *KnownHosts, ask func(context.Context, HostKey) (Decision, error), fingerprints ...string) HostKeyPolicy {
	return &knownAndPinned{askNew{kh, ask}, fingerprints}
}

type knownAndPinned struct {
	askNew
	pins pinned
}

func (p *knownAndPinned) CheckHostKey(ctx context.Context, k HostKey) error {
	refusal := p.check(k)
	switch {
	case refusal != nil && refusal.Reason != HostKeyUnknown:
		return refusal
	case !p.pins.fit(k):
		reason := HostKeyMismatch
		if refusal == nil {
			reason = HostKeyDisputed
		}
		return &HostKeyError{Addr: k.Addr, Key: plainKey(k.Key), Known: p.Lookup(k.Addr), Expected: p.pins, Reason: reason}
	case refusal == nil, len(refusal.Known) == 0:
		return nil
	}
	return p.askNew.CheckHostKey(ctx, k)
}

// knownAlgorithms asks a policy what to prefer.
func knownAlgorithms(p HostKeyPolicy, addr string) []string {
	if k, ok := p.(interface{ Algorithms(string) []string }); ok {
		return k.Algorithms(addr)
	}
	return nil
}

// plainKey returns the key that a certificate certifies, or the key itself.
func plainKey(k ssh.PublicKey) ssh.PublicKey {
	if cert, ok := k.(*ssh.Certificate); ok {
		return cert.Key
	}
	return k
}

func sameKey(a, b ssh.PublicKey) bool { return bytes.Equal(a.Marshal(), b.Marshal()) }

func containsKey(list []KnownKey, key ssh.PublicKey) bool {
	return slices.ContainsFunc(list, func(k KnownKey) bool { return sameKey(k.Key, key) })
}
