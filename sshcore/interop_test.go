package sshcore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore/internal/sshtest"
)

// expected is what a server of others' makes of us.
type expected struct {
	kex, cipher string
	password    bool
	interactive bool
	stderr      bool // apart from stdout
	exitSignal  bool
	sftp        bool
	pty         bool
	forward     bool
	sessions    int  // of a hundred at once
	legacy      bool // lets us in only with the legacy profile
}

// interop is the table of the servers in build/system.sh, as measured. Dropbear
// refuses some of a dozen sessions that are asked for at once, and ends the
// connection on a hundred; Paramiko, when channels close together, now and then
// sends for one that is closed, which ends the connection here as in OpenSSH.
var interop = map[string]expected{
	"Dropbear": {kex: "curve25519-sha256", cipher: ssh.CipherChaCha20Poly1305, password: true, stderr: true, exitSignal: true, sftp: true, pty: true, forward: true, sessions: 5},
	"tinysshd": {kex: "curve25519-sha256", cipher: ssh.CipherChaCha20Poly1305, stderr: true, exitSignal: true, sftp: true, pty: true, sessions: 0},
	"Paramiko": {kex: "curve25519-sha256@libssh.org", cipher: ssh.CipherAES256CTR, password: true, interactive: true, stderr: true, sftp: true, sessions: 1},
	"AsyncSSH": {kex: "curve25519-sha256", cipher: ssh.CipherAES256GCM, password: true, interactive: true, stderr: true, exitSignal: true, sftp: true, forward: true, sessions: 100},
	"lsh":      {kex: ssh.InsecureKeyExchangeDH14SHA1, cipher: ssh.InsecureCipherTripleDESCBC, password: true, stderr: true, exitSignal: true, sftp: true, pty: true, forward: true, sessions: 100, legacy: true},
}

func TestServersOfOthers(t *testing.T) {
	for name, want := range interop {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			p := &peerTest{Other: sshtest.Others[name](t), want: want, ctx: ctx}
			t.Run("hardened defaults", p.defaults)
			t.Run("log in", p.logins)
			t.Run("host key", p.hostKeys)
			t.Run("commands", p.commands)
			t.Run("files", p.files)
			t.Run("tunnels", p.tunnels)
			t.Run("many sessions", p.many)
		})
	}
}

type peerTest struct {
	*sshtest.Other
	want expected
	ctx  context.Context
}

// much is how many bytes are moved: fewer with ciphers of the past, which are slow.
func (p *peerTest) much() int {
	if p.want.legacy {
		return 1 << 20
	}
	return 10 << 20
}

func (p *peerTest) config(auth ...Auth) *Config {
	cfg := &Config{User: sshtest.OtherUser, HostKeys: AcceptNew(new(KnownHosts)), Auth: auth}
	if p.want.legacy {
		cfg.Algorithms = Legacy()
	}
	return cfg
}

// key is how we log in unless login itself is tried. lsh has its own format
// for authorized keys.
func (p *peerTest) key() Auth {
	if p.want.legacy {
		return p.password(sshtest.OtherPassword)
	}
	return PublicKeys(p.Key)
}

func (p *peerTest) password(text string) Auth {
	return Password(func(context.Context, Ask) ([]byte, error) { return []byte(text), nil })
}

