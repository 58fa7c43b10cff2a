package sshcore

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore/internal/sshtest"
)

var errRefused = errors.New("refused")

// passwordServer lets in whoever says "foo".
func passwordServer(t *testing.T) *sshtest.Server {
	srv := sshtest.New(t)
	srv.Config.NoClientAuth = false
	srv.Config.PasswordCallback = func(_ ssh.ConnMetadata, pw []byte) (*ssh.Permissions, error) {
		if string(pw) != "foo" {
			return nil, errRefused
		}
		return nil, nil
	}
	return srv
}

// answering is a Password that gives one answer after the other, and notes
// what it was asked.
func answering(asked *[]Ask, answers ...string) Auth {
	return Password(func(_ context.Context, a Ask) ([]byte, error) {
		*asked = append(*asked, a)
		if len(*asked) > len(answers) {
			return nil, errors.New("asked too often")
		}
		return []byte(answers[len(*asked)-1]), nil
	})
}

// login dials and closes, and returns the error.
func tryLogin(t *testing.T, cfg *Config) error {
	c, err := Dial(t.Context(), "h:22", cfg)
	if err == nil {
		err = c.Close()
	}
	return err
}

func TestPasswords(t *testing.T) {
	for _, tc := range []struct {
		name    string
		answers []string
		asked   int
		ok      bool
	}{
		{"a right one is asked for once", []string{"foo"}, 1, true},
		{"a wrong one is asked for again", []string{"bar", "foo"}, 2, true},
		{"three wrong ones are enough", []string{"a", "b", "c", "foo"}, 3, false},
		{"an empty one is sent like any other", []string{"", "foo"}, 2, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var asked []Ask
				cfg := testConfig(passwordServer(t).Dial)
				cfg.Auth = []Auth{answering(&asked, tc.answers...)}
				err := tryLogin(t, cfg)
				if tc.ok != (err == nil) || len(asked) != tc.asked {
					t.Fatalf("asked %d times, error %v", len(asked), err)
				}
				for i, a := range asked {
					if want := (Ask{User: "robey", Host: "h:22", Attempt: i + 1, Step: 1}); a != want {
						t.Errorf("asked %+v, want %+v", a, want)
					}
				}
				var auth *AuthError
				if !tc.ok && (!errors.As(err, &auth) || auth.Err != nil ||
					!reflect.DeepEqual(auth.Tried, []string{"password"}) || !slices.Contains(auth.Allowed, "password")) {
					t.Errorf("got %#v", err)
				}
			})
		})
	}
}

func TestSecretsAreWipedAfterUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		secret := []byte("foo")
		cfg := testConfig(passwordServer(t).Dial)
		cfg.Auth = []Auth{Password(func(context.Context, Ask) ([]byte, error) { return secret, nil })}
		if err := tryLogin(t, cfg); err != nil {
			t.Fatal(err)
		}
		if string(secret) != "\x00\x00\x00" {
			t.Errorf("the password is still %q", secret)
		}
	})
}

func TestAnErrorOfACallbackEndsTheLogin(t *testing.T) {
	cancelled := errors.New("the user pressed Escape")
	for _, tc := range []struct {
		name string
		auth Auth
	}{
		{"of a password", Password(func(context.Context, Ask) ([]byte, error) { return nil, cancelled })},
		{"of a challenge", Interactive(func(context.Context, Challenge) ([]string, error) { return nil, cancelled })},
		{"of keys", PublicKeysFunc(func(context.Context, Ask) ([]ssh.Signer, error) { return nil, cancelled })},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := passwordServer(t)
				srv.Config.PublicKeyCallback = func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { return nil, errRefused }
				srv.Config.KeyboardInteractiveCallback = func(_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
					ask("", "", []string{"Code: "}, []bool{true})
					return nil, errRefused
				}
				var asked []Ask
				cfg := testConfig(srv.Dial)
				cfg.Auth = []Auth{tc.auth, answering(&asked, "foo")}
				err := tryLogin(t, cfg)
				var auth *AuthError
				if !errors.As(err, &auth) || !errors.Is(err, cancelled) {
					t.Errorf("got %v", err)
				}
				if len(asked) > 0 {
					t.Error("another method was tried")
				}
			})
		})
	}
}

func TestSecretsAreNotAskedForInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := sshtest.New(t)
		srv.Config.NoClientAuth = false
		srv.Config.PublicKeyCallback = func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { return nil, errRefused }
		var asked []Ask
		cfg := testConfig(srv.Dial)
		cfg.Auth = []Auth{answering(&asked, "foo")}
		err := tryLogin(t, cfg)
		var auth *AuthError
		if !errors.As(err, &auth) || len(auth.Tried) != 0 || !slices.Equal(auth.Allowed, []string{"publickey"}) {
			t.Errorf("got %#v", err)
		}
		if len(asked) > 0 {
			t.Error("asked for a password that the server does not take")
		}
	})
}

