package sshcore

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"hash"

	"golang.org/x/crypto/scrypt"
)

// Bounds of what unlocking a key may cost. They are far above what any tool
// writes by itself, and keep a crafted file from taking minutes or gigabytes.
const (
	maxPBKDF2Rounds  = 10_000_000
	maxScryptMemory  = 256 << 20
	maxScryptBlocks  = 1 << 25 // N*r*p
	maxScryptThreads = 16
)

// Names of RFC 8018 (PKCS#5) and RFC 7914.
var (
	oidPBES2      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidScrypt     = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11591, 4, 11}
	oidHMACSHA1   = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 7}
	oidHMACSHA256 = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}
	oidHMACSHA512 = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 11}
	oidAES128     = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 2}
	oidAES192     = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 22}
	oidAES256     = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}
	oid3DES       = asn1.ObjectIdentifier{1, 2, 840, 113549, 3, 7}
)

// pbes2 is what encrypts a key, RFC 8018 appendix A.4.
type pbes2 struct {
	kdf, cipher pkix.AlgorithmIdentifier
	data        []byte
}

// readPKCS8 reads an EncryptedPrivateKeyInfo. It hides its public half.
func readPKCS8(der []byte) (*sealedKey, error) {
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	if rest, err := asn1.Unmarshal(der, &info); err != nil || len(rest) > 0 {
		return nil, &KeyError{Reason: KeyTruncated, Err: err}
	}
	if !info.Algorithm.Algorithm.Equal(oidPBES2) {
		return nil, keyError(KeyUnsupported, "it is encrypted in a way of before PKCS#5 2.0")
	}
	var params struct{ KDF, Cipher pkix.AlgorithmIdentifier }
	if _, err := asn1.Unmarshal(info.Algorithm.Parameters.FullBytes, &params); err != nil {
		return nil, &KeyError{Reason: KeyTruncated, Err: err}
	}
	p := &pbes2{kdf: params.KDF, cipher: params.Cipher, data: info.Data}
	return &sealedKey{encrypted: true, open: p.open}, nil
}

func (p *pbes2) open(passphrase []byte) (any, error) {
	plain, err := p.decrypt(passphrase)
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	// What decrypts to nonsense, or by chance to sound padding, is not told from
	// a wrong passphrase: the format has no checksum.
	der, ok := unpad(plain)
	var shape asn1.RawValue
	if rest, err := asn1.Unmarshal(der, &shape); !ok || err != nil || len(rest) > 0 || shape.Tag != asn1.TagSequence {
		return nil, &KeyError{Reason: KeyWrongPassphrase}
	}
	private, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, &KeyError{Reason: KeyUnsupported, Err: err}
	}
	return private, nil
}

func (p *pbes2) decrypt(passphrase []byte) ([]byte, error) {
	newCipher, size, err := p.blockCipher()
	if err != nil {
		return nil, err
	}
	key, err := p.derive(passphrase, size)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	block, err := newCipher(key)
	if err != nil {
		return nil, &KeyError{Reason: KeyUnsupported, Err: err}
	}
	var iv []byte
	if _, err := asn1.Unmarshal(p.cipher.Parameters.FullBytes, &iv); err != nil || len(iv) != block.BlockSize() ||
		len(p.data) == 0 || len(p.data)%len(iv) != 0 {
		return nil, &KeyError{Reason: KeyTruncated, Err: err}
	}
	plain := make([]byte, len(p.data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, p.data)
	return plain, nil
}

func (p *pbes2) blockCipher() (newCipher func([]byte) (cipher.Block, error), keySize int, err error) {
	switch id := p.cipher.Algorithm; {
	case id.Equal(oidAES128):
		return aes.NewCipher, 16, nil
	case id.Equal(oidAES192):
		return aes.NewCipher, 24, nil
	case id.Equal(oidAES256):
		return aes.NewCipher, 32, nil
	case id.Equal(oid3DES):
		return des.NewTripleDESCipher, 24, nil
	}
	return nil, 0, keyError(KeyUnsupported, "its cipher is "+p.cipher.Algorithm.String())
}

// derive makes the cipher's key of the passphrase.
func (p *pbes2) derive(passphrase []byte, size int) ([]byte, error) {
	params := p.kdf.Parameters.FullBytes
	switch id := p.kdf.Algorithm; {
	case id.Equal(oidPBKDF2):
		return derivePBKDF2(params, passphrase, size)
	case id.Equal(oidScrypt):
		return deriveScrypt(params, passphrase, size)
	}
	return nil, keyError(KeyUnsupported, "its key derivation is "+p.kdf.Algorithm.String())
}

func derivePBKDF2(params, passphrase []byte, size int) ([]byte, error) {
	var p struct {
		Salt   []byte
		Rounds int
		Length int                      `asn1:"optional"`
		PRF    pkix.AlgorithmIdentifier `asn1:"optional"`
	}
	if _, err := asn1.Unmarshal(params, &p); err != nil || p.Rounds < 1 {
		return nil, &KeyError{Reason: KeyTruncated, Err: err}
	}
	if p.Rounds > maxPBKDF2Rounds {
		return nil, &KeyError{Reason: KeyTooCostly}
	}
	var newHash func() hash.Hash
	switch prf := p.PRF.Algorithm; {
	case len(prf) == 0, prf.Equal(oidHMACSHA1): // the default of RFC 8018
		newHash = sha1.New
	case prf.Equal(oidHMACSHA256):
		newHash = sha256.New
	case prf.Equal(oidHMACSHA512):
		newHash = sha512.New
	default:
		return nil, keyError(KeyUnsupported, "its key derivation uses "+prf.String())
	}
	key, err := pbkdf2.Key(newHash, string(passphrase), p.Salt, p.Rounds, size)
	if err != nil {
		return nil, &KeyError{Reason: KeyUnsupported, Err: err}
	}
	return key, nil
}

func deriveScrypt(params, passphrase []byte, size int) ([]byte, error) {
	var p struct {
		Salt    []byte
		N, R, P int
		Length  int `asn1:"optional"`
	}
	if _, err := asn1.Unmarshal(params, &p); err != nil || p.N < 2 || p.R < 1 || p.P < 1 {
		return nil, &KeyError{Reason: KeyTruncated, Err: err}
	}
	// Bounded one by one first, so that the products cannot overflow.
	if p.N > maxScryptBlocks || p.R > maxScryptBlocks || p.P > maxScryptThreads ||
		int64(p.N)*int64(p.R) > maxScryptMemory/128 || int64(p.N)*int64(p.R)*int64(p.P) > maxScryptBlocks {
		return nil, &KeyError{Reason: KeyTooCostly}
	}
	key, err := scrypt.Key(passphrase, p.Salt, p.N, p.R, p.P, size)
	if err != nil {
		return nil, &KeyError{Reason: KeyTruncated, Err: err}
	}
	return key, nil
}

// unpad takes RFC 8018's padding off: n bytes of value n.
func unpad(p []byte) ([]byte, bool) {
	n := int(p[len(p)-1])
	if n < 1 || n > len(p) || !bytes.Equal(p[len(p)-n:], bytes.Repeat([]byte{byte(n)}, n)) {
		return nil, false
	}
	return p[:len(p)-n], true
}
