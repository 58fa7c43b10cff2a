package sshcore

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// fixedKey is an Ed25519 public key whose 32 bytes are all b: known_hosts
// never asks whether a key is a good one.
func fixedKey(b byte) ssh.PublicKey {
	blob := ssh.Marshal(struct {
		Type string
		Key  []byte
	}{ssh.KeyAlgoED25519, bytes.Repeat([]byte{b}, 32)})
	key, err := ssh.ParsePublicKey(blob)
	if err != nil {
		panic(err)
	}
	return key
}

func keyFields(key ssh.PublicKey) string {
	return key.Type() + " " + base64.StdEncoding.EncodeToString(key.Marshal())
}

func TestNamesAreMatchedAsPeopleMeanThem(t *testing.T) {
	const hashed = "|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg=" // 192.168.1.61, from sshd(8)
	for _, tc := range []struct {
		name, hosts, addr string
		want              bool
	}{
		{"a plain name", "host", "host:22", true},
		{"an address without a port", "host", "host", true},
		{"another name", "host", "host2:22", false},
		{"capital letters in the address", "host", "HOST:22", true},
		{"capital letters in the file", "HoSt", "host:22", true},
		{"a trailing dot", "host.example.org", "host.example.org.:22", true},
		{"one name of several", "a,host,b", "host:22", true},
		{"a port of its own", "[host]:2222", "host:2222", true},
		{"another port", "[host]:2222", "host:2223", false},
		{"no port in the file", "host", "host:2222", false},
		{"port 22 written out", "[host]:22", "host:22", true},
		{"an IPv4 address", "10.0.0.1", "10.0.0.1:22", true},
		{"an IPv6 address", "::1", "[::1]:22", true},
		{"a long IPv6 address", "fe80:0:0::0001", "[fe80::1]:22", true},
		{"an IPv6 address with a port", "[fe80::1]:2222", "[FE80:0::1]:2222", true},
		{"an IPv4 address in IPv6 clothes", "10.0.0.1", "[::ffff:10.0.0.1]:22", true},
		{"a star", "*.example.org", "a.example.org:22", true},
		{"a star and nothing for it", "*.example.org", "example.org:22", false},
		{"a star does not reach over a port", "*.example.org", "a.example.org:2222", false},
		{"a star before a port", "[*.example.org]:2222", "a.example.org:2222", true},
		{"question marks", "h??t", "host:22", true},
		{"too few for the question marks", "h??t", "hot:22", false},
		{"a negated name", "*.example.org,!bad.example.org", "bad.example.org:22", false},
		{"a negated name beside others", "*.example.org,!bad.example.org", "good.example.org:22", true},
		{"a negation alone", "!bad", "good:22", false},
		{"a hashed name", hashed, "192.168.1.61:22", true},
		{"another hashed name", hashed, "192.168.1.62:22", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			kh := known(t, tc.hosts+" "+keyFields(fixedKey(1)))
			if got := len(kh.Lookup(tc.addr)) == 1; got != tc.want {
				t.Errorf("%q for %q: got %v", tc.hosts, tc.addr, got)
			}
		})
	}
}

