package demo

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

var shownCode = regexp.MustCompile(`it is (\d{6})`)

// answering answers the password question with secret and, if it can read the
// code, the code question with it.
func answering(secret string, reads bool) ssh.AuthMethod {
	return ssh.KeyboardInteractive(func(_, _ string, questions []string, _ []bool) ([]string, error) {
		var answers []string
		for _, q := range questions {
			answer := secret
			if m := shownCode.FindStringSubmatch(q); m != nil {
				answer = "x"
				if reads {
					answer = m[1]
				}
			}
			answers = append(answers, answer)
		}
		return answers, nil
	})
}

func newKey(t *testing.T, kind string) ssh.Signer {
	t.Helper()
	var (
		private any
		err     error
	)
	switch kind {
	case "ed25519":
		_, private, err = ed25519.GenerateKey(rand.Reader)
	case "ecdsa":
		private, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "rsa":
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func TestLogins(t *testing.T) {
	d := start(t)
	ed, ec, rs := newKey(t, "ed25519"), newKey(t, "ecdsa"), newKey(t, "rsa")
	for _, c := range []struct {
		name, user string
		auth       ssh.AuthMethod
		then       ssh.AuthMethod
		factors    string // as whoami prints them; empty: refused
	}{
		{"robey with the password", "robey", ssh.Password("foo"), nil, "by password"},
		{"robey, asked", "robey", answering("foo", false), nil, "by keyboard-interactive"},
		{"robey with a wrong password", "robey", ssh.Password("bar"), nil, ""},
		{"robey, asked, with a wrong password", "robey", answering("bar", false), nil, ""},
		{"robey with a key", "robey", ssh.PublicKeys(ed), nil, ""},
		{"otp with password and code", "otp", answering("foo", true), nil, "by keyboard-interactive"},
		{"otp with a wrong code", "otp", answering("foo", false), nil, ""},
		{"otp with a wrong password", "otp", answering("bar", true), nil, ""},
		{"otp with the password alone", "otp", ssh.Password("foo"), nil, ""},
		{"key with Ed25519", "key", ssh.PublicKeys(ed), nil, "by publickey, ssh-ed25519 " + ssh.FingerprintSHA256(ed.PublicKey())},
		{"key with ECDSA", "key", ssh.PublicKeys(ec), nil, "by publickey, ecdsa-sha2-nistp384 " + ssh.FingerprintSHA256(ec.PublicKey())},
		{"key with RSA", "key", ssh.PublicKeys(rs), nil, "by publickey, ssh-rsa " + ssh.FingerprintSHA256(rs.PublicKey())},
		{"key with a password", "key", ssh.Password("foo"), nil, ""},
		{"two with a key and a code", "two", ssh.PublicKeys(ed), answering("foo", true), "by publickey"},
		{"two with the password and a code", "two", ssh.Password("foo"), answering("foo", true), "by password"},
		{"two with a key and a wrong code", "two", ssh.PublicKeys(ed), answering("foo", false), ""},
		{"two with a key alone", "two", ssh.PublicKeys(ed), nil, ""},
		{"nobody with the password", "nobody", ssh.Password("foo"), nil, ""},
		{"nobody, asked", "nobody", answering("foo", true), nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			auth := []ssh.AuthMethod{c.auth}
			if c.then != nil {
				auth = append(auth, c.then)
			}
			client, err := enter(t, d, c.user, auth...)
			if c.factors == "" {
				if err == nil {
					t.Fatal("was let in")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			out, _, _ := run(t, client, "whoami", "")
			if !strings.HasPrefix(out, c.user+"\n  "+c.factors) || (c.then != nil) != strings.Contains(out, "\n  by keyboard-interactive\n") && c.user == "two" {
				t.Errorf("whoami says %q", out)
			}
		})
	}
}
