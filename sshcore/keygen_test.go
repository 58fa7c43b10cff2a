package sshcore

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

func TestGeneratedKeysAreOpenSSHs(t *testing.T) {
	for _, tc := range []struct {
		kind       KeyKind
		keyType    string
		passphrase string
	}{
		{Ed25519, ssh.KeyAlgoED25519, ""},
		{Ed25519, ssh.KeyAlgoED25519, "secret"},
		{ECDSAP256, ssh.KeyAlgoECDSA256, ""},
		{ECDSAP384, ssh.KeyAlgoECDSA384, ""},
		{ECDSAP521, ssh.KeyAlgoECDSA521, ""},
		{RSA3072, ssh.KeyAlgoRSA, ""},
	} {
		t.Run(string(tc.kind)+" "+tc.passphrase, func(t *testing.T) {
			text, public, err := GenerateKey(tc.kind, "me@home", []byte(tc.passphrase))
			if err != nil || public.Type() != tc.keyType {
				t.Fatalf("%v, %v", public, err)
			}
			line := command(t, "ssh-keygen", "-y", "-P", tc.passphrase, "-f", fileOf(t, "key", string(text)))
			read, comment, _, _, err := ssh.ParseAuthorizedKey(line)
			if err != nil || !bytes.Equal(read.Marshal(), public.Marshal()) || !strings.Contains(comment, "me@home") {
				t.Errorf("ssh-keygen reads %q: %v", line, err)
			}
			opens(t, string(text), tc.passphrase, public)
		})
	}
	if _, _, err := GenerateKey("dsa", "", nil); err == nil {
		t.Error("it made a DSA key")
	}
}
