//go:build js

package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore/server"
	"github.com/wasmiko/wasmiko/wasm/wire"
)

// holds makes p's agent hold a key, and counts the signatures. refuse makes it
// decline them.
func (p *fakePage) holds(key ssh.AlgorithmSigner, algorithms []string, refuse bool) (signed *[]string) {
	signed = new([]string)
	public := key.PublicKey().Marshal()
	handle(p.bridge, "agentList", func(context.Context, wire.AgentAsk) (wire.AgentKeys, error) {
		return wire.AgentKeys{Keys: []wire.AgentKey{{Public: public, Comment: "held", Algorithms: algorithms}}}, nil
	})
	handle(p.bridge, "agentSign", func(_ context.Context, q wire.AgentSign) (wire.Signature, error) {
		*signed = append(*signed, q.Algorithm)
		if refuse || !bytes.Equal(q.Public, public) || q.Index != 0 || q.Hop != 0 {
			return wire.Signature{}, errors.New("no")
		}
		s, err := key.SignWithAlgorithm(rand.Reader, q.Data, q.Algorithm)
		if err != nil {
			return wire.Signature{}, err
		}
		return wire.Signature{Format: s.Format, Blob: s.Blob}, nil
	})
	return signed
}

func TestKeysOfThePageLogIn(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, _ := ed25519.GenerateKey(rand.Reader)
	for _, tc := range []struct {
		name       string
		key        any
		algorithms []string
		known      bool // to the server
		refuse     bool // by the page
		signed     string
		reason     string // of the error; empty: in
	}{
		{"an Ed25519 key signs once", edKey, []string{ssh.KeyAlgoED25519}, true, false, ssh.KeyAlgoED25519, ""},
		{"an RSA key signs with the hash that it has", rsaKey, []string{ssh.KeyAlgoRSASHA256}, true, false, ssh.KeyAlgoRSASHA256, ""},
		{"with both it takes the larger", rsaKey, []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}, true, false, ssh.KeyAlgoRSASHA512, ""},
		{"SHA-1 is not asked for, though a key offers it", rsaKey, []string{ssh.KeyAlgoRSA}, true, false, "", "no-algorithm"},
		{"a key that the server does not know signs nothing", edKey, []string{ssh.KeyAlgoED25519}, false, false, "", "denied"},
		{"a person who declines ends the login", edKey, []string{ssh.KeyAlgoED25519}, true, true, ssh.KeyAlgoED25519, "cancelled"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newFakePage(t)
			signer, err := ssh.NewSignerFromKey(tc.key)
			if err != nil {
				t.Fatal(err)
			}
			signed := p.holds(signer.(ssh.AlgorithmSigner), tc.algorithms, tc.refuse)
			srv := newServer(t)
			srv.PasswordAuth = nil
			srv.PublicKeyAuth = func(_ context.Context, _ server.Login, key ssh.PublicKey) error {
				if !tc.known || !bytes.Equal(key.Marshal(), signer.PublicKey().Marshal()) {
					return errors.New("unknown")
				}
				return nil
			}
			_, err = p.dial(t, srv, func(c *wire.Connect) { c.Auth = []wire.Auth{{Type: "agent"}} })
			var failure *pageError
			if errors.As(err, &failure) != (tc.reason != "") || failure != nil && failure.failure.Reason != tc.reason {
				t.Errorf("got %v", err)
			}
			if want := tc.signed != ""; (len(*signed) == 1) != want || want && (*signed)[0] != tc.signed {
				t.Errorf("signed %v", *signed)
			}
		})
	}
}

func TestAKeyIsOpenedForThePageToKeep(t *testing.T) {
	_, key, _ := ed25519.GenerateKey(rand.Reader)
	block, err := ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	p := newFakePage(t)
	open := func(passphrase string) (wire.OpenedKey, error) {
		return askCore[wire.OpenedKey](p, "openKey", wire.OpenKey{Key: pem.EncodeToMemory(block), Passphrase: []byte(passphrase)})
	}
	opened, err := open("secret")
	if err != nil {
		t.Fatal(err)
	}
	read, err := x509.ParsePKCS8PrivateKey(opened.PKCS8)
	if err != nil || !key.Equal(read.(ed25519.PrivateKey)) || opened.Type != ssh.KeyAlgoED25519 {
		t.Errorf("opened %s: %v", opened.Type, err)
	}
	var failure *pageError
	if _, err := open("wrong"); !errors.As(err, &failure) || failure.failure.Reason != "wrong-passphrase" {
		t.Errorf("with a wrong passphrase: %v", err)
	}
}
