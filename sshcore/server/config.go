package server

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
)

// minRSABits is the shortest RSA key accepted from either side; NIST SP
// 800-131A forbids shorter ones since 2014.
const minRSABits = 2048

// What is negotiated: no SHA-1, no CBC, no DSA, nothing for old devices. A
// server that we write has no old devices to please.
var (
	keyExchanges = []string{
		ssh.KeyExchangeMLKEM768X25519, ssh.KeyExchangeCurve25519,
		ssh.KeyExchangeECDHP256, ssh.KeyExchangeECDHP384, ssh.KeyExchangeECDHP521,
		ssh.KeyExchangeDH16SHA512, ssh.KeyExchangeDH14SHA256,
	}
	ciphers = []string{
		ssh.CipherAES256GCM, ssh.CipherAES128GCM, ssh.CipherChaCha20Poly1305,
		ssh.CipherAES256CTR, ssh.CipherAES192CTR, ssh.CipherAES128CTR,
	}
	macs = []string{
		ssh.HMACSHA256ETM, ssh.HMACSHA512ETM, ssh.HMACSHA256, ssh.HMACSHA512,
	}
	userKeys = []string{
		ssh.KeyAlgoED25519, ssh.KeyAlgoSKED25519, ssh.KeyAlgoSKECDSA256,
		ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521,
		ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256,
	}
	rsaSignatures = []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
)

// rekeyBytes bounds what is sent under one key; RFC 4253 section 9 recommends
// a gigabyte.
const rekeyBytes = 1 << 30

// check says why the server must not start.
func (s *Server) check() error {
	_, err := s.config()
	return err
}

// config is the part of x/crypto's configuration that all connections share.
func (s *Server) config() (*ssh.ServerConfig, error) {
	if len(s.HostKeys) == 0 {
		return nil, errors.New("server: no host key")
	}
	if s.factors().empty() {
		return nil, errors.New("server: no login method: set PasswordAuth, PublicKeyAuth or InteractiveAuth")
	}
	c := &ssh.ServerConfig{
		Config: ssh.Config{
			KeyExchanges: keyExchanges, Ciphers: ciphers, MACs: macs,
			RekeyThreshold: rekeyBytes,
		},
		PublicKeyAuthAlgorithms: userKeys,
		MaxAuthTries:            or(s.MaxAuthTries, 6),
		ServerVersion:           "SSH-2.0-" + or(s.Version, "Wasmiko"),
	}
	if s.Banner != "" {
		banner := crlf(s.Banner)
		c.BannerCallback = func(ssh.ConnMetadata) string { return banner }
	}
	for i, key := range s.HostKeys {
		key, err := modern(key)
		if err != nil {
			return nil, fmt.Errorf("server: host key %d: %w", i, err)
		}
		c.AddHostKey(key)
	}
	return c, nil
}

// modern keeps an RSA host key from signing with SHA-1.
func modern(key ssh.Signer) (ssh.Signer, error) {
	if key == nil {
		return nil, errors.New("is nil")
	}
	if key.PublicKey().Type() != ssh.KeyAlgoRSA {
		return key, nil
	}
	if weak(key.PublicKey()) {
		return nil, fmt.Errorf("RSA with fewer than %d bits", minRSABits)
	}
	able, ok := key.(ssh.AlgorithmSigner)
	if !ok {
		return nil, errors.New("RSA signer that cannot use SHA-2")
	}
	return ssh.NewSignerWithAlgorithms(able, rsaSignatures)
}

// weak reports a key that is too short to prove anything.
func weak(key ssh.PublicKey) bool {
	if cert, ok := key.(*ssh.Certificate); ok {
		key = cert.Key
	}
	crypto, ok := key.(ssh.CryptoPublicKey)
	if !ok {
		return false
	}
	r, ok := crypto.CryptoPublicKey().(*rsa.PublicKey)
	return ok && r.N.BitLen() < minRSABits
}

// crlf ends lines as RFC 4252 section 5.4 wants them in a banner.
func crlf(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return strings.ReplaceAll(text, "\n", "\r\n")
}
