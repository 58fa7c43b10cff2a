package signin

import (
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
)

// weak is a hash that is quick to compute and still read.
func weak(t *testing.T, password string) string {
	t.Helper()
	a := argon{time: 1, memory: minMemory, threads: 1, salt: []byte("saltsaltsaltsalt")}
	a.key = argon2.IDKey([]byte(password), a.salt, a.time, a.memory, a.threads, keyLen)
	return a.text()
}

func TestPasswordFile(t *testing.T) {
	crypt, err := bcrypt.GenerateFromPassword([]byte("bcrypted"), minCost)
	if err != nil {
		t.Fatal(err)
	}
	strongHash, err := HashPassword([]byte("strong one"))
	if err != nil || !strings.HasPrefix(strongHash, "$argon2id$v=19$m=65536,t=3,p=4$") {
		t.Fatalf("%s, %v", strongHash, err)
	}
	p, err := ParsePasswords([]byte("# people\n\nann:" + weak(t, "secret") + "\n  bob:" + string(crypt) + "\r\ncy@example.org:" + strongHash))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, user, password string
		want                 bool
	}{
		{"argon2id", "ann", "secret", true},
		{"bcrypt", "bob", "bcrypted", true},
		{"what HashPassword makes", "cy@example.org", "strong one", true},
		{"another password", "ann", "secret ", false},
		{"another's password", "ann", "bcrypted", false},
		{"an empty password", "ann", "", false},
		{"a password beyond all measure", "ann", strings.Repeat("a", maxPassword+1), false},
		{"a user who is not there, with the first one's password", "eve", "secret", false},
		{"a name in capitals", "Ann", "secret", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := p.Check(tt.user, tt.password); got != tt.want {
				t.Errorf("%v", got)
			}
		})
	}
}

// counted tells how often a password was hashed.
type counted struct{ n *int }

func (c counted) matches([]byte) bool { *c.n++; return true }
func (c counted) text() string        { return "" }

// The work is the same whether the user is there or not.
func TestUnknownUsersCostAHashToo(t *testing.T) {
	n := 0
	p := &Passwords{users: map[string]hash{"ann": counted{&n}}, decoy: counted{&n}}
	if !p.Check("ann", "x") || n != 1 {
		t.Errorf("a user: %d hashes", n)
	}
	if p.Check("eve", "x") || n != 2 {
		t.Errorf("nobody: %d hashes, or let in", n-1)
	}
}

func TestPasswordFilesThatAreNotRead(t *testing.T) {
	salt, key := "c2FsdHNhbHRzYWx0", strings.Repeat("A", 43)
	tests := []struct{ name, text, want string }{
		{"nothing", "# nobody\n", "no user"},
		{"no hash", "ann", "line 1: write NAME:HASH"},
		{"no name", ":" + weak(t, "x"), "line 1: write NAME:HASH"},
		{"plain text", "ann:secret", "line 1: the hash is neither"},
		{"MD5, as htpasswd makes it", "ann:$apr1$abc$def", "neither argon2id nor bcrypt"},
		{"SHA-1", "ann:{SHA}xyz", "neither argon2id nor bcrypt"},
		{"twice", "ann:" + weak(t, "x") + "\nann:" + weak(t, "y"), "line 2: this user stands here twice"},
		{"argon2i", "ann:$argon2i$v=19$m=65536,t=3,p=1$" + salt + "$" + key, "neither"},
		{"an old argon2", "ann:$argon2id$v=16$m=65536,t=3,p=1$" + salt + "$" + key, "no argon2id hash"},
		{"too little memory", "ann:$argon2id$v=19$m=64,t=3,p=1$" + salt + "$" + key, "too weak or too costly"},
		{"too much memory", "ann:$argon2id$v=19$m=4194304,t=3,p=1$" + salt + "$" + key, "too weak or too costly"},
		{"too many passes", "ann:$argon2id$v=19$m=65536,t=1000,p=1$" + salt + "$" + key, "too weak or too costly"},
		{"no threads", "ann:$argon2id$v=19$m=65536,t=3,p=0$" + salt + "$" + key, "too weak or too costly"},
		{"no salt", "ann:$argon2id$v=19$m=65536,t=3,p=1$$" + key, "no argon2id hash"},
		{"a short key", "ann:$argon2id$v=19$m=65536,t=3,p=1$" + salt + "$AAAA", "no argon2id hash"},
		{"bcrypt that takes for ever", "ann:$2b$31$" + strings.Repeat("a", 53), "cost between"},
		{"bcrypt that is cut off", "ann:$2b$10$abc", "no bcrypt hash"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParsePasswords([]byte(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("%v, want %q", err, tt.want)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error tells what stands there: %v", err)
			}
		})
	}
}

func FuzzParsePasswords(f *testing.F) {
	f.Add("ann:$argon2id$v=19$m=65536,t=3,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("bob:$2b$10$" + strings.Repeat("a", 53))
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePasswords([]byte(text))
		if err != nil {
			return
		}
		for name, h := range p.users {
			if CheckName(name) != nil {
				t.Errorf("the name %q", name)
			}
			if a, ok := h.(argon); ok && (a.memory > maxMemory || a.time > maxPasses || a.threads == 0) {
				t.Errorf("%+v", a)
			}
		}
	})
}