func TestBadLinesAreKeptAndReported(t *testing.T) {
	good := "good " + keyFields(fixedKey(1))
	file := strings.Join([]string{
		"\ufeff# a comment", "", good + " a comment",
		"garbage",
		"host ssh-ed25519 !!!",
		"host ssh-ed25519 AAAA",
		"host ssh-rsa " + strings.Fields(good)[2],
		"@unknown " + good,
		"@revoked host",
		"|1|short|hash " + keyFields(fixedKey(1)),
		"a,,b " + keyFields(fixedKey(1)),
		strings.Repeat("x", maxPattern+1) + " " + keyFields(fixedKey(1)),
		"host 1024 35 1234567890",
		"  \tgood2\t " + keyFields(fixedKey(2)) + "\t\r",
		"last " + keyFields(fixedKey(3)),
	}, "\n")
	kh, err := ParseKnownHosts(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	var numbers []int
	for _, b := range kh.Bad() {
		numbers = append(numbers, b.LineNumber)
	}
	if want := []int{4, 5, 6, 7, 8, 9, 10, 11, 12, 13}; !slices.Equal(numbers, want) {
		t.Errorf("bad lines %v, want %v", numbers, want)
	}
	for i, name := range []string{"good", "good2", "last"} {
		if k := kh.Lookup(name); len(k) != 1 || !sameKey(k[0].Key, fixedKey(byte(i+1))) {
			t.Errorf("%s: %+v", name, k)
		}
	}
	var out bytes.Buffer
	if n, err := kh.WriteTo(&out); err != nil || out.String() != file || n != int64(len(file)) {
		t.Errorf("the file did not survive: %q", out.String())
	}
}

func TestAddAndRemoveChangeNothingElse(t *testing.T) {
	k1, k2 := keyFields(fixedKey(1)), keyFields(fixedKey(2))
	for _, tc := range []struct {
		name, before string
		change       func(*KnownHosts) int
		n            int
		after        string
	}{
		{"a key goes to the end", "# c\na " + k1 + "\r\n", add("b:22", 2), 0, "# c\na " + k1 + "\r\nb " + k2 + "\n"},
		{"a last line without an end gets one", "a " + k1, add("b:2222", 2), 0, "a " + k1 + "\n[b]:2222 " + k2 + "\n"},
		{"a key that is there is not added", "a,B " + k1, add("b:22", 1), 0, "a,B " + k1},
		{"a name that would forge a line is not added", "", add("a\nb:22", 2), 0, ""},
		{"a name with a comma is not added", "", add("a,b:22", 2), 0, ""},
		{"a pattern is not added", "", add("*:22", 2), 0, ""},
		{"a marker is not added", "", add("@revoked x", 2), 0, ""},
		{"a comment is not added", "", add("#x:22", 2), 0, ""},
		{"an address is filed in its canonical form", "", add("[FE80:0::1]:22", 1), 0, "fe80::1 " + k1 + "\n"},
		{"all keys of a host are removed", "a " + k1 + "\nb " + k1 + "\na " + k2 + "\n", remove("a:22"), 2, "b " + k1 + "\n"},
		{"the other names of a line stay", "a,b,c " + k1 + " x\n", remove("b:22"), 1, "a,c " + k1 + " x\n"},
		{"patterns stay", "* " + k1 + "\n", remove("a:22"), 0, "* " + k1 + "\n"},
		{"revocations stay", "@revoked a " + k1 + "\n", remove("a:22"), 0, "@revoked a " + k1 + "\n"},
		{"hashed names are removed", hashedName("a") + " " + k1 + "\nb " + k1 + "\n", remove("a:22"), 1, "b " + k1 + "\n"},
		{"other hashed names stay", hashedName("a") + " " + k1 + "\n", remove("b:22"), 0, hashedName("a") + " " + k1 + "\n"},
		{"bad lines stay", "garbage\na " + k1 + "\n", remove("a:22"), 1, "garbage\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			kh, err := ParseKnownHosts(strings.NewReader(tc.before))
			if err != nil {
				t.Fatal(err)
			}
			if n := tc.change(kh); n != tc.n {
				t.Errorf("returned %d, want %d", n, tc.n)
			}
			var out strings.Builder
			kh.WriteTo(&out)
			if out.String() != tc.after {
				t.Errorf("got  %q\nwant %q", out.String(), tc.after)
			}
		})
	}
}

func add(addr string, b byte) func(*KnownHosts) int {
	return func(kh *KnownHosts) int { kh.Add(addr, fixedKey(b)); return 0 }
}

func remove(addr string) func(*KnownHosts) int {
	return func(kh *KnownHosts) int { return kh.Remove(addr) }
}

