package sshconfig

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const sample = "\ufeff# mine\r\n" + `
Host db1 db2 !db3
  HostName %h.internal
  User ops
  ProxyJump bastion,jump@inner:2222
Host bastion
  HostName = 192.0.2.1
  Port 2222
  IdentityFile "~/.ssh/work laptop"
  IdentityFile ~/.ssh/second
  HostKeyAlias gate
  ProxyCommand nc %h %p
Match exec "true"
  User nobody
Host plain
Include conf.d/*
Host *.example ?x
  Port 99
Host *
  User everyone
  ServerAliveInterval 5
`

func TestHostsAreResolvedAsTheFileSays(t *testing.T) {
	c, err := Parse([]byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	want := []Host{
		{Alias: "db1", HostName: "db1.internal", User: "ops", Port: 22, ProxyJump: []string{"bastion", "jump@inner:2222"}},
		{Alias: "db2", HostName: "db2.internal", User: "ops", Port: 22, ProxyJump: []string{"bastion", "jump@inner:2222"}},
		{Alias: "bastion", HostName: "192.0.2.1", User: "everyone", Port: 2222, IdentityFiles: []string{"~/.ssh/work laptop", "~/.ssh/second"}, HostKeyAlias: "gate"},
		{Alias: "plain", HostName: "plain", User: "everyone", Port: 22},
	}
	if got := fmt.Sprintf("%+v", c.Hosts); got != fmt.Sprintf("%+v", want) {
		t.Errorf("got  %s\nwant %+v", got, want)
	}
}

func TestWhatIsIgnoredIsSaid(t *testing.T) {
	c, err := Parse([]byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, i := range c.Ignored {
		if i.Reason == "" {
			t.Errorf("%s has no reason", i.Keyword)
		}
		got = append(got, fmt.Sprint(i.Line, i.Keyword))
	}
	want := []string{"13proxycommand", "14match", "17include", "22serveraliveinterval"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestBrokenFilesAreRefusedWithAReason(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"a port that is none", "Host a\nPort ssh\n", `port "ssh"`},
		{"port 0", "Host a\nPort 0\n", `port "0"`},
		{"no end", "Host a\n" + strings.Repeat("#", MaxBytes), "larger"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := Parse([]byte(tc.text)); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// ssh -G tells how OpenSSH reads a file.
func TestOpenSSHReadsTheSame(t *testing.T) {
	files := map[string]string{
		"the sample":               strings.NewReplacer("Include conf.d/*\n", "", "Match exec \"true\"\n  User nobody\n", "").Replace(sample),
		"first value counts":       "Host a\nPort 1\nPort 2\nHost a\nPort 3\nUser u\n",
		"words in any case":        "HOST a\n hostNAME b\n\tPORT=7\n",
		"defaults before any host": "User early\nHost a b\nHost c\nUser late\n",
		"patterns":                 "Host a?\nUser q\nHost !ab a*\nPort 5\nHost ab ac a\nPort 6\n",
		"jumps":                    "Host a\nProxyJump none\nHost b\nProxyJump c\nHost c\nHost *\nProxyJump d\n",
		"quotes":                   "Host \"a\" b\nUser \"x\"\nIdentityFile \"/k 1\"\n",
	}
	for name, text := range files {
		t.Run(name, func(t *testing.T) {
			text = strings.TrimPrefix(text, "\ufeff")
			path := filepath.Join(t.TempDir(), "config")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			c, err := Parse([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			if len(c.Hosts) == 0 {
				t.Fatal("no host")
			}
			for _, h := range c.Hosts {
				compare(t, h, openSSH(t, path, h.Alias))
			}
		})
	}
}

func compare(t *testing.T, h Host, g map[string][]string) {
	t.Helper()
	first := func(key string) string { return append(g[key], "")[0] }
	for _, f := range []struct{ what, have, want string }{
		{"hostname", h.HostName, first("hostname")},
		{"port", fmt.Sprint(h.Port), first("port")},
		{"proxyjump", strings.Join(h.ProxyJump, ","), strings.Replace(first("proxyjump"), "none", "", 1)},
		{"hostkeyalias", h.HostKeyAlias, first("hostkeyalias")},
	} {
		if f.have != f.want {
			t.Errorf("%s of %s: %q, and ssh says %q", f.what, h.Alias, f.have, f.want)
		}
	}
	// Without a User, ssh takes the name of whoever runs it, and without an
	// IdentityFile its own list.
	if h.User != "" && h.User != first("user") {
		t.Errorf("user of %s: %q, and ssh says %q", h.Alias, h.User, first("user"))
	}
	if len(h.IdentityFiles) > 0 && !slices.Equal(h.IdentityFiles, g["identityfile"]) {
		t.Errorf("keys of %s: %q, and ssh says %q", h.Alias, h.IdentityFiles, g["identityfile"])
	}
}

func openSSH(t *testing.T, path, alias string) map[string][]string {
	t.Helper()
	out, err := exec.Command("ssh", "-G", "-F", path, alias).CombinedOutput()
	if err != nil {
		t.Fatalf("ssh -G: %v: %s", err, out)
	}
	g := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		g[key] = append(g[key], value)
	}
	return g
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte("Host a\nHostName %h%%\n"))
	f.Add([]byte("Match all\nHost \"a b\"\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse(text)
		if err != nil {
			return
		}
		for _, h := range c.Hosts {
			if h.Alias == "" || h.Port < 1 || h.Port > 65535 {
				t.Errorf("%+v", h)
			}
		}
	})
}
