package sshcore

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore/internal/sshtest"
)

// knownHostsFile makes up a file about a few hosts: patterns, negation, hashes,
// ports, several names a line, authorities, revocations, comments and, if wanted,
// keys that are none.
func knownHostsFile(r *rand.Rand, hosts []string, keys []ssh.PublicKey, lines int, broken bool) string {
	pick := func() string { return hosts[r.IntN(len(hosts))] }
	var b strings.Builder
	for range lines {
		key := keyFields(keys[r.IntN(len(keys))])
		switch r.IntN(14) {
		case 0:
			fmt.Fprintf(&b, "%s,%s %s a comment\n", pick(), pick(), key)
		case 1:
			fmt.Fprintf(&b, "%s %s\n", hashedName(pick()), key)
		case 2:
			fmt.Fprintf(&b, "*%s %s\n", pick()[1:], key)
		case 3:
			fmt.Fprintf(&b, "%s?%s %s\n", pick()[:1], pick()[2:], key)
		case 4:
			fmt.Fprintf(&b, "*,!%s %s\n", pick(), key)
		case 5:
			fmt.Fprintf(&b, "[%s]:%d %s\n", pick(), 2200+r.IntN(2), key)
		case 6:
			fmt.Fprintf(&b, "@cert-authority %s %s\n", pick(), key)
		case 7:
			fmt.Fprintf(&b, "# %s %s\n", pick(), key)
		case 8, 9:
			if broken {
				key = []string{"ssh-nonsense AAAA", key[:len(key)/2]}[r.IntN(2)]
			}
			fmt.Fprintf(&b, "%s %s\n", pick(), key)
		case 10:
			fmt.Fprintf(&b, "  %s\t%s\n", strings.ToUpper(pick()), key)
		default:
			fmt.Fprintf(&b, "%s %s\n", pick(), key)
		}
	}
	return b.String()
}

// Two verdicts on the same file: ours, and that of ssh when it is strict.
func TestOpenSSHTrustsTheSameHosts(t *testing.T) {
	srv := sshtest.StartOpenSSH(t)
	host, port, err := net.SplitHostPort(srv.Addr)
	if err != nil {
		t.Fatal(err)
	}
	hosts := []string{"alpha", "alpine", "beta.example", "gamma.example", "192.0.2.7"}
	others := []ssh.PublicKey{fixedKey(1), fixedKey(2), sshtest.Key(t, ssh.KeyAlgoECDSA256).PublicKey()}
	r := rand.New(rand.NewPCG(1, 2))
	trusted, lines := 0, 0
	for trial := range 24 {
		// Few lines with the server's key, so that either verdict is common.
		keys := append([]ssh.PublicKey{srv.HostKey}, others...)
		n := 1 + r.IntN(60)
		text := knownHostsFile(r, hosts, keys, n, true)
		if trial%5 == 0 {
			text += "@revoked * " + keyFields(keys[r.IntN(len(keys))]) + "\n"
		}
		name := hosts[r.IntN(len(hosts))]
		lines += n
		path := filepath.Join(t.TempDir(), "known_hosts")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		kh, err := ParseKnownHosts(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		ours := kh.check(HostKey{Addr: name, Key: srv.HostKey}) == nil
		out, err := exec.CommandContext(t.Context(), "ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes",
			"-o", "UserKnownHostsFile="+path, "-o", "GlobalKnownHostsFile=none", "-o", "UpdateHostKeys=no",
			"-o", "HostKeyAlias="+name, "-i", srv.KeyFile, "-p", port, srv.User+"@"+host, "true").CombinedOutput()
		theirs := err == nil
		if !theirs && !strings.Contains(string(out), "Host key verification failed") {
			t.Fatalf("ssh failed for another reason: %v: %s", err, out)
		}
		if ours != theirs {
			t.Errorf("%s: we say %v, ssh says %v of\n%s", name, ours, theirs, text)
		}
		if ours {
			trusted++
		}
	}
	if trusted < 5 || trusted > 19 {
		t.Errorf("%d of 24 trusted: the files do not try both", trusted)
	}
	t.Logf("%d lines in 24 files, %d trusted", lines, trusted)
}

// The same made-up lines, thousands of them, before ssh-keygen -F, which does
// not look whether what stands behind a name is a key.
func TestKeygenFindsTheSameAmongThousandsOfLines(t *testing.T) {
	hosts := []string{"alpha", "alpine", "beta.example", "gamma.example", "192.0.2.7"}
	text := knownHostsFile(rand.New(rand.NewPCG(3, 4)), hosts, []ssh.PublicKey{fixedKey(1), fixedKey(2)}, 5000, false)
	path := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	kh, err := ParseKnownHosts(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(hosts, "[alpha]:2200", "[192.0.2.7]:2201", "nobody") {
		var ours []int
		for _, k := range kh.Lookup(name) {
			ours = append(ours, k.LineNumber)
		}
		if theirs := foundByKeygen(t, "ssh-keygen", path, name); fmt.Sprint(ours) != fmt.Sprint(theirs) {
			t.Errorf("%s: we find %d lines, ssh-keygen %d", name, len(ours), len(theirs))
		}
	}
}
