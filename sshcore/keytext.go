package sshcore

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"

	"golang.org/x/crypto/ssh"
)

// maxKeyText bounds the text of a private key: an RSA key of 16,384 bits has
// some 13 KB.
const maxKeyText = 1 << 20

// readKey understands the text of a private key. What is none gets a name.
func readKey(text []byte) (*sealedKey, error) {
	if len(text) > maxKeyText {
		return nil, keyError(KeyUnknown, "it is too long for a key")
	}
	clean := cleanKeyText(text)
	if reason, ok := notPrivate(string(clean)); ok {
		return nil, &KeyError{Reason: reason}
	}
	if bytes.HasPrefix(clean, []byte(ppkMark)) {
		return readPPK(string(clean))
	}
	block, _ := pem.Decode(clean)
	if block == nil {
		return nil, &KeyError{Reason: damage(clean)}
	}
	return readPEM(block)
}

// cleanKeyText mends what happens to a text that a person copies: a byte order
// mark, foreign line ends, blanks around the lines.
func cleanKeyText(text []byte) []byte {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	var lines []string
	for line := range strings.Lines(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(text))) {
		lines = append(lines, strings.TrimSpace(line))
	}
	return []byte(strings.TrimSpace(strings.Join(lines, "\n")) + "\n")
}

// notPrivate recognises what is not a private key by its start.
func notPrivate(text string) (KeyReason, bool) {
	word, _, _ := strings.Cut(text, " ")
	switch {
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

func readPEM(block *pem.Block) (*sealedKey, error) {
	switch {
	case block.Type == "OPENSSH PRIVATE KEY":
		return readOpenSSH(block)
	case block.Type == "ENCRYPTED PRIVATE KEY":
		return readPKCS8(block.Bytes)
	case block.Type == "DSA PRIVATE KEY":
		return nil, &KeyError{Reason: KeyDSA}
	case strings.HasSuffix(block.Type, "PUBLIC KEY"):
		return nil, &KeyError{Reason: KeyPublicNotPrivate}
	case strings.HasSuffix(block.Type, "CERTIFICATE"):
		return nil, &KeyError{Reason: KeyCertificate}
	case strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
		return &sealedKey{encrypted: true, open: func(p []byte) (any, error) { return unlockPEM(block, p) }}, nil
	}
	key, err := ssh.ParseRawPrivateKey(pem.EncodeToMemory(block))
	if err != nil {
		return nil, &KeyError{Reason: KeyTruncated, Err: err}
	}
	return &sealedKey{open: func([]byte) (any, error) { return key, nil }}, nil
}

// unlockPEM decrypts RFC 1421's way, as OpenSSL did before PKCS#8, and what
// readOpenSSH has looked at.
func unlockPEM(block *pem.Block, passphrase []byte) (any, error) {
	if len(passphrase) == 0 {
		return nil, &KeyError{Reason: KeyWrongPassphrase}
	}
	key, err := ssh.ParseRawPrivateKeyWithPassphrase(pem.EncodeToMemory(block), passphrase)
	if errors.Is(err, x509.IncorrectPasswordError) {
		return nil, &KeyError{Reason: KeyWrongPassphrase}
	}
	if err != nil {
		return nil, &KeyError{Reason: KeyUnsupported, Err: err}
	}
	return key, nil
}

const opensshMagic = "openssh-key-v1\x00"

// maxBcryptRounds is what x/crypto takes: 128 times the default.
const maxBcryptRounds = 2048

// readOpenSSH reads OpenSSH's own format (PROTOCOL.key), whose public half and
// whose cost stand in the clear.
func readOpenSSH(block *pem.Block) (*sealedKey, error) {
	var head struct {
		Cipher, KDF, Options string
		Keys                 uint32
		Public, Private      []byte
		Rest                 []byte `ssh:"rest"`
	}
	body, ok := bytes.CutPrefix(block.Bytes, []byte(opensshMagic))
	if !ok || ssh.Unmarshal(body, &head) != nil {
		return nil, &KeyError{Reason: KeyTruncated}
	}
	if head.Keys != 1 {
		return nil, keyError(KeyUnsupported, "it holds several keys")
	}
	if reason, ok := unusable(keyTypeOf(head.Public)); ok {
		return nil, &KeyError{Reason: reason}
	}
	if head.Cipher == "none" {
		key, err := ssh.ParseRawPrivateKey(pem.EncodeToMemory(block))
		if err != nil {
			return nil, &KeyError{Reason: KeyTruncated, Err: err}
		}
		return &sealedKey{open: func([]byte) (any, error) { return key, nil }}, nil
	}
	if err := opensshCost(head.Cipher, head.KDF, head.Options); err != nil {
		return nil, err
	}
	public, err := ssh.ParsePublicKey(head.Public)
	if err != nil {
		return nil, &KeyError{Reason: KeyTruncated, Err: err}
	}
	return &sealedKey{public: public, encrypted: true, open: func(p []byte) (any, error) { return unlockPEM(block, p) }}, nil
}

// opensshCost refuses an encryption that we do not know or cannot afford.
func opensshCost(cipher, kdf, options string) error {
	if kdf != "bcrypt" || cipher != "aes256-ctr" && cipher != "aes256-cbc" {
		return keyError(KeyUnsupported, "it is encrypted with "+cipher+" and "+kdf)
	}
	var bcrypt struct {
		Salt   string
		Rounds uint32
	}
	if ssh.Unmarshal([]byte(options), &bcrypt) != nil {
		return &KeyError{Reason: KeyTruncated}
	}
	if bcrypt.Rounds > maxBcryptRounds {
		return &KeyError{Reason: KeyTooCostly}
	}
	return nil
}

// keyTypeOf returns the type of a public key in wire format.
func keyTypeOf(public []byte) string {
	var head struct {
		Type string
		Rest []byte `ssh:"rest"`
	}
	if ssh.Unmarshal(public, &head) != nil {
		return ""
	}
	return head.Type
}

// unusable names the types of keys that no text of theirs could make usable.
func unusable(keyType string) (KeyReason, bool) {
	switch {
	case keyType == typeDSA:
		return KeyDSA, true
	case strings.HasPrefix(keyType, "sk-"):
		return KeySecurityKey, true
	}
	return "", false
}
