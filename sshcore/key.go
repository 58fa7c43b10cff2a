package sshcore

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

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
	KeyPPK              KeyReason = "ppk-unsupported"
	KeyEncryptedPKCS8   KeyReason = "encrypted-pkcs8-unsupported"
	KeyDSA              KeyReason = "dsa"
	KeyTruncated        KeyReason = "truncated"
	KeyWrongPassphrase  KeyReason = "wrong-passphrase"
	KeyNoAlgorithm      KeyReason = "no-algorithm" // a good key, but the server takes only signatures that we refuse to make
	KeyUnknown          KeyReason = "unknown"
)

var keyTexts = map[KeyReason]string{
	KeyPublicNotPrivate: "this is the public half of a key",
	KeyCertificate:      "this is a certificate, not a private key",
	KeyPPK:              "PuTTY's key format is not supported; export it as an OpenSSH key",
	KeyEncryptedPKCS8:   "encrypted PKCS#8 is not supported; convert it with ssh-keygen -p",
	KeyDSA:              "DSA keys are no longer secure and not supported",
	KeyTruncated:        "the key is incomplete",
	KeyWrongPassphrase:  "the passphrase does not fit",
	KeyNoAlgorithm:      "the server takes only SHA-1 signatures of this key",
	KeyUnknown:          "this is not a private key that we know",
}

// KeyError reports a private key that cannot be used. It never quotes the key.
type KeyError struct {
	Reason KeyReason
	Err    error
}

func (e *KeyError) Error() string { return withCause(keyTexts[e.Reason], e.Err) }

func (e *KeyError) Unwrap() error { return e.Err }

var errNoPassphrase = errors.New("the key is encrypted and nobody can be asked")

// ParseKey reads a private key: OpenSSH's format or PEM (PKCS#1, SEC 1,
// PKCS#8), Ed25519, ECDSA or RSA. passphrase is called if the key is
// encrypted; if its format shows the public half, as OpenSSH's does, only when
// the signer is first used. Its bytes are wiped. Every failure is a *KeyError,
// except what passphrase returns.
func ParseKey(text []byte, passphrase func() ([]byte, error)) (ssh.Signer, error) {
	return parseKey(text, func() (ssh.Signer, error) {
		if passphrase == nil {
			return nil, &KeyError{Reason: KeyWrongPassphrase, Err: errNoPassphrase}
		}
		secret, err := passphrase()
		if err != nil {
			return nil, err
		}
		defer clear(secret)
		return unlockKey(text, secret)
	})
}

// parseKey reads a key and leaves the unlocking of an encrypted one to unlock.
func parseKey(text []byte, unlock func() (ssh.Signer, error)) (ssh.Signer, error) {
	block, err := keyBlock(text)
	if err != nil {
		return nil, err
	}
	key, err := ssh.ParseRawPrivateKey(block)
	var missing *ssh.PassphraseMissingError
	switch {
	case errors.As(err, &missing) && missing.PublicKey != nil:
		if missing.PublicKey.Type() == typeDSA {
			return nil, &KeyError{Reason: KeyDSA}
		}
		return &lockedSigner{public: missing.PublicKey, unlock: unlock}, nil
	case errors.As(err, &missing):
		return unlock()
	case err != nil:
		return nil, &KeyError{Reason: damage(block), Err: err}
	}
	return newSigner(key)
}

// unlockKey reads an encrypted key.
func unlockKey(text, passphrase []byte) (ssh.Signer, error) {
	block, err := keyBlock(text)
	if err != nil {
		return nil, err
	}
	key, err := ssh.ParseRawPrivateKeyWithPassphrase(block, passphrase)
	if errors.Is(err, x509.IncorrectPasswordError) || len(passphrase) == 0 {
		return nil, &KeyError{Reason: KeyWrongPassphrase}
	}
	if err != nil {
		return nil, &KeyError{Reason: KeyUnknown, Err: err}
	}
	return newSigner(key)
}

func newSigner(key any) (ssh.Signer, error) {
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		return nil, &KeyError{Reason: KeyUnknown, Err: err}
	}
	if signer.PublicKey().Type() == typeDSA {
		return nil, &KeyError{Reason: KeyDSA}
	}
	return signer, nil
}

