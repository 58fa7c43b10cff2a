package sshcore

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"fmt"

	"golang.org/x/crypto/ssh"
)

// KeyKind is what GenerateKey makes.
type KeyKind string

// Ed25519 is the one to take. ECDSA is for policies that want NIST's curves,
// RSA (3072 bits) for servers too old for either.
const (
	Ed25519   KeyKind = "ed25519"
	ECDSAP256 KeyKind = "ecdsa-p256"
	ECDSAP384 KeyKind = "ecdsa-p384"
	ECDSAP521 KeyKind = "ecdsa-p521"
	RSA3072   KeyKind = "rsa-3072"
)

// GenerateKey makes a new key, in OpenSSH's format; encrypted, unless the
// passphrase is empty.
func GenerateKey(kind KeyKind, comment string, passphrase []byte) (text []byte, public ssh.PublicKey, err error) {
	key, err := newPrivateKey(kind)
	if err != nil {
		return nil, nil, fmt.Errorf("sshcore: generate key: %w", err)
	}
	var block *pem.Block
	if len(passphrase) == 0 {
		block, err = ssh.MarshalPrivateKey(key, comment)
	} else {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, comment, passphrase)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("sshcore: generate key: %w", err)
	}
	public, err = ssh.NewPublicKey(key.Public())
	return pem.EncodeToMemory(block), public, err
}

func newPrivateKey(kind KeyKind) (crypto.Signer, error) {
	switch kind {
	case Ed25519:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	case ECDSAP256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case ECDSAP384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case ECDSAP521:
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case RSA3072:
		return rsa.GenerateKey(rand.Reader, 3072)
	}
	return nil, fmt.Errorf("no kind of key is called %q", kind)
}
