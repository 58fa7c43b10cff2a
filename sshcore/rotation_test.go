package sshcore

import (
	"context"
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore/internal/sshtest"
)

// newHostKey makes a further host key for sshd: its configuration, and the key.
func newHostKey(t *testing.T, kind string, more ...string) (config string, key ssh.PublicKey) {
	t.Helper()
	path := filepath.Join(t.TempDir(), kind)
	args := append([]string{"-q", "-t", kind, "-N", "", "-f", path}, more...)
	if out, err := exec.Command("ssh-keygen", args...).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v: %s", err, out)
	}
	text, err := os.ReadFile(path + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	key, _, _, _, err = ssh.ParseAuthorizedKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return "HostKey " + path, key
}

func fingerprints(keys []ssh.PublicKey) []string {
	var list []string
	for _, k := range keys {
		list = append(list, ssh.FingerprintSHA256(k))
	}
	slices.Sort(list)
	return list
}

func TestOpenSSHProvesItsOtherKeys(t *testing.T) {
	rsaConfig, rsa := newHostKey(t, "rsa", "-b", "2048")
	ecConfig, ec := newHostKey(t, "ecdsa")
	srv := sshtest.StartOpenSSH(t, rsaConfig, ecConfig)
	for _, tc := range []struct {
		name  string
		known func() *KnownHosts
		added []ssh.PublicKey
		gone  int
		told  bool
	}{
		{"all but one are new", func() *KnownHosts { return known(t, KnownHostsLine(srv.Addr, srv.HostKey)) }, []ssh.PublicKey{rsa, ec}, 0, true},
		{"one is new and one has gone", func() *KnownHosts {
			return known(t, KnownHostsLine(srv.Addr, srv.HostKey), KnownHostsLine(srv.Addr, ec), KnownHostsLine(srv.Addr, fixedKey(9)))
		}, []ssh.PublicKey{rsa}, 1, true},
		{"a pattern speaks for other hosts, too", func() *KnownHosts {
			return known(t, KnownHostsLine(srv.Addr, srv.HostKey), KnownHostsLine(srv.Addr, ec), KnownHostsLine(srv.Addr, rsa), "* "+keyFields(fixedKey(9)))
		}, nil, 0, false},
		{"a list below is not ours to change", func() *KnownHosts {
			return known(t, KnownHostsLine(srv.Addr, srv.HostKey)).WithSystem(known(t, KnownHostsLine(srv.Addr, fixedKey(9))))
		}, []ssh.PublicKey{rsa, ec}, 0, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			told := make(chan HostKeyUpdate, 1)
			cfg := realConfig(srv)
			cfg.HostKeys = tc.known()
			cfg.OnHostKeys = func(u HostKeyUpdate) { told <- u }
			c, err := Dial(t.Context(), srv.Addr, cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if !tc.told {
				// sshd tells before it runs anything.
				c.Output(t.Context(), "true")
				if len(told) > 0 {
					t.Errorf("told %+v", <-told)
				}
				return
			}
			u := <-told
			if got, want := fingerprints(u.New), fingerprints(tc.added); !slices.Equal(got, want) {
				t.Errorf("new: %v, want %v", got, want)
			}
			if len(u.Gone) != tc.gone || u.Addr != srv.Addr {
				t.Errorf("%d gone at %s", len(u.Gone), u.Addr)
			}
		})
	}
}

func TestHostKeysWithoutProofAreNotTold(t *testing.T) {
	rotating := sshtest.Key(t, ssh.KeyAlgoECDSA256)
	sign := func(c *ssh.ServerConn, name string, key ssh.Signer) []byte {
		sig, err := key.Sign(rand.Reader, ssh.Marshal(struct {
			Name         string
			Session, Key []byte
		}{name, c.SessionID(), rotating.PublicKey().Marshal()}))
		if err != nil {
			t.Fatal(err)
		}
		return ssh.Marshal(struct{ Signature []byte }{ssh.Marshal(sig)})
	}
	const prove = "hostkeys-prove-00@openssh.com"
	for _, tc := range []struct {
		name   string
		answer func(*ssh.ServerConn, *ssh.Request)
		told   bool
	}{
		{"proved", func(c *ssh.ServerConn, r *ssh.Request) { r.Reply(true, sign(c, prove, rotating)) }, true},
		{"signed for another purpose", func(c *ssh.ServerConn, r *ssh.Request) { r.Reply(true, sign(c, "login", rotating)) }, false},
		{"signed by another key", func(c *ssh.ServerConn, r *ssh.Request) {
			r.Reply(true, sign(c, prove, sshtest.Key(t, ssh.KeyAlgoECDSA256)))
		}, false},
		{"answered with less", func(_ *ssh.ServerConn, r *ssh.Request) { r.Reply(true, nil) }, false},
		{"refused", func(_ *ssh.ServerConn, r *ssh.Request) { r.Reply(false, nil) }, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := sshtest.New(t)
				var shown ssh.PublicKey
				cfg := testConfig(srv.Dial)
				kh := new(KnownHosts)
				cfg.HostKeys = AcceptNew(kh)
				first, err := Dial(t.Context(), "h:22", cfg)
				if err != nil {
					t.Fatal(err)
				}
				first.Close()
				shown = kh.Lookup("h")[0].Key
				synctest.Wait() // the server is done with the first connection

				conns := make(chan *ssh.ServerConn, 1)
				srv.OnConn = func(c *ssh.ServerConn) {
					conns <- c
					keys := append(ssh.Marshal(struct{ Key []byte }{shown.Marshal()}), ssh.Marshal(struct{ Key []byte }{rotating.PublicKey().Marshal()})...)
					c.SendRequest("hostkeys-00@openssh.com", false, keys)
				}
				srv.Global = func(r *ssh.Request) { tc.answer(<-conns, r) }
				told := make(chan HostKeyUpdate, 1)
				var warned []string
				cfg.OnHostKeys = func(u HostKeyUpdate) { told <- u }
				cfg.Trace = func(e Event) {
					if e.Warning {
						warned = append(warned, e.Detail)
					}
				}
				c, err := Dial(context.Background(), "h:22", cfg)
				if err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				c.Close()
				if got := len(told) == 1; got != tc.told {
					t.Errorf("told: %v", got)
				}
				if got := strings.Contains(strings.Join(warned, "\n"), "not proved"); got == tc.told {
					t.Errorf("warnings: %q", warned)
				}
			})
		})
	}
}

func TestHostKeysThatArePinnedAreNotExtended(t *testing.T) {
	config, _ := newHostKey(t, "ecdsa")
	srv := sshtest.StartOpenSSH(t, config)
	cfg := realConfig(srv) // pinned
	cfg.OnHostKeys = func(u HostKeyUpdate) { t.Errorf("told %+v", u) }
	c, err := Dial(t.Context(), srv.Addr, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Output(t.Context(), "true"); err != nil {
		t.Error(err)
	}
}