// hashedName hashes as ssh-keygen -H does, with a fixed salt.
func hashedName(name string) string {
	h := hostPatterns{salt: bytes.Repeat([]byte{7}, 20)}
	return "|1|" + base64.StdEncoding.EncodeToString(h.salt) + "|" + base64.StdEncoding.EncodeToString(h.sum(name))
}

func TestLayersAndSameKeys(t *testing.T) {
	system := known(t, "a,b "+keyFields(fixedKey(1)), "@revoked * "+keyFields(fixedKey(9)))
	var learned []string
	kh := known(t, "c "+keyFields(fixedKey(1)), hashedName("d")+" "+keyFields(fixedKey(1))).WithSystem(system)
	kh.OnAdd = func(line string) { learned = append(learned, line) }

	if k := kh.Lookup("a"); len(k) != 1 || !k[0].System {
		t.Errorf("a: %+v", k)
	}
	if names := kh.Names(fixedKey(1)); !slices.Equal(names, []string{"c", hashedName("d"), "a", "b"}) {
		t.Errorf("names %q", names)
	}
	if err := kh.CheckHostKey(t.Context(), HostKey{Addr: "a", Key: fixedKey(9)}); reasonOf(err) != HostKeyRevoked {
		t.Errorf("got %v", err)
	}
	if kh.Remove("a"); len(kh.Lookup("a")) != 1 {
		t.Error("removed from the system's list")
	}
	kh.Add("a", fixedKey(1)) // known below
	kh.Add("e", fixedKey(5))
	if len(learned) != 1 || learned[0] != "e "+keyFields(fixedKey(5)) {
		t.Errorf("learned %q", learned)
	}
}

// The pattern that took x/crypto's matcher half a minute, and its kind. Steps,
// not time: a slow machine must not fail this, and a fast one not pass it.
func TestMatchingNeverExplodes(t *testing.T) {
	name := strings.Repeat("a", 255)
	for _, pattern := range []string{
		strings.Repeat("*a", 12) + "b",
		strings.Repeat("*a", maxPattern/2-1) + "*b",
		strings.Repeat("*", maxPattern),
		"*" + strings.Repeat("a", 127) + "b",
		strings.Repeat("?*", maxPattern/2),
	} {
		_, steps := matchPattern(pattern, name)
		if limit := (len(pattern) + 1) * (len(name) + 1); steps > limit {
			t.Errorf("%.20s…: %d steps, limit %d", pattern, steps, limit)
		}
	}
}

