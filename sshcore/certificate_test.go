package sshcore

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore/internal/sshtest"
)

// certificate has ssh-keygen sign the key at path, as a CA of its own.
func certificate(t testing.TB, path string, args ...string) (ca, cert string) {
	t.Helper()
	ca, _, _ = newKey(t, "ed25519")
	command(t, "ssh-keygen", append(append([]string{"-q", "-s", ca, "-I", "me@work"}, args...), path+".pub")...)
	return ca, string(must[[]byte](t)(os.ReadFile(path + "-cert.pub")))
}

func TestCertificatesAreCheckedBeforeUse(t *testing.T) {
	path, _, public := newKey(t, "ed25519")
	signer := must[ssh.Signer](t)(ParseKey(must[[]byte](t)(os.ReadFile(path)), nil))
	other := sshtest.Key(t, ssh.KeyAlgoED25519)
	for _, tc := range []struct {
		name   string
		args   []string
		signer ssh.Signer
		reason KeyReason // empty: good
	}{
		{"a good one", []string{"-n", "robey", "-V", "-1h:+1h"}, signer, ""},
		{"one for ever", []string{"-n", "robey"}, signer, ""},
		{"one that ended a minute ago, as clocks differ", []string{"-V", "-1h:-1m"}, signer, ""},
		{"an expired one", []string{"-V", "-2h:-1h"}, signer, CertificateExpired},
		{"one of tomorrow", []string{"-V", "+1d:+2d"}, signer, CertificateNotYet},
		{"a server's", []string{"-h", "-n", "host"}, signer, CertificateHost},
		{"one of another key", []string{"-n", "robey"}, other, CertificateOtherKey},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, cert := certificate(t, path, tc.args...)
			certified, err := WithCertificate(tc.signer, []byte("\ufeff"+cert+"\r\n"))
			if tc.reason != "" {
				reasonIs(t, err, tc.reason)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if shown, ok := certified.PublicKey().(*ssh.Certificate); !ok || !bytes.Equal(shown.Key.Marshal(), public.Marshal()) {
				t.Errorf("it shows %T", certified.PublicKey())
			}
		})
	}
	for name, text := range map[string]string{
		"nothing":            "",
		"a plain public key": string(ssh.MarshalAuthorizedKey(public)),
		"prose":              "my certificate is on the wall",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := WithCertificate(signer, []byte(text))
			reasonIs(t, err, CertificateUnreadable)
		})
	}
}

func TestOpenSSHTakesCertificates(t *testing.T) {
	for _, tc := range []struct{ kind, passphrase string }{{"ed25519", ""}, {"ed25519", "secret"}, {"ecdsa", ""}, {"rsa", ""}} {
		t.Run(tc.kind+" "+tc.passphrase, func(t *testing.T) {
			path, _, _ := newKey(t, tc.kind)
			me := realUser(t)
			ca, cert := certificate(t, path, "-n", me)
			srv := sshtest.StartOpenSSH(t, "TrustedUserCAKeys "+ca+".pub")
			if tc.passphrase != "" {
				command(t, "ssh-keygen", "-q", "-a", "1", "-p", "-N", tc.passphrase, "-f", path)
			}
			text := must[[]byte](t)(os.ReadFile(path))
			login := func(cert []byte) error {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				cfg := realConfig(srv)
				cfg.Auth = []Auth{CertifiedKey("id", text, cert, func(context.Context, Ask) ([]byte, error) { return []byte(tc.passphrase), nil })}
				c, err := Dial(ctx, srv.Addr, cfg)
				if err == nil {
					err = c.Close()
				}
				return err
			}
			if err := login([]byte(cert)); err != nil {
				t.Errorf("with its certificate: %v", err)
			}
			var refused *AuthError
			if err := login(nil); !errors.As(err, &refused) {
				t.Errorf("without it: %v", err)
			}
		})
	}
}

func realUser(t *testing.T) string {
	t.Helper()
	return string(bytes.TrimSpace(command(t, "id", "-un")))
}

func TestAnExpiredCertificateEndsTheLoginBeforeItIsShown(t *testing.T) {
	path, _, _ := newKey(t, "ed25519")
	_, cert := certificate(t, path, "-V", "-2h:-1h")
	srv := sshtest.New(t)
	srv.Config.NoClientAuth = false
	srv.Config.PublicKeyCallback = func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) {
		t.Error("a key was shown")
		return nil, errRefused
	}
	cfg := testConfig(srv.Dial)
	cfg.Auth = []Auth{CertifiedKey("id", must[[]byte](t)(os.ReadFile(filepath.Clean(path))), []byte(cert), nil)}
	_, err := Dial(t.Context(), "h:22", cfg)
	reasonIs(t, err, CertificateExpired)
	var auth *AuthError
	if !errors.As(err, &auth) {
		t.Errorf("got %T", err)
	}
}

func FuzzParseCertificate(f *testing.F) {
	path, _, public := newKey(f, "ecdsa")
	_, cert := certificate(f, path, "-n", "robey", "-O", "source-address=10.0.0.0/8")
	f.Add([]byte(cert))
	f.Add(ssh.MarshalAuthorizedKey(public))
	f.Fuzz(func(t *testing.T, text []byte) {
		cert, err := ParseCertificate(text)
		if err != nil {
			reasonIs(t, err, CertificateUnreadable)
			return
		}
		_ = checkCertificate(cert, cert.Key, time.Now())
	})
}
