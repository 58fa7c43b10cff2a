package sshcore

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// command runs a tool of the machine and returns what it said.
func command(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("this test needs %s: run build/system.sh (%v)", name, err)
	}
	var errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v: %s", name, args, err, errs.String())
	}
	return out
}

// fileOf writes what a tool wants to find in a file.
func fileOf(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// newKey is a key of ssh-keygen's: its PKCS#8 text and its public half.
func newKey(t testing.TB, kind string, args ...string) (path, pkcs8 string, public ssh.PublicKey) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "key")
	command(t, "ssh-keygen", append([]string{"-q", "-t", kind, "-N", "", "-C", "me@home", "-f", path}, args...)...)
	public, _, _, _, err := ssh.ParseAuthorizedKey(must[[]byte](t)(os.ReadFile(path + ".pub")))
	if err != nil {
		t.Fatal(err)
	}
	key, err := OpenKey(must[[]byte](t)(os.ReadFile(path)), nil)
	if err != nil {
		t.Fatal(err)
	}
	return path, pemText("PRIVATE KEY", must[[]byte](t)(x509.MarshalPKCS8PrivateKey(key))), public
}

// opens checks that a text is the key of public, asks for its passphrase only
// if it has one, and refuses a wrong one.
func opens(t *testing.T, text, passphrase string, public ssh.PublicKey) {
	t.Helper()
	asked := 0
	signer, err := ParseKey([]byte(text), func() ([]byte, error) { asked++; return []byte(passphrase), nil })
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(signer.PublicKey().Marshal(), public.Marshal()) {
		t.Fatal("it is another key")
	}
	sig, err := signer.Sign(rand.Reader, []byte("data"))
	if err != nil {
		t.Fatal(err)
	}
	if err := public.Verify([]byte("data"), sig); err != nil {
		t.Error(err)
	}
	if (asked == 1) != (passphrase != "") || asked > 1 {
		t.Errorf("asked %d times", asked)
	}
	if passphrase == "" {
		return
	}
	for _, wrong := range []string{"", "wrong", passphrase + " "} {
		_, err := OpenKey([]byte(text), []byte(wrong))
		reasonIs(t, err, KeyWrongPassphrase)
	}
}

func reasonIs(t *testing.T, err error, want KeyReason) {
	t.Helper()
	var bad *KeyError
	if !errors.As(err, &bad) || bad.Reason != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestEncryptedPKCS8OfOpenSSL(t *testing.T) {
	_, ed, edPublic := newKey(t, "ed25519")
	_, ec, ecPublic := newKey(t, "ecdsa")
	for _, tc := range []struct {
		name string
		args []string
	}{
		{"as it is by default", nil},
		{"PBKDF2 with SHA-1, AES-128", []string{"-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA1"}},
		{"PBKDF2 with SHA-256, AES-192", []string{"-v2", "aes-192-cbc", "-v2prf", "hmacWithSHA256"}},
		{"PBKDF2 with SHA-512, AES-256", []string{"-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA512"}},
		{"triple DES", []string{"-v2", "des3"}},
		{"scrypt", []string{"-scrypt"}},
		{"scrypt of little cost", []string{"-scrypt", "-scrypt_N", "1024", "-scrypt_r", "4", "-scrypt_p", "2"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for text, public := range map[string]ssh.PublicKey{ed: edPublic, ec: ecPublic} {
				args := append([]string{"pkcs8", "-topk8", "-in", fileOf(t, "plain", text), "-passout", "pass:secret"}, tc.args...)
				opens(t, string(command(t, "openssl", args...)), "secret", public)
			}
		})
	}
}

func TestEncryptedPKCS8ThatIsRefused(t *testing.T) {
	_, plain, _ := newKey(t, "ed25519")
	encrypt := func(args ...string) string {
		args = append([]string{"pkcs8", "-topk8", "-in", fileOf(t, "plain", plain), "-passout", "pass:secret"}, args...)
		return string(command(t, "openssl", args...))
	}
	rounds := func(n int) any {
		return struct {
			Salt   []byte
			Rounds int
		}{[]byte("salt"), n}
	}
	scrypt := func(n, r, p int) any {
		return struct {
			Salt    []byte
			N, R, P int
		}{[]byte("salt"), n, r, p}
	}
	for _, tc := range []struct {
		name, text string
		reason     KeyReason
	}{
		{"encryption of before PKCS#5 2.0", encrypt("-v1", "PBE-SHA1-3DES"), KeyUnsupported},
		{"more rounds than anyone waits for", pkcs8With(t, oidPBKDF2, rounds(10_000_001)), KeyTooCostly},
		{"no rounds at all", pkcs8With(t, oidPBKDF2, rounds(0)), KeyTruncated},
		{"more memory than a page has", pkcs8With(t, oidScrypt, scrypt(1<<20, 8, 1)), KeyTooCostly},
		{"more blocks than anyone waits for", pkcs8With(t, oidScrypt, scrypt(1<<18, 8, 17)), KeyTooCostly},
		{"costs that overflow", pkcs8With(t, oidScrypt, scrypt(1<<62, 1<<62, 1)), KeyTooCostly},
		{"a cost that is no power of two", pkcs8With(t, oidScrypt, scrypt(1000, 8, 1)), KeyTruncated},
		{"a key derivation of the future", pkcs8With(t, oidAES128, rounds(1)), KeyUnsupported},
		{"a cipher that nobody uses", encrypt("-v2", "camellia128"), KeyUnsupported},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := OpenKey([]byte(tc.text), []byte("secret"))
			reasonIs(t, err, tc.reason)
		})
	}
}