// ssh-keygen is the oracle: which lines does it find for a name?
func TestLookupAgreesWithSSHKeygen(t *testing.T) {
	keygen, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Fatalf("this test needs ssh-keygen: apt-get install openssh-client (%v)", err)
	}
	hosts := []string{"alpha", "beta.example.org", "10.1.2.3", "fe80::1", "gamma", "a.b.c.example.org"}
	ports := []string{"", "2222"}
	patterns := []string{"*", "*.example.org", "*.example.org,!beta.example.org", "?????", "10.1.*", "[*]:2222", "[*.example.org]:2222", "Alpha,beta.example.org", "!alpha,*"}
	var lines []string
	for i, h := range hosts {
		for j, p := range ports {
			name := h
			if p != "" {
				name = "[" + h + "]:" + p
			}
			key := keyFields(fixedKey(byte(10*i + j)))
			lines = append(lines, name+" "+key, name+","+hosts[(i+1)%len(hosts)]+" "+key, hashedName(name)+" "+key,
				strings.ToUpper(h)+" "+key, "# "+name, "garbage", "@cert-authority "+name+" "+key)
		}
	}
	for i, p := range patterns {
		lines = append(lines, p+" "+keyFields(fixedKey(byte(100+i))))
	}
	path := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	kh, err := ParseKnownHosts(strings.NewReader(strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, h := range append(hosts, "nobody") {
		for _, p := range ports {
			name, addr := h, h
			if p != "" {
				name, addr = "["+h+"]:"+p, "["+h+"]:"+p
			}
			var got []int
			for _, k := range kh.Lookup(addr) {
				got = append(got, k.LineNumber)
			}
			if want := foundByKeygen(t, keygen, path, name); !slices.Equal(got, want) {
				t.Errorf("%s: we find lines %v, ssh-keygen %v", name, got, want)
			}
			compared += len(lines)
		}
	}
	t.Logf("%d lines, %d verdicts compared", len(lines), compared)
}

// foundByKeygen returns the numbers of the unmarked lines that it finds.
func foundByKeygen(t *testing.T, keygen, path, name string) []int {
	out, err := exec.CommandContext(t.Context(), keygen, "-F", name, "-f", path).Output()
	if err != nil && len(out) > 0 {
		t.Fatal(err)
	}
	var numbers []int
	for line := range strings.Lines(string(out)) {
		var host string
		var n int
		rest, ok := strings.CutPrefix(line, "# Host ")
		if !ok {
			continue
		}
		if _, err := fmt.Sscanf(rest, "%s found: line %d", &host, &n); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if !strings.HasSuffix(strings.TrimSpace(line), "CA") {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

func TestAddAndLookupRace(t *testing.T) {
	kh := new(KnownHosts)
	done := make(chan struct{})
	for i := range 8 {
		go func() {
			defer func() { done <- struct{}{} }()
			for j := range 50 {
				addr := "h" + strconv.Itoa(j) + ":22"
				kh.Add(addr, fixedKey(byte(i)))
				kh.Lookup(addr)
				kh.Algorithms(addr)
			}
		}()
	}
	for range 8 {
		<-done
	}
	if n := len(kh.Lookup("h0:22")); n != 8 {
		t.Errorf("%d keys, want 8", n)
	}
}

func FuzzKnownHosts(f *testing.F) {
	f.Add("host "+keyFields(fixedKey(1)), "host:22")
	f.Add("\ufeff@revoked *,!x |1|", "x")
	f.Add(hashedName("a")+" "+keyFields(fixedKey(1))+"\r\n\r\n#", "[::1]:22")
	f.Fuzz(func(t *testing.T, file, addr string) {
		kh, err := ParseKnownHosts(strings.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		kh.WriteTo(&out)
		if out.String() != file {
			t.Fatalf("%q became %q", file, out.String())
		}
		for _, k := range kh.Lookup(addr) {
			kh.Names(k.Key)
		}
		lines := len(kh.lines)
		kh.Add(addr, fixedKey(1))
		if len(kh.lines) > lines && !strings.Contains(file, "!") && len(kh.Lookup(addr)) == 0 {
			t.Fatalf("%q was added and is not there", addr)
		}
		kh.Remove(addr)
	})
}

func FuzzMatchPattern(f *testing.F) {
	f.Add("*.example.org", "a.example.org")
	f.Add("*a*a*a*b", "aaaaaaaa")
	f.Add("??*", "x")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		if len(pattern) > 64 || len(name) > 64 {
			return
		}
		got, steps := matchPattern(pattern, name)
		if want := matchByTable(pattern, name); got != want {
			t.Errorf("%q, %q: got %v", pattern, name, got)
		}
		if steps > (len(pattern)+1)*(len(name)+1) {
			t.Errorf("%q, %q: %d steps", pattern, name, steps)
		}
	})
}

// matchByTable is the textbook's matcher: ok[i] tells whether the pattern so
// far matches the first i bytes of the name.
func matchByTable(pattern, name string) bool {
	ok := make([]bool, len(name)+1)
	ok[0] = true
	for _, p := range []byte(pattern) {
		next := make([]bool, len(name)+1)
		for i := range next {
			if p == '*' {
				next[i] = ok[i] || i > 0 && next[i-1]
			} else if i > 0 {
				next[i] = ok[i-1] && (p == '?' || p == name[i-1])
			}
		}
		ok = next
	}
	return ok[len(name)]
}
