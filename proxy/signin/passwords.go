package signin

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
)

// Passwords are users and the hashes of their passwords.
type Passwords struct {
	users map[string]hash
	decoy hash // takes as long as a user's
}

// hash checks a password.
type hash interface {
	matches(password []byte) bool
	text() string
}

// What HashPassword uses: RFC 9106 §4's second choice, which takes 64 MiB.
var strong = argon{time: 3, memory: 64 << 10, threads: 4}

const (
	saltLen, keyLen = 16, 32
	maxPassword     = 1 << 10
	minMemory       = 8 << 10 // KiB; below, a stolen file is soon guessed
	maxMemory       = 1 << 20 // KiB; above, a sign-in stops the gateway
	maxPasses       = 32
	minCost         = 8 // of bcrypt
	maxCost         = 15
)

// HashPassword returns a line's second half for password.
func HashPassword(password []byte) (string, error) {
	if len(password) == 0 || len(password) > maxPassword {
		return "", fmt.Errorf("a password has between 1 and %d bytes", maxPassword)
	}
	a := strong
	a.salt = make([]byte, saltLen)
	rand.Read(a.salt)
	a.key = a.derive(password, keyLen)
	return a.text(), nil
}

// CheckName says why name cannot stand in a file, or returns nil.
func CheckName(name string) error {
	if !isName(name) || strings.ContainsAny(name, ":#") {
		return errors.New("a user's name has no colon, no # and no control characters, and no space at its ends")
	}
	return nil
}

// ParsePasswords reads lines of NAME:HASH. HASH is argon2id as HashPassword makes
// it, or bcrypt as htpasswd -B does. Lines that are empty or begin with # are
// comments. An error names the line, and never what stands in it.
func ParsePasswords(text []byte) (*Passwords, error) {
	p := &Passwords{users: make(map[string]hash)}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		name, rest, ok := strings.Cut(line, ":")
		if err := CheckName(name); err != nil || !ok {
			return nil, fmt.Errorf("line %d: write NAME:HASH; wasmiko passwd NAME makes such a line", n)
		}
		h, err := parseHash(rest)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if _, twice := p.users[name]; twice {
			return nil, fmt.Errorf("line %d: this user stands here twice", n)
		}
		p.users[name] = h
		if p.decoy == nil {
			p.decoy = h
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(p.users) == 0 {
		return nil, errors.New("there is no user in it; wasmiko passwd NAME makes a line")
	}
	return p, nil
}

// Check reports whether password is the user's. Whether there is such a user does
// not change how long it takes.
func (p *Passwords) Check(name, password string) bool {
	h, known := p.users[name]
	if !known {
		h = p.decoy
	}
	ok := len(password) <= maxPassword && h.matches([]byte(password))
	return ok && known
}

// stamp tells one password of a user from the next; empty: there is no such user.
func (p *Passwords) stamp(name string) string {
	h, known := p.users[name]
	if !known {
		return ""
	}
	sum := sha256.Sum256([]byte(h.text()))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

func parseHash(text string) (hash, error) {
	switch {
	case strings.HasPrefix(text, "$argon2id$"):
		return parseArgon(text)
	case strings.HasPrefix(text, "$2"):
		cost, err := bcrypt.Cost([]byte(text))
		if err != nil || cost < minCost || cost > maxCost {
			return nil, fmt.Errorf("this is no bcrypt hash with a cost between %d and %d", minCost, maxCost)
		}
		return crypted(text), nil
	}
	return nil, errors.New("the hash is neither argon2id nor bcrypt; wasmiko passwd NAME makes a line")
}

// argon is argon2id (RFC 9106).
type argon struct {
	time, memory uint32
	threads      uint8
	salt, key    []byte
}

func parseArgon(text string) (argon, error) {
	var a argon
	var version int
	parts := strings.Split(text, "$") // "", argon2id, v, parameters, salt, key
	bad := errors.New("this is no argon2id hash; wasmiko passwd NAME makes a line")
	if len(parts) != 6 {
		return a, bad
	}
	_, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &a.memory, &a.time, &a.threads)
	if err != nil || version != argon2.Version {
		return a, bad
	}
	var saltErr, keyErr error
	a.salt, saltErr = base64.RawStdEncoding.DecodeString(parts[4])
	a.key, keyErr = base64.RawStdEncoding.DecodeString(parts[5])
	if saltErr != nil || keyErr != nil || len(a.salt) < 8 || len(a.key) < 16 || len(a.key) > 64 {
		return a, bad
	}
	if a.memory < minMemory || a.memory > maxMemory || a.time < 1 || a.time > maxPasses || a.threads < 1 {
		return a, fmt.Errorf("the hash's parameters are too weak or too costly: m from %d to %d, t from 1 to %d", minMemory, maxMemory, maxPasses)
	}
	return a, nil
}

func (a argon) derive(password []byte, n int) []byte {
	return argon2.IDKey(password, a.salt, a.time, a.memory, a.threads, uint32(n))
}

func (a argon) matches(password []byte) bool {
	return subtle.ConstantTimeCompare(a.derive(password, len(a.key)), a.key) == 1
}

func (a argon) text() string {
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, a.memory, a.time, a.threads, encode(a.salt), encode(a.key))
}

// crypted is bcrypt, for files that are there already.
type crypted string

func (c crypted) matches(password []byte) bool {
	return bcrypt.CompareHashAndPassword([]byte(c), password) == nil
}

func (c crypted) text() string { return string(c) }