func (p *peerTest) dial(t *testing.T, cfg *Config) *Client {
	t.Helper()
	c, err := Dial(p.ctx, p.Addr, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func (p *peerTest) defaults(t *testing.T) {
	cfg := p.config(p.key())
	cfg.Algorithms = Algorithms{}
	c, err := Dial(p.ctx, p.Addr, cfg)
	if p.want.legacy {
		var refused *ProtocolError
		if !errors.As(err, &refused) || refused.Reason != ReasonNoAlgorithm || !LegacyHelps(refused.Theirs) {
			t.Errorf("got %v", err)
		}
		c = p.dial(t, p.config(p.key()))
	} else if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	i := c.Info()
	if i.KeyExchange != p.want.kex || i.CipherIn != p.want.cipher || (len(i.Weak) > 0) != p.want.legacy {
		t.Errorf("%s: %s, %s, weak: %v", i.ServerVersion, i.KeyExchange, i.CipherIn, i.Weak)
	}
}

func (p *peerTest) logins(t *testing.T) {
	answer := Interactive(func(_ context.Context, c Challenge) ([]string, error) {
		return slicesRepeat(sshtest.OtherPassword, len(c.Prompts)), nil
	})
	for _, tc := range []struct {
		name string
		auth Auth
		in   bool
	}{
		{"with the password", p.password(sshtest.OtherPassword), p.want.password},
		{"with a wrong one", p.password("bar"), false},
		{"with answers", answer, p.want.interactive},
		{"with the key", PublicKeys(p.Key), !p.want.legacy},
		{"with another key", PublicKeys(sshtest.Key(t, ssh.KeyAlgoED25519)), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := Dial(p.ctx, p.Addr, p.config(tc.auth))
			var refused *AuthError
			switch {
			case err == nil:
				c.Close()
				if !tc.in {
					t.Error("let in")
				}
			case tc.in || !errors.As(err, &refused):
				t.Error(err)
			}
		})
	}
}

func slicesRepeat(s string, n int) []string {
	return strings.Fields(strings.Repeat(s+" ", n))
}

func (p *peerTest) hostKeys(t *testing.T) {
	kh := new(KnownHosts)
	cfg := p.config(p.key())
	cfg.HostKeys = kh
	if _, err := Dial(p.ctx, p.Addr, cfg); reasonOf(err) != HostKeyUnknown {
		t.Errorf("unknown: %v", err)
	}
	cfg.HostKeys = AcceptNew(kh)
	c := p.dial(t, cfg)
	kind := c.Info().HostKeyType
	cfg.HostKeys = kh
	p.dial(t, cfg)
	changed := new(KnownHosts)
	changed.Add(p.Addr, sshtest.Key(t, kind).PublicKey())
	cfg.HostKeys = changed
	if _, err := Dial(p.ctx, p.Addr, cfg); reasonOf(err) != HostKeyChanged {
		t.Errorf("changed: %v", err)
	}
}

func (p *peerTest) commands(t *testing.T) {
	start := func(t *testing.T, cmd Command) *Session {
		// A client of its own: tinysshd allows one session a connection.
		s, err := p.dial(t, p.config(p.key())).Start(p.ctx, cmd)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	t.Run("output, errors and status come apart", func(t *testing.T) {
		s := start(t, Command{Line: "cat; echo err >&2; exit 3"})
		io.WriteString(s.Stdin(), "through")
		s.Stdin().Close()
		out, _ := io.ReadAll(s.Stdout())
		errs, _ := io.ReadAll(s.Stderr())
		var exit *ExitError
		if err := s.Wait(); !errors.As(err, &exit) || exit.Status != 3 || string(out) != "through" || string(errs) != "err\n" {
			t.Errorf("%q, %q, %v", out, errs, err)
		}
	})
	t.Run("a signal ends it", func(t *testing.T) {
		s := start(t, Command{Line: "kill -TERM $$"})
		io.Copy(io.Discard, s.Stdout())
		var exit *ExitError
		if err := s.Wait(); !errors.As(err, &exit) || (exit.Signal == "TERM") != p.want.exitSignal {
			t.Errorf("got %v", err)
		}
	})
	t.Run("megabytes come whole", func(t *testing.T) {
		s := start(t, Command{Line: fmt.Sprintf("head -c %d /dev/zero", p.much())})
		if n, err := io.Copy(io.Discard, s.Stdout()); n != int64(p.much()) || err != nil {
			t.Errorf("%d bytes, %v", n, err)
		}
	})
	if p.want.pty {
		t.Run("a terminal has its size, and the next", func(t *testing.T) {
			s := start(t, Command{Line: "stty size; read go; stty size", PTY: &PTY{Cols: 80, Rows: 24}})
			var out bytes.Buffer
			for !strings.Contains(out.String(), "24 80") {
				if _, err := io.CopyN(&out, s.Stdout(), 1); err != nil {
					t.Fatalf("%q, %v", out.String(), err)
				}
			}
			if err := s.Resize(132, 43); err != nil {
				t.Error(err)
			}
			io.WriteString(s.Stdin(), "\n")
			io.Copy(&out, s.Stdout())
			if !strings.Contains(out.String(), "43 132") {
				t.Errorf("%q", out.String())
			}
		})
	}
}

func (p *peerTest) files(t *testing.T) {
	c := p.dial(t, p.config(p.key()))
	s, err := c.SFTP(p.ctx)
	if !p.want.sftp {
		if err == nil {
			t.Error("has SFTP after all")
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	dir := "/home/" + sshtest.OtherUser
	if !p.want.password || p.want.interactive {
		dir = "/tmp" // the scripts have no home, and tinysshd none of its own
	}
	name := path.Join(dir, fmt.Sprintf("wasmiko-interop-%d", time.Now().UnixNano()))
	content := randomBytes(p.much())
	if _, err := s.Upload(p.ctx, name, bytes.NewReader(content), Transfer{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Remove(context.Background(), name) })
	sum := sha256.New()
	n, err := s.Download(p.ctx, name, sum, Transfer{})
	if want := sha256.Sum256(content); err != nil || !bytes.Equal(sum.Sum(nil), want[:]) {
		t.Errorf("%d bytes, %v", n, err)
	}
}

func (p *peerTest) tunnels(t *testing.T) {
	c := p.dial(t, p.config(p.key()))
	conn, err := c.DialContext(p.ctx, "tcp", p.Addr)
	if !p.want.forward {
		var refused *ForwardError
		if !errors.As(err, &refused) {
			t.Errorf("got %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// Through the server to itself: its version line.
	line := make([]byte, 4)
	if _, err := io.ReadFull(conn, line); string(line) != "SSH-" || err != nil {
		t.Errorf("%q, %v", line, err)
	}
}

func (p *peerTest) many(t *testing.T) {
	c := p.dial(t, p.config(p.key()))
	hold, err := c.Start(p.ctx, Command{Line: "cat"})
	if err != nil {
		t.Fatal(err)
	}
	defer hold.Close()
	var wg sync.WaitGroup
	var mu sync.Mutex
	right := 0
	asked := p.want.sessions
	if asked == 0 {
		asked = 100
	}
	for i := range asked {
		wg.Go(func() {
			out, err := p.echo(c, i)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil && string(out) == fmt.Sprintln(i):
				right++
			case err == nil || !isRefusal(err):
				t.Errorf("session %d: %q, %v", i, out, err)
			}
		})
	}
	wg.Wait()
	if right != p.want.sessions {
		t.Errorf("%d of %d sessions beside another", right, asked)
	}
}

// echo runs a command in a session of its own. Where there is room for it, a
// server that is busy with another may refuse it at first, as Dropbear does.
func (p *peerTest) echo(c *Client, i int) (out []byte, err error) {
	for range 20 {
		out, err = c.Output(p.ctx, fmt.Sprint("echo ", i))
		if p.want.sessions == 0 || !isRefusal(err) {
			break
		}
	}
	return out, err
}

func isRefusal(err error) bool {
	var refused *ssh.OpenChannelError
	var request *RequestError
	return errors.As(err, &refused) || errors.As(err, &request)
}