// factors is a server that wants methods one after the other.
func factors(t *testing.T, key ssh.PublicKey, methods ...string) *sshtest.Server {
	srv := sshtest.New(t)
	srv.Config.NoClientAuth = false
	var at func(i int) ssh.ServerAuthCallbacks
	at = func(i int) ssh.ServerAuthCallbacks {
		pass := func(good bool) (*ssh.Permissions, error) {
			if !good {
				return nil, errRefused
			}
			if i+1 == len(methods) {
				return nil, nil
			}
			return nil, &ssh.PartialSuccessError{Next: at(i + 1)}
		}
		var cb ssh.ServerAuthCallbacks
		switch methods[i] {
		case "password":
			cb.PasswordCallback = func(_ ssh.ConnMetadata, pw []byte) (*ssh.Permissions, error) { return pass(string(pw) == "foo") }
		case "publickey":
			cb.PublicKeyCallback = func(_ ssh.ConnMetadata, k ssh.PublicKey) (*ssh.Permissions, error) { return pass(sameKey(k, key)) }
		case "keyboard-interactive":
			cb.KeyboardInteractiveCallback = func(_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
				a, err := ask("", "", []string{"Code: "}, []bool{true})
				return pass(err == nil && a[0] == "123")
			}
		}
		return cb
	}
	first := at(0)
	srv.Config.PasswordCallback = first.PasswordCallback
	srv.Config.PublicKeyCallback = first.PublicKeyCallback
	srv.Config.KeyboardInteractiveCallback = first.KeyboardInteractiveCallback
	return srv
}

// sequences lists every way to ask for one, two or three of the names, the
// same one twice or thrice included.
func sequences(names ...string) [][]string {
	all := [][]string{}
	for _, a := range names {
		all = append(all, []string{a})
		for _, b := range names {
			all = append(all, []string{a, b})
			for _, c := range names {
				all = append(all, []string{a, b, c})
			}
		}
	}
	return all
}

func TestSeveralFactorsInTheServersOrder(t *testing.T) {
	for _, methods := range sequences("publickey", "password", "keyboard-interactive") {
		t.Run(strings.Join(methods, " then "), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				key := sshtest.Key(t, ssh.KeyAlgoED25519)
				var steps []string
				cfg := testConfig(factors(t, key.PublicKey(), methods...).Dial)
				cfg.Auth = []Auth{
					PublicKeysFunc(func(_ context.Context, a Ask) ([]ssh.Signer, error) {
						steps = append(steps, fmt.Sprint("publickey ", a.Step, a.Attempt))
						return []ssh.Signer{sshtest.Key(t, ssh.KeyAlgoECDSA256), key}, nil
					}),
					Interactive(func(_ context.Context, c Challenge) ([]string, error) {
						steps = append(steps, fmt.Sprint("keyboard-interactive ", c.Step, c.Attempt))
						return []string{"123"}, nil
					}),
					Password(func(_ context.Context, a Ask) ([]byte, error) {
						steps = append(steps, fmt.Sprint("password ", a.Step, a.Attempt))
						return []byte("foo"), nil
					}),
				}
				if err := tryLogin(t, cfg); err != nil {
					t.Fatal(err)
				}
				var want []string
				for i, m := range methods {
					want = append(want, fmt.Sprint(m, " ", i+1, 1))
				}
				if !slices.Equal(steps, want) {
					t.Errorf("steps %q, want %q", steps, want)
				}
			})
		})
	}
}

func TestTooManyFailuresAreAnAuthErrorWithTheServersWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := passwordServer(t)
		srv.Config.MaxAuthTries = 2
		var asked []Ask
		cfg := testConfig(srv.Dial)
		cfg.Auth = []Auth{answering(&asked, "a", "b", "c")}
		err := tryLogin(t, cfg)
		var auth *AuthError
		var closed *ClosedError
		if !errors.As(err, &auth) || !errors.As(err, &closed) || closed.Reason != ClosedDisconnect || closed.Code != 2 {
			t.Errorf("got %#v", err)
		}
	})
}