// pkcs8With is an encrypted key with a key derivation as given, and nothing
// within.
func pkcs8With(t *testing.T, kdf asn1.ObjectIdentifier, params any) string {
	der := must[[]byte](t)
	id := func(oid asn1.ObjectIdentifier, params any) pkix.AlgorithmIdentifier {
		return pkix.AlgorithmIdentifier{Algorithm: oid, Parameters: asn1.RawValue{FullBytes: der(asn1.Marshal(params))}}
	}
	return pemText("ENCRYPTED PRIVATE KEY", der(asn1.Marshal(struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}{id(oidPBES2, struct{ KDF, Cipher pkix.AlgorithmIdentifier }{id(kdf, params), id(oidAES128, make([]byte, 16))}), make([]byte, 16)})))
}

func TestKeysOfPuTTY(t *testing.T) {
	kinds := []struct {
		name string
		args []string
	}{
		{"ed25519", nil}, {"rsa", []string{"-b", "2048"}},
		{"ecdsa", []string{"-b", "256"}}, {"ecdsa", []string{"-b", "384"}}, {"ecdsa", []string{"-b", "521"}},
	}
	for _, kind := range kinds {
		path, _, public := newKey(t, kind.name, kind.args...)
		for _, tc := range []struct {
			name, passphrase string
			params           string
		}{
			{"version 2", "", "version=2"},
			{"version 2, encrypted", "secret", "version=2"},
			{"version 3", "", "version=3"},
			{"version 3, encrypted", "secret", "version=3,memory=512,passes=3"},
			{"version 3, with Argon2i", "secret", "version=3,kdf=argon2i,memory=512,passes=3"},
			{"version 3, with Argon2d", "secret", "version=3,kdf=argon2d,memory=512,passes=3"},
			{"version 3, with Argon2d and several threads", "secret", "version=3,kdf=argon2d,memory=301,passes=2,parallelism=3"},
			{"version 3, with several threads", "sécret", "version=3,memory=512,passes=2,parallelism=4"},
		} {
			t.Run(strings.Join(append([]string{kind.name}, kind.args...), " ")+", "+tc.name, func(t *testing.T) {
				text := puttygen(t, path, tc.passphrase, tc.params)
				opens(t, text, tc.passphrase, public)
				opens(t, strings.ReplaceAll(text, "\n", "\r\n"), tc.passphrase, public)
			})
		}
	}
}

// puttygen has PuTTY convert a key.
func puttygen(t testing.TB, path, passphrase, params string) string {
	out := filepath.Join(t.TempDir(), "key.ppk")
	command(t, "puttygen", path, "-O", "private", "-o", out, "--ppk-param", params,
		"--new-passphrase", fileOf(t, "passphrase", passphrase))
	return string(must[[]byte](t)(os.ReadFile(out)))
}

