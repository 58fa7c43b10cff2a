package sshcore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore/internal/sshtest"
)

// patience bounds every test against a real sshd. It is never reached unless
// something hangs.
const patience = 30 * time.Second

func realConfig(srv *sshtest.OpenSSH) *Config {
	return &Config{User: srv.User, HostKeys: Pinned(ssh.FingerprintSHA256(srv.HostKey)), Auth: []Auth{PublicKeys(srv.Key)}}
}

// real connects to a real sshd.
func real(t *testing.T, config ...string) (context.Context, *Client, *sshtest.OpenSSH) {
	t.Helper()
	srv := sshtest.StartOpenSSH(t, config...)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	c, err := Dial(ctx, srv.Addr, realConfig(srv))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return ctx, c, srv
}

func TestOpenSSHCommands(t *testing.T) {
	ctx, c, _ := real(t, "AcceptEnv LANG WASMIKO_*")
	for _, tc := range []struct {
		name           string
		cmd            Command
		stdin          string
		stdout, stderr string
		exit           error
	}{
		{"both outputs, apart", Command{Line: "echo out; echo err >&2"}, "", "out\n", "err\n", nil},
		{"an exit status", Command{Line: "exit 42"}, "", "", "", &ExitError{Status: 42}},
		{"an exit signal", Command{Line: "kill -TERM $$"}, "", "", "", &ExitError{Status: -1, Signal: "TERM"}},
		{"input up to its end", Command{Line: "wc -c"}, "12345", "5\n", "", nil},
		{"a variable that is let through", Command{Line: "echo $WASMIKO_X", Env: map[string]string{"WASMIKO_X": "a b", "REFUSED": "1"}}, "", "a b\n", "", nil},
		{"a login shell without a terminal", Command{}, "echo from the shell; exit 3\n", "from the shell\n", "", &ExitError{Status: 3}},
		{"bytes that are not text", Command{Line: `printf '\000\377\r\n\342\202'`}, "", "\x00\xff\r\n\xe2\x82", "", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, err := c.Start(ctx, tc.cmd)
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(s.Stdin(), tc.stdin)
			s.Stdin().Close()
			stdout, err := io.ReadAll(s.Stdout())
			stderr, err2 := io.ReadAll(s.Stderr())
			if string(stdout) != tc.stdout || string(stderr) != tc.stderr || err != nil || err2 != nil {
				t.Errorf("stdout %q (%v), stderr %q (%v)", stdout, err, stderr, err2)
			}
			if err := s.Wait(); fmt.Sprintf("%+v", err) != fmt.Sprintf("%+v", tc.exit) {
				t.Errorf("exit %+v", err)
			}
		})
	}
}

