package sshcore

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"golang.org/x/crypto/ssh"
)

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
