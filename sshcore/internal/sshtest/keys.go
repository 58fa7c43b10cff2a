package sshtest

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"testing"

	"golang.org/x/crypto/ssh"
)

// Key makes a new key of a type: ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256 or
// ssh.KeyAlgoRSA.
func Key(t testing.TB, keyType string) ssh.Signer {
	t.Helper()
	raw, err := rawKey(keyType)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func rawKey(keyType string) (any, error) {
	switch keyType {
	case ssh.KeyAlgoRSA:
		return rsa.GenerateKey(rand.Reader, 2048)
	case ssh.KeyAlgoECDSA256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return key, err
}
