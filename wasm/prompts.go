//go:build js

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore"
	"github.com/wasmiko/wasmiko/wasm/wire"
)

var (
	// errEncrypted marks a key that is whole and needs a passphrase.
	errEncrypted = errors.New("encrypted")
	// errNoPassphrase: the page has none to ask for.
	errNoPassphrase = errors.New("no passphrase")
	// errNotSaved: the page could not keep a line of known_hosts.
	errNotSaved = errors.New("known_hosts not saved")
)

// auths makes the page's ways to log in ours: secrets become questions. Keys
// that cannot be read are reported at once, before anything is sent.
func (c *hop) auths(list []wire.Auth) ([]sshcore.Auth, error) {
	auths := make([]sshcore.Auth, len(list))
	for i, a := range list {
		switch a.Type {
		case "password":
			auths[i] = sshcore.Password(c.askSecret("askPassword", i))
			if a.Changeable {
				auths[i] = sshcore.ChangeablePassword(c.askSecret("askPassword", i), c.askNewPassword(i))
			}
		case "keyboard-interactive":
			auths[i] = sshcore.Interactive(c.askChallenge(i))
		case "publickey":
			if err := checkKey(a.Key, a.Certificate); err != nil {
				return nil, fmt.Errorf("%s: %w", a.Name, err)
			}
			passphrase := c.askSecret("askPassphrase", i)
			if !a.Passphrase {
				passphrase = func(context.Context, sshcore.Ask) ([]byte, error) { return nil, errNoPassphrase }
			}
			auths[i] = sshcore.CertifiedKey(a.Name, a.Key, a.Certificate, passphrase)
		case "agent":
			auths[i] = c.pageKeys(i)
		default:
			return nil, fmt.Errorf("no way to log in is called %q", a.Type)
		}
	}
	return auths, nil
}

// checkKey tells what is wrong with the text of a private key or of its
// certificate, without asking for its passphrase.
func checkKey(text, certificate []byte) error {
	signer, err := sshcore.ParseKey(text, func() ([]byte, error) { return nil, errEncrypted })
	if errors.Is(err, errEncrypted) {
		return nil
	}
	if err == nil && len(certificate) > 0 {
		_, err = sshcore.WithCertificate(signer, certificate)
	}
	return err
}

func (c *hop) askSecret(method string, index int) func(context.Context, sshcore.Ask) ([]byte, error) {
	return func(ctx context.Context, a sshcore.Ask) ([]byte, error) {
		answer, err := ask[wire.Secret](ctx, c.bridge, method, wire.AskSecret{
			Hop: c.number, Index: index, Attempt: a.Attempt, Step: a.Step,
			User: a.User, Host: c.target.host, KeyName: a.KeyName,
		})
		return answer.Secret, err
	}
}

func (c *hop) askNewPassword(index int) func(context.Context, sshcore.PasswordChange) ([]byte, error) {
	return func(ctx context.Context, p sshcore.PasswordChange) ([]byte, error) {
		answer, err := ask[wire.Secret](ctx, c.bridge, "askNewPassword", wire.AskNewPassword{
			Hop: c.number, Index: index, Attempt: p.Attempt, Step: p.Step,
			User: p.User, Host: c.target.host, Prompt: p.Prompt,
		})
		return answer.Secret, err
	}
}

func (c *hop) askChallenge(index int) func(context.Context, sshcore.Challenge) ([]string, error) {
	return func(ctx context.Context, ch sshcore.Challenge) ([]string, error) {
		question := wire.Challenge{
			Hop: c.number, Index: index, User: ch.User, Host: c.target.host,
			Name: ch.Name, Instruction: ch.Instruction,
			Round: ch.Round, Attempt: ch.Attempt, Step: ch.Step,
		}
		for _, p := range ch.Prompts {
			question.Prompts = append(question.Prompts, wire.Prompt{Text: p.Text, Echo: p.Echo})
		}
		answer, err := ask[wire.ChallengeAnswer](ctx, c.bridge, "askChallenge", question)
		return answer.Answers, err
	}
}

