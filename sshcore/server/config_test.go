package server

import (
	"crypto/rand"
	"crypto/rsa"
	"slices"
	"testing"

	"golang.org/x/crypto/ssh"
)

func TestNothingInsecureIsOffered(t *testing.T) {
	bad := ssh.InsecureAlgorithms()
	old := slices.Concat(bad.KeyExchanges, bad.Ciphers, bad.MACs, bad.PublicKeyAuths,
		[]string{ssh.HMACSHA1, ssh.KeyAlgoRSA})
	good := ssh.SupportedAlgorithms()
	known := slices.Concat(good.KeyExchanges, good.Ciphers, good.MACs, good.PublicKeyAuths)
	for _, name := range slices.Concat(keyExchanges, ciphers, macs, userKeys, rsaSignatures) {
		if slices.Contains(old, name) {
			t.Errorf("%s is insecure", name)
		}
		if !slices.Contains(known, name) {
			t.Errorf("%s is not known to x/crypto", name)
		}
	}
}

func TestRSAHostKeySignsWithSHA2Only(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, minRSABits)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	key, err := modern(plain)
	if err != nil {
		t.Fatal(err)
	}
	if got := key.(ssh.MultiAlgorithmSigner).Algorithms(); !slices.Equal(got, rsaSignatures) {
		t.Error(got)
	}
}

func TestWindowStandsInForWhatIsMissing(t *testing.T) {
	for _, c := range []struct {
		name string
		got  windowRequest
		want Window
	}{
		{"nothing said", windowRequest{}, Window{Cols: 80, Rows: 24}},
		{"as said", windowRequest{100, 30, 800, 600}, Window{100, 30, 800, 600}},
		{"absurdly large", windowRequest{1 << 31, 1 << 31, 1 << 31, 1 << 31}, Window{65535, 65535, 65535, 65535}},
	} {
		if got := c.got.window(); got != c.want {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func FuzzParsePTY(f *testing.F) {
	f.Add(ssh.Marshal(ptyRequest{"xterm", 80, 24, 0, 0, "\x35\x00\x00\x00\x01\x00"}))
	f.Add(ssh.Marshal(ptyRequest{"", 0, 0, 0, 0, "\x35\x00\x00"}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, payload []byte) {
		p, err := parsePTY(payload)
		if err != nil {
			return
		}
		if len(p.Term) > maxTermName || p.Cols < 1 || p.Cols > 65535 || p.Rows < 1 || p.Rows > 65535 {
			t.Errorf("%+v", p)
		}
		parseWindow(payload)
	})
}
