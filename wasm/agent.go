//go:build js

package main

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"slices"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/wasmiko/wasmiko/sshcore"
	"github.com/wasmiko/wasmiko/wasm/wire"
)

// lentIndex names the agent that is lent to the server, see wire.AgentAsk.
const lentIndex = -1

// webauthnType is how a passkey signs (OpenSSH's PROTOCOL.u2f); its public key
// is written as one of a security key.
const webauthnType = "webauthn-sk-ecdsa-sha2-nistp256@openssh.com"

// pageKeys answers "publickey" with keys that the page holds: private halves
// never come here, to sign is a question.
func (c *hop) pageKeys(index int) sshcore.Auth {
	return sshcore.PublicKeysFunc(func(ctx context.Context, _ sshcore.Ask) ([]ssh.Signer, error) {
		held, err := ask[wire.AgentKeys](ctx, c.bridge, "agentList", wire.AgentAsk{Hop: c.number, Index: index})
		if err != nil {
			return nil, err
		}
		signers := make([]ssh.Signer, 0, len(held.Keys))
		for _, key := range held.Keys {
			signer, err := c.pageKey(ctx, index, key)
			if err != nil {
				return nil, err
			}
			signers = append(signers, signer)
		}
		return signers, nil
	})
}

func (c *hop) pageKey(ctx context.Context, index int, key wire.AgentKey) (ssh.Signer, error) {
	public, err := ssh.ParsePublicKey(key.Public)
	if err != nil {
		return nil, fmt.Errorf("key %s: %w", key.Comment, err)
	}
	if slices.Contains(key.Algorithms, webauthnType) {
		public = passkey{public}
		c.passkeys = true
	}
	return &pageSigner{public, key.Algorithms, func(data []byte, algorithm string) (*ssh.Signature, error) {
		return c.signature(ctx, wire.AgentSign{Index: index, Public: key.Public, Data: data, Algorithm: algorithm})
	}}, nil
}

func (c *hop) signature(ctx context.Context, question wire.AgentSign) (*ssh.Signature, error) {
	question.Hop = c.number
	answer, err := ask[wire.Signature](ctx, c.bridge, "agentSign", question)
	if err != nil {
		return nil, err
	}
	return &ssh.Signature{Format: answer.Format, Blob: answer.Blob, Rest: answer.Rest}, nil
}

// passkey is the public key of a passkey: OpenSSH sends the algorithm's name,
// which is not the key's.
type passkey struct{ ssh.PublicKey }

func (passkey) Type() string { return webauthnType }

// pageSigner signs by asking the page.
type pageSigner struct {
	public     ssh.PublicKey
	algorithms []string
	sign       func(data []byte, algorithm string) (*ssh.Signature, error)
}

func (s *pageSigner) PublicKey() ssh.PublicKey { return s.public }
func (s *pageSigner) Algorithms() []string     { return s.algorithms }

func (s *pageSigner) Sign(_ io.Reader, data []byte) (*ssh.Signature, error) {
	return s.sign(data, s.algorithms[0])
}

func (s *pageSigner) SignWithAlgorithm(_ io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	return s.sign(data, algorithm)
}

// lentAgent is the page's agent as the server sees it.
type lentAgent struct{ hop *hop }

func (a lentAgent) List() ([]*agent.Key, error) {
	held, err := ask[wire.AgentKeys](context.Background(), a.hop.bridge, "agentList", wire.AgentAsk{Hop: a.hop.number, Index: lentIndex})
	if err != nil {
		return nil, err
	}
	keys := make([]*agent.Key, len(held.Keys))
	for i, key := range held.Keys {
		keys[i] = &agent.Key{Blob: key.Public, Comment: key.Comment}
	}
	return keys, nil
}

func (a lentAgent) SignWithFlags(key ssh.PublicKey, data []byte, flags agent.SignatureFlags) (*ssh.Signature, error) {
	algorithm := key.Type()
	if cert, ok := key.(*ssh.Certificate); ok {
		algorithm = cert.Key.Type()
	}
	if algorithm == ssh.KeyAlgoRSA {
		// Without a flag SHA-1 is meant, which we sign with for nobody.
		algorithm = ssh.KeyAlgoRSASHA512
		if flags&agent.SignatureFlagRsaSha512 == 0 {
			algorithm = ssh.KeyAlgoRSASHA256
		}
	}
	return a.hop.signature(context.Background(),
		wire.AgentSign{Index: lentIndex, Public: key.Marshal(), Data: data, Algorithm: algorithm})
}

// openKey reads a private key once, so that the page can keep it where no
// script can read it. The core that does so is ended afterwards.
func (c *core) openKey(_ context.Context, p wire.OpenKey) (wire.OpenedKey, error) {
	defer clear(p.Key)
	defer clear(p.Passphrase)
	key, err := sshcore.OpenKey(p.Key, p.Passphrase)
	if err != nil {
		return wire.OpenedKey{}, err
	}
	public, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		return wire.OpenedKey{}, &sshcore.KeyError{Reason: sshcore.KeyUnsupported, Err: err}
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return wire.OpenedKey{}, &sshcore.KeyError{Reason: sshcore.KeyUnsupported, Err: err}
	}
	return wire.OpenedKey{Type: public.Type(), PKCS8: der, Public: public.Marshal()}, nil
}
