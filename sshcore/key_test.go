package sshcore

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore/internal/sshtest"
)

func pemText(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// opensshKey is an Ed25519 key in OpenSSH's format; encrypted if there is a
// passphrase, in one round: the race detector makes bcrypt slow.
func opensshKey(t testing.TB, passphrase string) string {
	path := filepath.Join(t.TempDir(), "key")
	command(t, "ssh-keygen", "-q", "-t", "ed25519", "-a", "1", "-N", passphrase, "-C", "me@home", "-f", path)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestKeysThatAreRead(t *testing.T) {
	rsaKey := must[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 2048))
	ecKey := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	bytesOf := must[[]byte](t)
	//lint:ignore SA1019 keys encrypted so are still on people's disks
	legacy := must[*pem.Block](t)(x509.EncryptPEMBlock(rand.Reader, "RSA PRIVATE KEY",
		x509.MarshalPKCS1PrivateKey(rsaKey), []byte("secret"), x509.PEMCipherAES128))
	plain := opensshKey(t, "")
	for _, tc := range []struct {
		name, text, keyType string
		asked               bool
	}{
		{"OpenSSH", plain, ssh.KeyAlgoED25519, false},
		{"OpenSSH, encrypted", opensshKey(t, "secret"), ssh.KeyAlgoED25519, true},
		{"PKCS#1", pemText("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey)), ssh.KeyAlgoRSA, false},
		{"PKCS#1, encrypted", string(pem.EncodeToMemory(legacy)), ssh.KeyAlgoRSA, true},
		{"SEC 1", pemText("EC PRIVATE KEY", bytesOf(x509.MarshalECPrivateKey(ecKey))), ssh.KeyAlgoECDSA384, false},
		{"PKCS#8 RSA", pemText("PRIVATE KEY", bytesOf(x509.MarshalPKCS8PrivateKey(rsaKey))), ssh.KeyAlgoRSA, false},
		{"PKCS#8 ECDSA", pemText("PRIVATE KEY", bytesOf(x509.MarshalPKCS8PrivateKey(ecKey))), ssh.KeyAlgoECDSA384, false},
		{"with Windows line ends", strings.ReplaceAll(plain, "\n", "\r\n"), ssh.KeyAlgoED25519, false},
		{"with old Macintosh line ends", strings.ReplaceAll(plain, "\n", "\r"), ssh.KeyAlgoED25519, false},
		{"with a byte order mark", "\ufeff" + plain, ssh.KeyAlgoED25519, false},
		{"with blanks around it", "\n  \t" + strings.ReplaceAll(plain, "\n", " \n  ") + "\n\n", ssh.KeyAlgoED25519, false},
		{"encrypted, with Windows line ends", strings.ReplaceAll(string(pem.EncodeToMemory(legacy)), "\n", "\r\n"), ssh.KeyAlgoRSA, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			asked := 0
			signer, err := ParseKey([]byte(tc.text), func() ([]byte, error) { asked++; return []byte("secret"), nil })
			if err != nil {
				t.Fatal(err)
			}
			if got := signer.PublicKey().Type(); got != tc.keyType {
				t.Errorf("got a key of type %s", got)
			}
			sig, err := signer.Sign(rand.Reader, []byte("data"))
			if err != nil || signer.PublicKey().Verify([]byte("data"), sig) != nil {
				t.Errorf("its signature is no good: %v", err)
			}
			if (asked == 1) != tc.asked || asked > 1 {
				t.Errorf("asked %d times", asked)
			}
		})
	}
}

func TestKeysThatAreNotRead(t *testing.T) {
	plain, locked := opensshKey(t, ""), opensshKey(t, "secret")
	signer := must[ssh.Signer](t)(ssh.ParsePrivateKey([]byte(plain)))
	public := string(ssh.MarshalAuthorizedKey(signer.PublicKey()))
	spki := must[[]byte](t)(x509.MarshalPKIXPublicKey(signer.PublicKey().(ssh.CryptoPublicKey).CryptoPublicKey()))
	for _, tc := range []struct {
		name, text string
		reason     KeyReason
	}{
		{"nothing", "", KeyUnknown},
		{"prose", "my key is under the mat", KeyUnknown},
		{"a public key", public, KeyPublicNotPrivate},
		{"a public key in PEM", pemText("PUBLIC KEY", spki), KeyPublicNotPrivate},
		{"a public key as ssh.com writes it", "---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----\n", KeyPublicNotPrivate},
		{"an SSH certificate", "ssh-ed25519-cert-v01@openssh.com AAAA me", KeyCertificate},
		{"an X.509 certificate", pemText("CERTIFICATE", []byte{0x30, 0}), KeyCertificate},
		{"PuTTY's format, cut off", "PuTTY-User-Key-File-3: ssh-ed25519\r\nEncryption: none\r\n", KeyTruncated},
		{"PuTTY's format of 1999", "PuTTY-User-Key-File-1: ssh-rsa\nEncryption: none\n", KeyUnsupported},
		{"encrypted PKCS#8, cut off", pemText("ENCRYPTED PRIVATE KEY", []byte{0x30, 0}), KeyTruncated},
		{"DSA", pemText("DSA PRIVATE KEY", dsaDER(t)), KeyDSA},
		{"DSA in OpenSSH's format", opensshHead("none", "none", "", "ssh-dss"), KeyDSA},
		{"DSA in PuTTY's format", ppkText(t, "ssh-dss"), KeyDSA},
		{"the stub of a security key", opensshHead("none", "none", "", "sk-ssh-ed25519@openssh.com"), KeySecurityKey},
		{"a cipher that nobody uses", opensshHead("aes128-ctr", "bcrypt", "", ssh.KeyAlgoED25519), KeyUnsupported},
		{"a million rounds of bcrypt", opensshHead("aes256-ctr", "bcrypt", bcryptOptions(1_000_000), ssh.KeyAlgoED25519), KeyTooCostly},
		{"a megabyte of anything", strings.Repeat("x", 1<<20+1), KeyUnknown},
		{"a key whose end is missing", plain[:len(plain)/2], KeyTruncated},
		{"a key whose start is missing", plain[len(plain)/2:], KeyTruncated},
		{"a key with its middle missing", plain[:100] + plain[150:], KeyTruncated},
		{"a wrong passphrase", locked, KeyWrongPassphrase},
	} {
		t.Run(tc.name, func(t *testing.T) {
			signer, err := ParseKey([]byte(tc.text), func() ([]byte, error) { return []byte("wrong"), nil })
			if err == nil {
				_, err = signer.Sign(rand.Reader, nil)
			}
			var got *KeyError
			if !errors.As(err, &got) || got.Reason != tc.reason {
				t.Fatalf("got %v, want %s", err, tc.reason)
			}
			if keyTexts[got.Reason] == "" {
				t.Error("the reason has no words")
			}
		})
	}
}

func dsaDER(t *testing.T) []byte {
	k := struct {
		Version       int
		P, Q, G, Y, X *big.Int
	}{0, big.NewInt(23), big.NewInt(11), big.NewInt(4), big.NewInt(8), big.NewInt(7)}
	return must[[]byte](t)(asn1.Marshal(k))
}

// opensshHead is a key in OpenSSH's format of which only the head is whole.
func opensshHead(cipher, kdf, options, keyType string) string {
	body := ssh.Marshal(struct {
		Cipher, KDF, Options string
		Keys                 uint32
		Public, Private      []byte
	}{cipher, kdf, options, 1, ssh.Marshal(struct{ Type string }{keyType}), []byte("........")})
	return pemText("OPENSSH PRIVATE KEY", append([]byte("openssh-key-v1\x00"), body...))
}

func bcryptOptions(rounds uint32) string {
	return string(ssh.Marshal(struct {
		Salt   string
		Rounds uint32
	}{"salt", rounds}))
}

func ppkText(t testing.TB, keyType string) string {
	public := base64.StdEncoding.EncodeToString(ssh.Marshal(struct{ Type string }{keyType}))
	return "PuTTY-User-Key-File-3: " + keyType + "\nEncryption: none\nComment: old\nPublic-Lines: 1\n" + public +
		"\nPrivate-Lines: 1\nAAAA\nPrivate-MAC: 00\n"
}

func TestKeysOfOpenSSHItself(t *testing.T) {
	keygen, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Fatalf("this test needs ssh-keygen: apt-get install openssh-client (%v)", err)
	}
	for _, tc := range []struct{ name, kind, format, passphrase string }{
		{"ed25519", "ed25519", "RFC4716", ""},
		{"ed25519 encrypted", "ed25519", "RFC4716", "secret"},
		{"ecdsa encrypted", "ecdsa", "RFC4716", "secret"},
		{"ecdsa in PEM", "ecdsa", "PEM", ""},
		{"ecdsa in PEM, encrypted", "ecdsa", "PEM", "secret"},
		{"rsa in PKCS#8", "rsa", "PKCS8", ""},
		{"rsa in PKCS#8, encrypted", "rsa", "PKCS8", "secret"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "key")
			out, err := exec.CommandContext(t.Context(), keygen, "-q", "-a", "1", "-t", tc.kind, "-m", tc.format, "-N", tc.passphrase, "-f", path).CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			signer, err := ParseKey(must[[]byte](t)(os.ReadFile(path)), func() ([]byte, error) { return []byte(tc.passphrase), nil })
			if err != nil {
				t.Fatal(err)
			}
			public, _, _, _, err := ssh.ParseAuthorizedKey(must[[]byte](t)(os.ReadFile(path + ".pub")))
			if err != nil || !bytes.Equal(public.Marshal(), signer.PublicKey().Marshal()) {
				t.Error("not the same key")
			}
			if _, err := signer.Sign(rand.Reader, []byte("x")); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestThePassphraseIsAskedForWhenTheServerWantsTheKey(t *testing.T) {
	locked := []byte(opensshKey(t, "secret"))
	for _, tc := range []struct {
		name     string
		accepted bool
		answers  []string
		asked    int
		ok       bool
	}{
		{"a key that the server does not know is not unlocked", false, nil, 0, false},
		{"a right passphrase is asked for once", true, []string{"secret"}, 1, true},
		{"a wrong one is asked for again", true, []string{"wrong", "secret"}, 2, true},
		{"three wrong ones are enough", true, []string{"a", "b", "c", "secret"}, 3, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := sshtest.New(t)
				srv.Config.NoClientAuth = false
				srv.Config.PublicKeyCallback = func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) {
					if !tc.accepted {
						return nil, errRefused
					}
					return nil, nil
				}
				asked := 0
				cfg := testConfig(srv.Dial)
				cfg.Auth = []Auth{PrivateKey("id", locked, func(_ context.Context, a Ask) ([]byte, error) {
					asked++
					if want := (Ask{User: "robey", Host: "h:22", KeyName: "id", Attempt: asked, Step: 1}); a != want {
						t.Errorf("asked %+v, want %+v", a, want)
					}
					return []byte(tc.answers[asked-1]), nil
				})}
				err := tryLogin(t, cfg)
				if (err == nil) != tc.ok || asked != tc.asked {
					t.Errorf("asked %d times, error %v", asked, err)
				}
				var key *KeyError
				if tc.asked == 3 && (!errors.As(err, &key) || key.Reason != KeyWrongPassphrase) {
					t.Errorf("got %#v", err)
				}
			})
		})
	}
}