// hostKeys makes the page's policy ours.
func (c *hop) hostKeys(p wire.HostKeyPolicy) (sshcore.HostKeyPolicy, error) {
	known, err := sshcore.ParseKnownHosts(strings.NewReader(p.KnownHosts))
	if err != nil {
		return nil, err
	}
	for _, text := range p.System {
		below, err := sshcore.ParseKnownHosts(strings.NewReader(text))
		if err != nil {
			return nil, err
		}
		known.WithSystem(below)
	}
	c.known = known
	policy := &learningPolicy{KnownHosts: known, hop: c}
	known.OnAdd = func(line string) { policy.learned = line }
	answers := map[string]answerNew{
		"reject": nil,
		"warn":   c.warnNew,
		"add":    func(context.Context, sshcore.HostKey) (sshcore.Decision, error) { return sshcore.Remember, nil },
		"ask":    c.askHostKey,
	}
	answer, ok := answers[p.OnUnknown]
	if !ok {
		return nil, fmt.Errorf("no policy for unknown hosts is called %q", p.OnUnknown)
	}
	policy.check = sshcore.AskNew(known, answer)
	if len(p.Pins) > 0 {
		policy.check = sshcore.KnownAndPinned(known, answer, p.Pins...)
	}
	return policy, nil
}

// answerNew decides about an unknown host; nil refuses it.
type answerNew = func(context.Context, sshcore.HostKey) (sshcore.Decision, error)

func (c *hop) warnNew(_ context.Context, k sshcore.HostKey) (sshcore.Decision, error) {
	c.bridge.tell("hostKeyWarning", c.hostKey(k.Key))
	return sshcore.Once, nil
}

// learningPolicy hands new lines of known_hosts to the page, and goes on only
// when they are kept there.
type learningPolicy struct {
	*sshcore.KnownHosts
	check   sshcore.HostKeyPolicy
	hop     *hop
	learned string
}

func (p *learningPolicy) CheckHostKey(ctx context.Context, k sshcore.HostKey) error {
	if err := p.check.CheckHostKey(ctx, k); err != nil {
		return err
	}
	if p.learned == "" {
		return nil
	}
	_, err := ask[wire.None](ctx, p.hop.bridge, "hostKeyLearned", wire.HostKeyLearned{Hop: p.hop.number, Line: p.learned})
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("%w: %w", errNotSaved, err)
	}
	return err
}

func (c *hop) askHostKey(ctx context.Context, k sshcore.HostKey) (sshcore.Decision, error) {
	answer, err := ask[wire.HostKeyAnswer](ctx, c.bridge, "askHostKey", c.hostKey(k.Key))
	if err != nil {
		return sshcore.Reject, err
	}
	switch answer.Decision {
	case "once":
		return sshcore.Once, nil
	case "remember":
		return sshcore.Remember, nil
	}
	return sshcore.Reject, nil
}

// hostKey describes a key of the server that is being connected.
func (c *hop) hostKey(key ssh.PublicKey) wire.HostKey {
	if cert, ok := key.(*ssh.Certificate); ok {
		key = cert.Key
	}
	k := wire.HostKey{
		Hop: c.number, Host: c.target.host, Port: c.target.port,
		Type: key.Type(), Fingerprint: ssh.FingerprintSHA256(key), Key: key.Marshal(),
		Line: sshcore.KnownHostsLine(c.filed(), key),
	}
	if c.known == nil {
		return k
	}
	k.SameKeyAs = c.known.Names(key)
	for _, other := range c.known.Lookup(c.filed()) {
		if !bytes.Equal(other.Key.Marshal(), k.Key) {
			k.OtherKnown = append(k.OtherKnown, knownKey(other))
		}
	}
	return k
}

func knownKey(k sshcore.KnownKey) wire.KnownKey {
	return wire.KnownKey{
		Type: k.Key.Type(), Fingerprint: ssh.FingerprintSHA256(k.Key),
		Line: k.Line, LineNumber: k.LineNumber, System: k.System,
	}
}
