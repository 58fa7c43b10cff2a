package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"time"
)

// signer signs tickets: see docs/tickets.md.
type signer struct{ key ed25519.PrivateKey }

func newSigner() (*signer, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return &signer{key}, err
}

// publicPEM is what the gateway is given.
func (s *signer) publicPEM() []byte {
	der, err := x509.MarshalPKIXPublicKey(s.key.Public())
	if err != nil {
		panic(err) // an Ed25519 key always has this form
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// ticket lets a user onto a machine from one origin.
func (s *signer) ticket(user string, m machine, origin string) string {
	now := time.Now().Unix()
	claims, err := json.Marshal(map[string]any{
		"iat": now, "exp": now + 60, "jti": rand.Text(), "sub": user, "origin": origin,
		"host": m.Host, "port": m.Port, "user": m.User, "hostkey_sha256": m.Fingerprint,
	})
	if err != nil {
		panic(err) // strings and numbers alone
	}
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"EdDSA"}`)) + "." + encode(claims)
	return signed + "." + encode(ed25519.Sign(s.key, []byte(signed)))
}
