package sshcore

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"math/big"

	"golang.org/x/crypto/ssh"
)

// ppkKey makes a key of the two halves that PuTTY stores: RFC 4253's public
// key, and the private numbers, which may be followed by padding.
func ppkKey(algorithm string, public, private []byte) (any, error) {
	parsed, err := ssh.ParsePublicKey(public)
	if err != nil || parsed.Type() != algorithm {
		return nil, &KeyError{Reason: KeyTampered, Err: err}
	}
	holder, ok := parsed.(ssh.CryptoPublicKey)
	if !ok {
		return nil, &KeyError{Reason: KeyUnsupported}
	}
	switch key := holder.CryptoPublicKey().(type) {
	case ed25519.PublicKey:
		return ppkEd25519(key, private)
	case *ecdsa.PublicKey:
		return ppkECDSA(key, private)
	case *rsa.PublicKey:
		return ppkRSA(key, private)
	}
	return nil, &KeyError{Reason: KeyUnsupported}
}

func ppkEd25519(public ed25519.PublicKey, private []byte) (any, error) {
	var p struct {
		Seed []byte
		Rest []byte `ssh:"rest"`
	}
	if ssh.Unmarshal(private, &p) != nil || len(p.Seed) != ed25519.SeedSize {
		return nil, &KeyError{Reason: KeyTampered}
	}
	key := ed25519.NewKeyFromSeed(p.Seed)
	if !public.Equal(key.Public()) {
		return nil, &KeyError{Reason: KeyTampered}
	}
	return key, nil
}

func ppkECDSA(public *ecdsa.PublicKey, private []byte) (any, error) {
	var p struct {
		D    *big.Int
		Rest []byte `ssh:"rest"`
	}
	size := (public.Curve.Params().BitSize + 7) / 8
	if ssh.Unmarshal(private, &p) != nil || p.D.Sign() <= 0 || p.D.BitLen() > 8*size {
		return nil, &KeyError{Reason: KeyTampered}
	}
	key, err := ecdsa.ParseRawPrivateKey(public.Curve, p.D.FillBytes(make([]byte, size)))
	if err != nil || !public.Equal(key.Public()) {
		return nil, &KeyError{Reason: KeyTampered, Err: err}
	}
	return key, nil
}

func ppkRSA(public *rsa.PublicKey, private []byte) (any, error) {
	var p struct {
		D, P, Q, Inverse *big.Int
		Rest             []byte `ssh:"rest"`
	}
	if ssh.Unmarshal(private, &p) != nil {
		return nil, &KeyError{Reason: KeyTampered}
	}
	key := &rsa.PrivateKey{PublicKey: *public, D: p.D, Primes: []*big.Int{p.P, p.Q}}
	if err := key.Validate(); err != nil {
		return nil, &KeyError{Reason: KeyTampered, Err: err}
	}
	key.Precompute()
	return key, nil
}