func TestAServerThatHangsUpWhileAPersonThinksIsNotARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := passwordServer(t)
		cfg := testConfig(srv.Dial)
		cfg.Auth = []Auth{Password(func(ctx context.Context, _ Ask) ([]byte, error) {
			srv.Close() // as sshd does after its LoginGraceTime
			start := time.Now()
			<-ctx.Done()
			if time.Since(start) != 0 {
				t.Error("the question outlived the connection")
			}
			return nil, ctx.Err()
		})}
		err := tryLogin(t, cfg)
		var auth *AuthError
		var closed *ClosedError
		if errors.As(err, &auth) || !errors.As(err, &closed) || closed.Reason != ClosedEOF {
			t.Errorf("got %#v", err)
		}
	})
}

func TestRSAKeysSignWithSHA2Only(t *testing.T) {
	for _, tc := range []struct {
		name   string
		server []string
		legacy bool
		ok     bool
	}{
		{"a server that takes both gets SHA-2", []string{ssh.KeyAlgoRSA, ssh.KeyAlgoRSASHA256}, false, true},
		{"a server that takes only SHA-1 is refused", []string{ssh.KeyAlgoRSA}, false, false},
		{"unless it is an old device", []string{ssh.KeyAlgoRSA}, true, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := sshtest.New(t)
				srv.Config.NoClientAuth = false
				srv.Config.PublicKeyAuthAlgorithms = tc.server
				srv.Config.PublicKeyCallback = func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { return nil, nil }
				cfg := testConfig(srv.Dial)
				cfg.Auth = []Auth{PublicKeys(sshtest.Key(t, ssh.KeyAlgoRSA))}
				if tc.legacy {
					cfg.Algorithms = Legacy()
				}
				err := tryLogin(t, cfg)
				if (err == nil) != tc.ok {
					t.Fatalf("got %v", err)
				}
				var key *KeyError
				if !tc.ok && (!errors.As(err, &key) || key.Reason != KeyNoAlgorithm) {
					t.Errorf("got %#v", err)
				}
			})
		})
	}
}

// A server that answers a password with RFC 4252 section 8's request for
// another one. Its library cannot; but a question of keyboard-interactive that
// is asked at the wrong time has the same number on the wire.
func TestAnExpiredPasswordDoesNotLookLikeAWrongOne(t *testing.T) {
	for _, tc := range []struct {
		name    string
		after   bool // another method is left, and lets in
		expired bool
	}{
		{"with nothing left to try, it is said", false, true},
		{"another method may still let in", true, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			srv := sshtest.New(t)
			srv.Config.NoClientAuth = false
			var question ssh.KeyboardInteractiveChallenge
			srv.Config.KeyboardInteractiveCallback = func(_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
				question = ask
				return nil, errRefused
			}
			srv.Config.PasswordCallback = func(ssh.ConnMetadata, []byte) (*ssh.Permissions, error) {
				question("", "Your password has expired", nil, nil)
				return nil, errRefused
			}
			key := sshtest.Key(t, ssh.KeyAlgoED25519)
			srv.Config.PublicKeyCallback = func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { return nil, nil }
			var asked []Ask
			cfg := testConfig(srv.Dial)
			cfg.Auth = []Auth{Interactive(func(context.Context, Challenge) ([]string, error) { return nil, nil }), answering(&asked, "foo", "foo", "foo")}
			if tc.after {
				// The server takes what comes next for the answer to its question.
				cfg.Auth = append(cfg.Auth, PublicKeys(key), PublicKeys(key))
			}
			err := tryLogin(t, cfg)
			if errors.Is(err, ErrPasswordExpired) != tc.expired || tc.after != (err == nil) {
				t.Errorf("got %v", err)
			}
			if len(asked) != 1 {
				t.Errorf("asked %d times for a password that was right", len(asked))
			}
		})
	}
}

func TestAsyncSSHWantsANewPassword(t *testing.T) {
	srv := sshtest.Others["AsyncSSH"](t)
	for _, tc := range []struct {
		name string
		more []Auth
		ok   bool
	}{
		{"with nothing else, that is said", nil, false},
		{"a key lets in all the same", []Auth{PublicKeys(srv.Key)}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			var asked []Ask
			auth := append([]Auth{answering(&asked, "wrong", "expired", "expired")}, tc.more...)
			c, err := Dial(ctx, srv.Addr, &Config{User: sshtest.OtherUser, HostKeys: AcceptNew(new(KnownHosts)), Auth: auth})
			if tc.ok != (err == nil) || tc.ok == errors.Is(err, ErrPasswordExpired) {
				t.Errorf("got %v", err)
			}
			if c != nil {
				c.Close()
			}
			if len(asked) != 2 {
				t.Errorf("asked %d times: once wrong, once expired", len(asked))
			}
		})
	}
}
