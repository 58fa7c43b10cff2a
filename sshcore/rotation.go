package sshcore

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// HostKeyUpdate is what a server tells about its host keys after login, so that
// they can be replaced before they are needed (PROTOCOL section 2.5 of
// OpenSSH). Whether it goes into a KnownHosts is for the caller to decide.
type HostKeyUpdate struct {
	Addr string          // as in HostKey
	New  []ssh.PublicKey // the server has proved to hold them
	Gone []KnownKey      // filed under Addr, and the server no longer has them
}

// maxHostKeys is how many keys one server may announce.
const maxHostKeys = 32

// proofTime bounds how long a server may take to prove its keys.
const proofTime = time.Minute

// hostKeyBook is a HostKeyPolicy that can tell what it knows.
type hostKeyBook interface{ Lookup(addr string) []KnownKey }

// knownTo returns the keys that the policy has for the server, if the one that
// it showed is among them as such: what a certificate or a pin vouches for is
// not ours to extend.
func knownTo(h *handshake) []KnownKey {
	book, ok := h.cfg.HostKeys.(hostKeyBook)
	if !ok {
		return nil
	}
	known := book.Lookup(h.hostKeyName())
	if !containsKey(known, h.hostKey) {
		return nil
	}
	return known
}

// updateHostKeys compares what the server announces with what is known, has it
// prove what is new, and tells.
func (c *Client) updateHostKeys(payload []byte, known []KnownKey) {
	announced, err := parseHostKeys(payload)
	if err != nil || len(known) == 0 {
		return
	}
	update := HostKeyUpdate{Addr: c.filed}
	for _, k := range announced {
		if !containsKey(known, k) {
			update.New = append(update.New, k)
		}
	}
	for _, k := range known {
		if k.filedFor(c.filed) && !slices.ContainsFunc(announced, func(a ssh.PublicKey) bool { return sameKey(a, k.Key) }) {
			update.Gone = append(update.Gone, k)
		}
	}
	if len(update.New)+len(update.Gone) == 0 || !c.announces(announced) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), proofTime)
	defer cancel()
	if err := c.prove(ctx, update.New); err != nil {
		c.cfg.warn(StepHostKey, "further host keys are not proved: "+err.Error())
		return
	}
	c.cfg.OnHostKeys(update)
}

// filedFor tells whether the key's line may be changed for the sake of this
// host alone: a pattern speaks for others, and a list below is not ours.
func (k KnownKey) filedFor(addr string) bool {
	e := parseKnownLine([]byte(k.Line+"\n"), true).entry
	return !k.System && e != nil && e.hosts.exactly(hostName(addr))
}

// announces tells whether the key of this very connection is in the list. If
// not, the list is not the server's whole truth.
func (c *Client) announces(list []ssh.PublicKey) bool {
	return slices.ContainsFunc(list, func(k ssh.PublicKey) bool { return ssh.FingerprintSHA256(k) == c.info.Fingerprint })
}

// parseHostKeys reads a sequence of strings, each a public key. Types that we
// do not know are left out.
func parseHostKeys(payload []byte) ([]ssh.PublicKey, error) {
	var keys []ssh.PublicKey
	for len(payload) > 0 {
		var next struct {
			Key  []byte
			Rest []byte `ssh:"rest"`
		}
		if err := ssh.Unmarshal(payload, &next); err != nil {
			return nil, err
		}
		payload = next.Rest
		key, err := ssh.ParsePublicKey(next.Key)
		if err != nil || key.Type() == typeDSA || strings.Contains(key.Type(), "-cert-") {
			continue
		}
		if keys = append(keys, key); len(keys) > maxHostKeys {
			return nil, errors.New("too many host keys")
		}
	}
	return keys, nil
}

// prove has the server sign, with each of the keys, for this very session.
func (c *Client) prove(ctx context.Context, keys []ssh.PublicKey) error {
	const name = "hostkeys-prove-00@openssh.com"
	if len(keys) == 0 {
		return nil
	}
	var request []byte
	for _, k := range keys {
		request = append(request, ssh.Marshal(struct{ Key []byte }{k.Marshal()})...)
	}
	a := c.ask(ctx, name, request, func(answer) {})
	switch {
	case a.err != nil:
		return a.err
	case !a.ok:
		return &RequestError{Request: name}
	}
	rest := a.payload
	for _, k := range keys {
		var next struct {
			Signature []byte
			Rest      []byte `ssh:"rest"`
		}
		var sig ssh.Signature
		if err := ssh.Unmarshal(rest, &next); err != nil {
			return err
		}
		if err := ssh.Unmarshal(next.Signature, &sig); err != nil {
			return err
		}
		rest = next.Rest
		signed := ssh.Marshal(struct {
			Name         string
			Session, Key []byte
		}{name, c.conn.SessionID(), k.Marshal()})
		if sig.Format == ssh.KeyAlgoRSA {
			return errors.New("signed with SHA-1")
		}
		if err := k.Verify(signed, &sig); err != nil {
			return err
		}
	}
	return nil
}