func TestKeysOfPuTTYThatAreRefused(t *testing.T) {
	path, _, _ := newKey(t, "ed25519")
	plain := puttygen(t, path, "", "version=3")
	locked := puttygen(t, path, "secret", "version=3,memory=512,passes=3")
	edit := func(text, old, new string) string {
		if !strings.Contains(text, old) {
			t.Fatalf("no %q in what puttygen wrote", old)
		}
		return strings.Replace(text, old, new, 1)
	}
	for _, tc := range []struct {
		name, text string
		reason     KeyReason
	}{
		{"whose comment was changed", edit(plain, "me@home", "you@home"), KeyTampered},
		{"whose comment was changed, encrypted", edit(locked, "me@home", "you@home"), KeyWrongPassphrase},
		{"whose end is missing", plain[:len(plain)/2], KeyTruncated},
		{"whose checksum is missing", plain[:strings.Index(plain, "Private-MAC")], KeyTruncated},
		{"that wants four gigabytes", edit(locked, "Argon2-Memory: 512", "Argon2-Memory: 4194304"), KeyTooCostly},
		{"that wants a million passes", edit(locked, "Argon2-Passes: 3", "Argon2-Passes: 1000000"), KeyTooCostly},
		{"whose passes are no number", edit(locked, "Argon2-Passes: 3", "Argon2-Passes: many"), KeyTruncated},
		{"with a key derivation of the future", edit(locked, "Argon2id", "Argon3"), KeyUnsupported},
		{"with a cipher of the future", edit(locked, "aes256-cbc", "aes512-xyz"), KeyUnsupported},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := OpenKey([]byte(tc.text), []byte("secret"))
			reasonIs(t, err, tc.reason)
		})
	}
}

// Keys of which some text is cut out or changed must fail with a reason, or
// still be the same key.
func TestDamagedKeysNeverBecomeOthers(t *testing.T) {
	path, _, public := newKey(t, "ecdsa")
	for _, text := range []string{
		string(must[[]byte](t)(os.ReadFile(path))),
		puttygen(t, path, "", "version=2"),
		puttygen(t, path, "", "version=3"),
	} {
		for i := range len(text) {
			damaged := slices.Concat([]byte(text[:i]), []byte(text[i+1:]))
			signer, err := ParseKey(damaged, nil)
			var bad *KeyError
			if err != nil && !errors.As(err, &bad) {
				t.Fatalf("without byte %d: %v", i, err)
			}
			if err == nil && !bytes.Equal(signer.PublicKey().Marshal(), public.Marshal()) {
				t.Fatalf("without byte %d it is another key", i)
			}
		}
	}
}

func FuzzParseKey(f *testing.F) {
	path, plain, _ := newKey(f, "ed25519")
	f.Add([]byte(opensshKey(f, "")))
	f.Add([]byte(opensshKey(f, "secret")))
	f.Add([]byte("ssh-ed25519 AAAA"))
	f.Add([]byte(puttygen(f, path, "", "version=2")))
	f.Add([]byte(puttygen(f, path, "secret", "version=3,memory=8,passes=1")))
	in := fileOf(f, "plain", plain)
	for _, args := range [][]string{{"-iter", "1"}, {"-scrypt", "-scrypt_N", "2"}} {
		args = append([]string{"pkcs8", "-topk8", "-in", in, "-passout", "pass:secret"}, args...)
		f.Add(command(f, "openssl", args...))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		_, err := ParseKey(text, nil)
		var typed *KeyError
		if err != nil && !errors.As(err, &typed) {
			t.Errorf("%T: %v", err, err)
		}
	})
}

// FuzzPPK and FuzzPKCS8 reach what stands behind the armour, at little cost.
func FuzzPPK(f *testing.F) {
	f.Add("ssh-ed25519", []byte("public"), []byte("private"), []byte("mac"))
	f.Fuzz(func(t *testing.T, algorithm string, public, private, _ []byte) {
		key, err := ppkKey(algorithm, public, private)
		var typed *KeyError
		if err != nil && !errors.As(err, &typed) || err == nil && key == nil {
			t.Errorf("%T: %v", err, err)
		}
	})
}

func FuzzPKCS8(f *testing.F) {
	der, _ := base64.StdEncoding.DecodeString("MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhx")
	f.Add(der)
	f.Fuzz(func(t *testing.T, der []byte) {
		sealed, err := readPKCS8(der)
		var typed *KeyError
		if err != nil && !errors.As(err, &typed) || err == nil && sealed.open == nil {
			t.Errorf("%T: %v", err, err)
		}
	})
}