func TestOpenSSHTerminal(t *testing.T) {
	ctx, c, _ := real(t)
	s, err := c.Start(ctx, Command{
		Line: "trap 'stty size; exit' WINCH; stty -echo; stty size; echo $TERM; while :; do read x; done",
		PTY:  &PTY{Term: "xterm", Cols: 80, Rows: 24},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"24 80\r\n", "xterm\r\n"} {
		got := make([]byte, len(want))
		if _, err := io.ReadFull(s.Stdout(), got); err != nil || string(got) != want {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	if err := s.Resize(132, 43); err != nil {
		t.Fatal(err)
	}
	// Some shells run a trap only when read returns.
	io.WriteString(s.Stdin(), "\n")
	rest, _ := io.ReadAll(s.Stdout())
	if !strings.Contains(string(rest), "43 132\r\n") {
		t.Errorf("after the resize: %q", rest)
	}
}

func TestOpenSSHBigOutput(t *testing.T) {
	ctx, c, _ := real(t, "RekeyLimit 4M") // the server asks for new keys, too
	s, err := c.Start(ctx, Command{Line: "head -c 50000000 /dev/zero | tee /dev/stderr"})
	if err != nil {
		t.Fatal(err)
	}
	sums := make(chan string, 2)
	for _, r := range []io.Reader{s.Stdout(), s.Stderr()} {
		go func() {
			h := sha256.New()
			n, err := io.Copy(h, r)
			sums <- fmt.Sprintf("%d %x %v", n, h.Sum(nil), err)
		}()
	}
	want := fmt.Sprintf("%d %x %v", 50_000_000, sha256.Sum256(make([]byte, 50_000_000)), nil)
	for range 2 {
		if got := <-sums; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if err := s.Wait(); err != nil {
		t.Error(err)
	}
}

// Ctrl-C, as a terminal sends it. (The request "signal" is refused by OpenSSH
// 9.2 for root; TestResizeAndSignal shows what we send.)
func TestOpenSSHInterrupt(t *testing.T) {
	ctx, c, _ := real(t)
	s, err := c.Start(ctx, Command{Line: "echo ready; exec sleep 1000", PTY: &PTY{Cols: 80, Rows: 24}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(s.Stdout(), make([]byte, 7)); err != nil {
		t.Fatal(err)
	}
	io.WriteString(s.Stdin(), "\x03")
	var exit *ExitError
	if err := s.Wait(); !errors.As(err, &exit) || exit.Signal != "INT" {
		t.Errorf("got %v", err)
	}
}

func TestOpenSSHKilledInMidSession(t *testing.T) {
	ctx, c, srv := real(t)
	s, err := c.Start(ctx, Command{Line: "echo so far; exec sleep 1000"})
	if err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 7)
	if _, err := io.ReadFull(s.Stdout(), got); err != nil || string(got) != "so far\n" {
		t.Fatalf("%q, %v", got, err)
	}
	srv.Kill()
	for _, end := range []struct {
		name string
		err  error
	}{
		{"reading", read(s.Stdout())}, {"the session", s.Wait()}, {"the client", c.Wait()},
	} {
		var closed *ClosedError
		if !errors.As(end.err, &closed) {
			t.Errorf("%s: %v", end.name, end.err)
		}
	}
	if _, err := c.Output(ctx, "true"); err == nil {
		t.Error("a command ran on a dead connection")
	}
}

func read(r io.Reader) error {
	_, err := r.Read(make([]byte, 1))
	return err
}

func TestOpenSSHHostKeys(t *testing.T) {
	srv := sshtest.StartOpenSSH(t)
	kh := new(KnownHosts)
	cfg := realConfig(srv)
	connect := func(p HostKeyPolicy) error {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		cfg.HostKeys = p
		c, err := Dial(ctx, srv.Addr, cfg)
		if err == nil {
			c.Close()
		}
		return err
	}
	if err := connect(kh); reasonOf(err) != HostKeyUnknown {
		t.Errorf("an unknown host: %v", err)
	}
	if err := connect(AcceptNew(kh)); err != nil {
		t.Errorf("accepting it: %v", err)
	}
	if err := connect(kh); err != nil {
		t.Errorf("a known host: %v", err)
	}
	changed := new(KnownHosts)
	changed.Add(srv.Addr, fixedKey(1))
	if err := connect(AcceptNew(changed)); reasonOf(err) != HostKeyChanged {
		t.Errorf("a changed key: %v", err)
	}
}

func TestOpenSSHLogins(t *testing.T) {
	srv := sshtest.StartOpenSSH(t, "MaxAuthTries 3")
	stranger := func() ssh.Signer { return sshtest.Key(t, ssh.KeyAlgoED25519) }
	for _, tc := range []struct {
		name string
		auth []Auth
		want string
	}{
		{"the right key", []Auth{PublicKeys(srv.Key)}, ""},
		{"the right key after a wrong one", []Auth{PublicKeys(stranger(), srv.Key)}, ""},
		{"a wrong key", []Auth{PublicKeys(stranger())}, "refused"},
		{"too many wrong keys", []Auth{PublicKeys(stranger(), stranger(), stranger(), stranger())}, "disconnected"},
		{"nothing that it takes", []Auth{Password(func(context.Context, Ask) ([]byte, error) { return nil, errRefused })}, "refused"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			cfg := realConfig(srv)
			cfg.Auth = tc.auth
			c, err := Dial(ctx, srv.Addr, cfg)
			if err == nil {
				c.Close()
			}
			var auth *AuthError
			var closed *ClosedError
			got := ""
			switch {
			case errors.As(err, &closed) && errors.As(err, &auth) && closed.Reason == ClosedDisconnect:
				got = "disconnected"
			case errors.As(err, &auth) && len(auth.Allowed) > 0:
				got = "refused"
			case err != nil:
				got = err.Error()
			}
			if got != tc.want {
				t.Errorf("got %v", err)
			}
		})
	}
}

// Every cipher and every key exchange that we offer works with OpenSSH, those
// excepted that this OpenSSH does not know.
func TestOpenSSHAlgorithms(t *testing.T) {
	srv := sshtest.StartOpenSSH(t)
	a := hardened("")
	var cases []Algorithms
	for _, c := range a.Ciphers {
		cases = append(cases, Algorithms{Ciphers: []string{c}})
	}
	for _, m := range a.MACs {
		cases = append(cases, Algorithms{Ciphers: []string{ssh.CipherAES128CTR}, MACs: []string{m}})
	}
	have := query(t, "kex")
	for _, k := range a.KeyExchanges {
		if strings.Contains(have, k) {
			cases = append(cases, Algorithms{KeyExchanges: []string{k}})
		}
	}
	for _, tc := range cases {
		t.Run(fmt.Sprint(tc), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			cfg := realConfig(srv)
			cfg.Algorithms = tc
			c, err := Dial(ctx, srv.Addr, cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if out, err := c.Output(ctx, "echo hi"); string(out) != "hi\n" || err != nil {
				t.Errorf("got %q, %v", out, err)
			}
		})
	}
}

func query(t *testing.T, what string) string {
	out, err := exec.CommandContext(t.Context(), "ssh", "-Q", what).Output()
	if err != nil {
		t.Fatalf("this test needs ssh: apt-get install openssh-client (%v)", err)
	}
	return string(out)
}

func TestOpenSSHTunnel(t *testing.T) {
	ctx, c, srv := real(t, "AllowTcpForwarding yes")
	// Through the server to itself: a jump to the same host.
	inner, err := Dial(ctx, srv.Addr, &Config{
		User: srv.User, HostKeys: Pinned(ssh.FingerprintSHA256(srv.HostKey)), Auth: []Auth{PublicKeys(srv.Key)}, Dial: c.DialContext,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer inner.Close()
	out, err := inner.Output(ctx, "head -c 3000000 /dev/zero")
	if !bytes.Equal(out, make([]byte, 3_000_000)) || err != nil {
		t.Errorf("%d bytes, %v", len(out), err)
	}
}

func TestOpenSSHForbidsATunnel(t *testing.T) {
	ctx, c, srv := real(t, "AllowTcpForwarding no")
	_, err := c.DialContext(ctx, "tcp", srv.Addr)
	var refused *ssh.OpenChannelError
	if !errors.As(err, &refused) || refused.Reason != ssh.Prohibited {
		t.Errorf("got %v", err)
	}
}
