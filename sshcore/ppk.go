package sshcore

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/ssh"
)

// ppkMark begins every file of PuTTY's format; appendix C of its manual
// describes versions 2 and 3.
const ppkMark = "PuTTY-User-Key-File-"

// Bounds of Argon2, which PuTTY sets to 8 MiB and some twenty passes.
const (
	maxArgonMemory  = 256 << 10 // KiB
	maxArgonWork    = 2 << 20   // KiB times passes
	maxArgonThreads = 16
)

// ppk is a file of PuTTY's format.
type ppk struct {
	version         string
	algorithm       string
	encryption      string
	comment         string
	public, private []byte // private: as it stands in the file
	mac             []byte
	headers         map[string]string
}

func readPPK(text string) (*sealedKey, error) {
	f, err := splitPPK(text)
	if err != nil {
		return nil, err
	}
	if reason, ok := unusable(f.algorithm); ok {
		return nil, &KeyError{Reason: reason}
	}
	public, err := ssh.ParsePublicKey(f.public)
	if err != nil {
		return nil, &KeyError{Reason: KeyUnsupported, Err: err}
	}
	return &sealedKey{public: public, encrypted: f.encryption != "none", open: f.open}, nil
}

// splitPPK takes the lines apart. Blocks follow a line "Name-Lines: n".
func splitPPK(text string) (*ppk, error) {
	f := &ppk{headers: map[string]string{}}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		name, value, ok := strings.Cut(lines[i], ":")
		if !ok {
			return nil, &KeyError{Reason: KeyTruncated}
		}
		value = strings.TrimSpace(value)
		f.headers[name] = value
		if name != "Public-Lines" && name != "Private-Lines" {
			continue
		}
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 || n > len(lines)-i-1 {
			return nil, &KeyError{Reason: KeyTruncated}
		}
		block, err := base64.StdEncoding.DecodeString(strings.Join(lines[i+1:i+1+n], ""))
		if err != nil {
			return nil, &KeyError{Reason: KeyTruncated}
		}
		if name == "Public-Lines" {
			f.public = block
		} else {
			f.private = block
		}
		i += n
	}
	return f, f.complete(lines[0])
}

// complete takes the headers over and tells what is missing among them.
func (f *ppk) complete(first string) error {
	mark, algorithm, _ := strings.Cut(first, ":")
	f.version = strings.TrimPrefix(mark, ppkMark)
	f.algorithm = strings.TrimSpace(algorithm)
	f.encryption, f.comment = f.headers["Encryption"], f.headers["Comment"]
	f.mac, _ = hex.DecodeString(f.headers["Private-MAC"])
	if f.version != "2" && f.version != "3" {
		return keyError(KeyUnsupported, "it is version "+strconv.Quote(f.version)+" of PuTTY's format")
	}
	if len(f.public) == 0 || len(f.private) == 0 || len(f.mac) == 0 || f.encryption == "" {
		return &KeyError{Reason: KeyTruncated}
	}
	if f.encryption != "none" && f.encryption != "aes256-cbc" {
		return keyError(KeyUnsupported, "it is encrypted with "+strconv.Quote(f.encryption))
	}
	if f.encryption != "none" && len(f.private)%aes.BlockSize != 0 {
		return &KeyError{Reason: KeyTruncated}
	}
	return nil
}

// open decrypts the private half, checks it, and makes a key of it.
func (f *ppk) open(passphrase []byte) (any, error) {
	secrets, err := f.secrets(passphrase)
	if err != nil {
		return nil, err
	}
	plain := append([]byte(nil), f.private...)
	defer clear(plain)
	if f.encryption != "none" {
		block, err := aes.NewCipher(secrets.key)
		if err != nil {
			return nil, &KeyError{Reason: KeyUnsupported, Err: err}
		}
		cipher.NewCBCDecrypter(block, secrets.iv).CryptBlocks(plain, plain)
	}
	if !hmac.Equal(f.sum(secrets, plain), f.mac) {
		if f.encryption != "none" {
			return nil, &KeyError{Reason: KeyWrongPassphrase}
		}
		return nil, &KeyError{Reason: KeyTampered}
	}
	return ppkKey(f.algorithm, f.public, plain)
}

// ppkSecrets is what a passphrase becomes.
type ppkSecrets struct{ key, iv, mac []byte }

func (f *ppk) secrets(passphrase []byte) (ppkSecrets, error) {
	if f.version == "2" {
		return secretsV2(passphrase, f.encryption != "none"), nil
	}
	if f.encryption == "none" {
		return ppkSecrets{}, nil
	}
	return f.secretsV3(passphrase)
}

// secretsV2 stretches nothing: version 2 is from 2001.
func secretsV2(passphrase []byte, encrypted bool) ppkSecrets {
	sum := func(prefix string, p []byte) []byte {
		h := sha1.New()
		h.Write([]byte(prefix))
		h.Write(p)
		return h.Sum(nil)
	}
	const macPrefix = "putty-private-key-file-mac-key"
	if !encrypted {
		return ppkSecrets{mac: sum(macPrefix, nil)}
	}
	key := append(sum("\x00\x00\x00\x00", passphrase), sum("\x00\x00\x00\x01", passphrase)...)
	return ppkSecrets{key: key[:32], iv: make([]byte, aes.BlockSize), mac: sum(macPrefix, passphrase)}
}

func (f *ppk) secretsV3(passphrase []byte) (ppkSecrets, error) {
	number := func(name string) int {
		n, err := strconv.ParseUint(f.headers[name], 10, 31)
		if err != nil {
			return 0
		}
		return int(n)
	}
	memory, passes, threads := number("Argon2-Memory"), number("Argon2-Passes"), number("Argon2-Parallelism")
	salt, err := hex.DecodeString(f.headers["Argon2-Salt"])
	if err != nil || memory < 1 || passes < 1 || threads < 1 {
		return ppkSecrets{}, &KeyError{Reason: KeyTruncated, Err: err}
	}
	if memory > maxArgonMemory || threads > maxArgonThreads || int64(memory)*int64(passes) > maxArgonWork {
		return ppkSecrets{}, &KeyError{Reason: KeyTooCostly}
	}
	var derive func(password, salt []byte, time, memory uint32, threads uint8, keyLen uint32) []byte
	switch kind := f.headers["Key-Derivation"]; kind {
	case "Argon2id":
		derive = argon2.IDKey
	case "Argon2i":
		derive = argon2.Key
	case "Argon2d":
		derive = argon2d
	default:
		return ppkSecrets{}, keyError(KeyUnsupported, "its key derivation is "+strconv.Quote(kind))
	}
	out := derive(passphrase, salt, uint32(passes), uint32(memory), uint8(threads), 80)
	return ppkSecrets{key: out[:32], iv: out[32:48], mac: out[48:]}, nil
}

// sum is the checksum over all that matters in the file, decrypted.
func (f *ppk) sum(secrets ppkSecrets, plain []byte) []byte {
	newHash := sha256.New
	if f.version == "2" {
		newHash = sha1.New
	}
	mac := hmac.New(newHash, secrets.mac)
	mac.Write(ssh.Marshal(struct {
		Algorithm, Encryption, Comment string
		Public, Private                []byte
	}{f.algorithm, f.encryption, f.comment, f.public, plain}))
	return mac.Sum(nil)
}
