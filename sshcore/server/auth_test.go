package server_test

import (
	"bytes"
	"context"
	"net"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore/server"
)

// twoSteps wants a key or the password foo first and the answer 42 then.
func twoSteps(t *testing.T, known ssh.PublicKey, handler server.Handler) *server.Server {
	more := &server.MoreFactors{
		Interactive: func(_ context.Context, l server.Login, ask server.Ask) error {
			if len(l.Factors) != 1 {
				t.Errorf("second step sees %d factors", len(l.Factors))
			}
			answers, err := ask("Quiz", "Think.", server.Question{Prompt: "6*7? ", Echo: true})
			if err != nil {
				return err
			}
			if answers[0] != "42" {
				return errNo
			}
			return nil
		},
	}
	s := newServer(t, handler)
	s.PasswordAuth = func(ctx context.Context, l server.Login, password []byte) error {
		if err := fooOnly(ctx, l, password); err != nil {
			return err
		}
		return more
	}
	s.PublicKeyAuth = func(_ context.Context, _ server.Login, key ssh.PublicKey) error {
		if !bytes.Equal(key.Marshal(), known.Marshal()) {
			return errNo
		}
		return more
	}
	return s
}

func answer(with string) ssh.AuthMethod {
	return ssh.KeyboardInteractive(func(_, _ string, questions []string, _ []bool) ([]string, error) {
		answers := make([]string, len(questions))
		for i := range answers {
			answers[i] = with
		}
		return answers, nil
	})
}

func TestSeveralFactors(t *testing.T) {
	known, other := newKey(t, "ecdsa"), newKey(t, "ed25519")
	logins := make(chan server.Login, 1)
	s := twoSteps(t, known.PublicKey(), func(_ context.Context, s *server.Session) { logins <- s.Login() })
	addr := listen(t, s)
	for _, c := range []struct {
		name string
		auth []ssh.AuthMethod
		want []string // nil: refused
	}{
		{"a key and the answer", []ssh.AuthMethod{ssh.PublicKeys(known), answer("42")}, []string{"publickey", "keyboard-interactive"}},
		{"the password and the answer", []ssh.AuthMethod{ssh.Password("foo"), answer("42")}, []string{"password", "keyboard-interactive"}},
		{"a foreign key, then the right one and the answer", []ssh.AuthMethod{ssh.PublicKeys(other, known), answer("42")}, []string{"publickey", "keyboard-interactive"}},
		{"a key alone", []ssh.AuthMethod{ssh.PublicKeys(known)}, nil},
		{"the password alone", []ssh.AuthMethod{ssh.Password("foo")}, nil},
		{"a key and a wrong answer", []ssh.AuthMethod{ssh.PublicKeys(known), answer("41")}, nil},
		{"a key and the password, but no answer", []ssh.AuthMethod{ssh.PublicKeys(known), ssh.Password("foo")}, nil},
		{"the answer alone", []ssh.AuthMethod{answer("42")}, nil},
		{"a foreign key and the answer", []ssh.AuthMethod{ssh.PublicKeys(other), answer("42")}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", addr.String())
			if err != nil {
				t.Fatal(err)
			}
			client, err := clientOver(conn, s, "robey", c.auth...)
			if c.want == nil {
				if err == nil {
					client.Close()
					t.Fatal("was let in")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			if err := session(t, client).Run("x"); err != nil {
				t.Fatal(err)
			}
			var methods []string
			l := receive(t, logins, "the handler")
			for _, f := range l.Factors {
				methods = append(methods, f.Method)
				if f.Method == "publickey" && !bytes.Equal(f.Key.Marshal(), known.PublicKey().Marshal()) {
					t.Error("the wrong key is noted")
				}
			}
			if l.User != "robey" || !strings.HasPrefix(l.ClientVersion, "SSH-2.0-") || !slices.Equal(methods, c.want) {
				t.Errorf("login %+v", l)
			}
		})
	}
}

func TestPublicKeyAuthRefusesShortRSAKeys(t *testing.T) {
	s := newServer(t, nil)
	asked := false
	s.PublicKeyAuth = func(context.Context, server.Login, ssh.PublicKey) error { asked = true; return nil }
	conn, err := net.Dial("tcp", listen(t, s).String())
	if err != nil {
		t.Fatal(err)
	}
	if c, err := clientOver(conn, s, "key", ssh.PublicKeys(newKey(t, "short rsa"))); err == nil {
		c.Close()
		t.Error("was let in")
	}
	if asked {
		t.Error("the method was asked about it")
	}
}

func TestBannerAndMethodsAreWhatTheServerSet(t *testing.T) {
	s := newServer(t, nil)
	s.Banner = "one\ntwo"
	near, far := net.Pipe()
	defer near.Close()
	go s.ServeConn(context.Background(), far)
	banner := ""
	_, _, _, err := ssh.NewClientConn(near, "", &ssh.ClientConfig{
		User:            "robey",
		Auth:            []ssh.AuthMethod{answer("x"), ssh.PublicKeys(newKey(t, "ed25519"))},
		HostKeyCallback: ssh.FixedHostKey(s.HostKeys[0].PublicKey()),
		BannerCallback:  func(m string) error { banner = m; return nil },
	})
	if err == nil {
		t.Fatal("methods that are not set let somebody in")
	}
	if banner != "one\r\ntwo\r\n" {
		t.Errorf("banner %q", banner)
	}
}
