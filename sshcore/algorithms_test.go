package sshcore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore/internal/sshtest"
)

// offered is the KEXINIT that a configuration makes us send, as text.
func offered(t *testing.T, a Algorithms) string {
	var sent greeting
	cfg := testConfig(sshtest.Peer(t, sshtest.Says("SSH-2.0-x\r\n")))
	inner := cfg.Dial
	cfg.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := inner(ctx, network, addr)
		return &listening{conn, &sent}, err
	}
	cfg.Algorithms = a
	if _, err := Dial(t.Context(), "h:22", cfg); err == nil {
		t.Fatal("connected to nobody")
	}
	if sent.kexInit == nil {
		t.Fatal("no KEXINIT was sent")
	}
	return fmt.Sprintf("version: %s\n%s", sent.version, describe(sent.kexInit))
}

// listening reads along what is written.
type listening struct {
	net.Conn
	sent *greeting
}

func (l *listening) Write(p []byte) (int, error) {
	if err := l.sent.feed(p); err != nil {
		return 0, err
	}
	return l.Conn.Write(p)
}

func describe(k *kexInit) string {
	var b strings.Builder
	for _, f := range []struct {
		name string
		list []string
	}{
		{"kex", k.KexAlgos}, {"host keys", k.ServerHostKeyAlgos},
		{"ciphers out", k.CiphersClientServer}, {"ciphers in", k.CiphersServerClient},
		{"MACs out", k.MACsClientServer}, {"MACs in", k.MACsServerClient},
		{"compression out", k.CompressionClientServer}, {"compression in", k.CompressionServerClient},
	} {
		fmt.Fprintf(&b, "%s: %s\n", f.name, strings.Join(f.list, ","))
	}
	return b.String()
}

// What we offer is written down, so that a change of ours or of x/crypto's is
// a change that somebody has looked at.
func TestTheOfferEqualsTheGoldenFile(t *testing.T) {
	for _, tc := range []struct {
		file string
		a    Algorithms
	}{
		{"kexinit.golden", hardened("linux")},
		{"kexinit-js.golden", hardened("js")},
	} {
		t.Run(tc.file, func(t *testing.T) {
			want, err := os.ReadFile("testdata/" + tc.file)
			if err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) {
				if got := offered(t, tc.a); got != string(want) {
					t.Errorf("we offer\n%s\nthe file says\n%s", got, want)
				}
			})
		})
	}
}

func TestNoInsecureAlgorithmIsOfferedUnasked(t *testing.T) {
	bad := ssh.InsecureAlgorithms()
	d := Algorithms{}.orDefaults()
	for _, tc := range []struct {
		name       string
		list, evil []string
	}{
		{"key exchanges", d.KeyExchanges, bad.KeyExchanges},
		{"host keys", d.HostKeys, bad.HostKeys},
		{"ciphers", d.Ciphers, bad.Ciphers},
		{"MACs", d.MACs, append(bad.MACs, ssh.HMACSHA1)},
		{"signatures", d.PublicKeys, bad.PublicKeyAuths},
	} {
		for _, a := range tc.list {
			for _, b := range tc.evil {
				if a == b {
					t.Errorf("%s: %s", tc.name, a)
				}
			}
		}
	}
}

func TestEveryAlgorithmOfOursIsKnownToTheLibrary(t *testing.T) {
	good, bad := ssh.SupportedAlgorithms(), ssh.InsecureAlgorithms()
	l := Legacy()
	for _, tc := range []struct {
		name       string
		list, have []string
	}{
		{"key exchanges", l.KeyExchanges, append(good.KeyExchanges, bad.KeyExchanges...)},
		{"host keys", l.HostKeys, append(good.HostKeys, bad.HostKeys...)},
		{"ciphers", l.Ciphers, append(good.Ciphers, bad.Ciphers...)},
		{"MACs", l.MACs, append(good.MACs, bad.MACs...)},
	} {
		have := map[string]bool{}
		for _, a := range tc.have {
			have[a] = true
		}
		for _, a := range tc.list {
			if !have[a] {
				t.Errorf("%s: x/crypto does not know %s", tc.name, a)
			}
		}
	}
}

func TestAlgorithmsThatAreNotThereAreNamed(t *testing.T) {
	_, err := Dial(t.Context(), "h:22", &Config{
		HostKeys:   anyKey{},
		Algorithms: Algorithms{Ciphers: []string{ssh.CipherAES256GCM, "rot13"}},
		Dial:       sshtest.New(t).Dial,
	})
	var unknown *AlgorithmError
	if !errors.As(err, &unknown) || unknown.Name != "rot13" || !slices.Contains(unknown.Known, ssh.CipherAES128CTR) {
		t.Errorf("got %v", err)
	}
	if err := Legacy().check(); err != nil {
		t.Error(err)
	}
}

func TestWeakAlgorithmsAreTold(t *testing.T) {
	srv := sshtest.New(t)
	srv.Config.KeyExchanges = []string{ssh.InsecureKeyExchangeDH14SHA1}
	srv.Config.Ciphers = []string{ssh.InsecureCipherAES128CBC}
	srv.Config.MACs = []string{ssh.HMACSHA1}
	cfg := testConfig(srv.Dial)
	_, err := Dial(t.Context(), "h:22", cfg)
	var refused *ProtocolError
	if !errors.As(err, &refused) || refused.Reason != ReasonNoAlgorithm || !LegacyHelps(refused.Theirs) {
		t.Fatalf("by default: %v", err)
	}
	if LegacyHelps([]string{"kex-of-the-future"}) {
		t.Error("the legacy profile is no cure for what is new")
	}
	cfg.Algorithms = Legacy()
	c, err := Dial(t.Context(), "h:22", cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	want := []string{ssh.InsecureKeyExchangeDH14SHA1, ssh.InsecureCipherAES128CBC, ssh.HMACSHA1}
	if got := c.Info().Weak; !slices.Equal(got, want) {
		t.Errorf("weak: %v, want %v", got, want)
	}
}
