package sshcore

import (
	"crypto"
	"crypto/ed25519"
	"errors"

	"golang.org/x/crypto/ssh"
)

// typeDSA is named here to be refused.
const typeDSA = "ssh-dss"

// KeyReason tells what is wrong with the text of a private key.
type KeyReason string

// What people take for a private key, and what goes wrong with one.
const (
	KeyPublicNotPrivate KeyReason = "public-not-private"
	KeyCertificate      KeyReason = "certificate" // the public certificate, without its key
	KeySecurityKey      KeyReason = "security-key"
	KeyDSA              KeyReason = "dsa"
	KeyTruncated        KeyReason = "truncated"
	KeyTampered         KeyReason = "tampered" // its checksum says that something in it was changed
	KeyWrongPassphrase  KeyReason = "wrong-passphrase"
	KeyTooCostly        KeyReason = "too-costly"
	KeyUnsupported      KeyReason = "unsupported"
	KeyNoAlgorithm      KeyReason = "no-algorithm" // a good key, but the server takes only signatures that we refuse to make
	KeyNone             KeyReason = "no-keys"      // an agent that holds none, or is locked
	KeyUnknown          KeyReason = "unknown"
)

var keyTexts = map[KeyReason]string{
	KeyPublicNotPrivate: "this is the public half of a key",
	KeyCertificate:      "this is a certificate, not a private key",
	KeySecurityKey:      "this key lives in a security key, and the file only points to it",
	KeyDSA:              "DSA keys are no longer secure and not supported",
	KeyTruncated:        "the key is incomplete",
	KeyTampered:         "the key was changed after it was saved",
	KeyWrongPassphrase:  "the passphrase does not fit",
	KeyTooCostly:        "to unlock the key would take too much time or memory",
	KeyUnsupported:      "the key is of a kind that is not supported",
	KeyNoAlgorithm:      "the server takes only SHA-1 signatures of this key",
	KeyNone:             "there is no key to offer",
	KeyUnknown:          "this is not a private key that we know",

	CertificateUnreadable: "this is not an OpenSSH certificate",
	CertificateHost:       "this is a server's certificate, not a user's",
	CertificateOtherKey:   "the certificate belongs to another key",
	CertificateExpired:    "the certificate has expired",
	CertificateNotYet:     "the certificate is not valid yet",
}

// KeyError reports a private key that cannot be used. It never quotes the key.
type KeyError struct {
	Reason KeyReason
	Err    error
}

func (e *KeyError) Error() string { return withCause(keyTexts[e.Reason], e.Err) }

func (e *KeyError) Unwrap() error { return e.Err }

// keyError is a *KeyError with words about the cause.
func keyError(reason KeyReason, cause string) *KeyError {
	return &KeyError{Reason: reason, Err: errors.New(cause)}
}

var errNoPassphrase = errors.New("the key is encrypted and nobody can be asked")

// sealedKey is the text of a private key, understood but not opened.
type sealedKey struct {
	public    ssh.PublicKey // nil if the format hides it
	encrypted bool
	open      func(passphrase []byte) (any, error) // the key as package crypto knows it
}

// ParseKey reads a private key, Ed25519, ECDSA or RSA: OpenSSH's format,
// PuTTY's (PPK 2 and 3), or PEM (PKCS#1, SEC 1, PKCS#8). passphrase is called
// if the key is encrypted; if its format shows the public half, as OpenSSH's
// and PuTTY's do, only when the signer is first used. Its bytes are wiped.
// Every failure is a *KeyError, except what passphrase returns.
func ParseKey(text []byte, passphrase func() ([]byte, error)) (ssh.Signer, error) {
	sealed, err := readKey(text)
	if err != nil {
		return nil, err
	}
	return sealed.signer(func() (ssh.Signer, error) {
		if passphrase == nil {
			return nil, &KeyError{Reason: KeyWrongPassphrase, Err: errNoPassphrase}
		}
		secret, err := passphrase()
		if err != nil {
			return nil, err
		}
		defer clear(secret)
		return sealed.unlock(secret)
	})
}

// OpenKey reads a private key in any format of ParseKey and returns it as
// package crypto knows it, to be kept in another form. The passphrase of a key
// that is not encrypted does not matter. Every failure is a *KeyError.
func OpenKey(text, passphrase []byte) (crypto.Signer, error) {
	sealed, err := readKey(text)
	if err != nil {
		return nil, err
	}
	key, err := sealed.open(passphrase)
	if err != nil {
		return nil, err
	}
	// x/crypto hands out a pointer where package crypto/x509 wants the value.
	if pointer, ok := key.(*ed25519.PrivateKey); ok {
		key = *pointer
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, keyError(KeyUnsupported, "it cannot sign")
	}
	return signer, nil
}

// signer opens a key, and leaves the unlocking of an encrypted one to unlock.
func (k *sealedKey) signer(unlock func() (ssh.Signer, error)) (ssh.Signer, error) {
	switch {
	case !k.encrypted:
		return k.unlock(nil)
	case k.public == nil:
		return unlock()
	}
	return &lockedSigner{public: k.public, unlock: unlock}, nil
}

func (k *sealedKey) unlock(passphrase []byte) (ssh.Signer, error) {
	key, err := k.open(passphrase)
	if err != nil {
		return nil, err
	}
	return newSigner(key)
}

func newSigner(key any) (ssh.Signer, error) {
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		return nil, &KeyError{Reason: KeyUnsupported, Err: err}
	}
	if signer.PublicKey().Type() == typeDSA {
		return nil, &KeyError{Reason: KeyDSA}
	}
	return signer, nil
}