// keyBlock finds the PEM block in what a person pasted: with a byte order
// mark, foreign line ends, or blanks around it. What is no block gets a name.
func keyBlock(text []byte) ([]byte, error) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	var lines []string
	for line := range strings.Lines(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(text))) {
		lines = append(lines, strings.TrimSpace(line))
	}
	clean := []byte(strings.TrimSpace(strings.Join(lines, "\n")) + "\n")
	if reason, ok := notPrivate(string(clean)); ok {
		return nil, &KeyError{Reason: reason}
	}
	block, _ := pem.Decode(clean)
	if block == nil {
		return nil, &KeyError{Reason: damage(clean)}
	}
	switch {
	case block.Type == "ENCRYPTED PRIVATE KEY":
		return nil, &KeyError{Reason: KeyEncryptedPKCS8}
	case block.Type == "DSA PRIVATE KEY":
		return nil, &KeyError{Reason: KeyDSA}
	case strings.HasSuffix(block.Type, "PUBLIC KEY"):
		return nil, &KeyError{Reason: KeyPublicNotPrivate}
	case strings.HasSuffix(block.Type, "CERTIFICATE"):
		return nil, &KeyError{Reason: KeyCertificate}
	}
	return clean, nil
}

// notPrivate recognises what is not PEM, or not a private key, by its start.
func notPrivate(text string) (KeyReason, bool) {
	word, _, _ := strings.Cut(text, " ")
	switch {
	case strings.HasPrefix(text, "PuTTY-User-Key-File-"):
		return KeyPPK, true
	case strings.HasSuffix(word, "-cert-v01@openssh.com"):
		return KeyCertificate, true
	case strings.HasPrefix(word, "ssh-"), strings.HasPrefix(word, "ecdsa-sha2-"), strings.HasPrefix(word, "sk-"),
		strings.HasPrefix(text, "---- BEGIN SSH2 PUBLIC KEY ----"):
		return KeyPublicNotPrivate, true
	}
	return "", false
}

// damage guesses why a text that should hold a key does not parse: most often
// a part of it was not copied.
func damage(text []byte) KeyReason {
	begins := bytes.Contains(text, []byte("-----BEGIN "))
	if begins || bytes.Contains(text, []byte("-----END ")) {
		return KeyTruncated
	}
	return KeyUnknown
}

// lockedSigner is an encrypted key whose public half is known. It is unlocked
// when it has to sign.
type lockedSigner struct {
	public ssh.PublicKey
	unlock func() (ssh.Signer, error)
	signer ssh.Signer
}

func (s *lockedSigner) PublicKey() ssh.PublicKey { return s.public }

func (s *lockedSigner) Sign(rand io.Reader, data []byte) (*ssh.Signature, error) {
	return s.SignWithAlgorithm(rand, data, "")
}

func (s *lockedSigner) SignWithAlgorithm(rand io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	if s.signer == nil {
		signer, err := s.unlock()
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(signer.PublicKey().Marshal(), s.public.Marshal()) {
			return nil, &KeyError{Reason: KeyUnknown, Err: errors.New("its public half belongs to another key")}
		}
		s.signer = signer
	}
	return signWith(s.signer, rand, data, algorithm)
}

// signWith signs with the named algorithm; empty means the key's own.
func signWith(s ssh.Signer, rand io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	if as, ok := s.(ssh.AlgorithmSigner); ok && algorithm != "" {
		return as.SignWithAlgorithm(rand, data, algorithm)
	}
	if own := plainKey(s.PublicKey()).Type(); algorithm != "" && algorithm != own {
		return nil, fmt.Errorf("a key of type %s cannot sign as %s", own, algorithm)
	}
	return s.Sign(rand, data)
}

// limitedSigner restricts an RSA key to the signature algorithms of the
// configuration, and stops the clock while it signs: the key may sit in a
// device that wants to be touched, or behind a passphrase.
type limitedSigner struct {
	ssh.Signer
	turn       turn
	algorithms []string
}

// Algorithms makes it an ssh.MultiAlgorithmSigner.
func (s *limitedSigner) Algorithms() []string { return s.algorithms }

func (s *limitedSigner) SignWithAlgorithm(rand io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	return during(s.turn, func() (*ssh.Signature, error) { return signWith(s.Signer, rand, data, algorithm) })
}

// signatureAlgorithms lists what a key may sign with. Only RSA keys have a
// choice, and only theirs is restricted.
func signatureAlgorithms(s ssh.Signer, allowed []string) []string {
	own := plainKey(s.PublicKey()).Type()
	list := []string{own}
	if multi, ok := s.(ssh.MultiAlgorithmSigner); ok {
		list = multi.Algorithms()
	} else if _, ok := s.(ssh.AlgorithmSigner); ok {
		list = algorithmsForKeyType(own)
	}
	if own != ssh.KeyAlgoRSA {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(a string) bool { return !slices.Contains(allowed, a) })
}
