package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pkg/sftp"

	"github.com/wasmiko/wasmiko/sshcore/server"
)

// openSSH is OpenSSH's client, set up to know one server.
type openSSH struct {
	t    *testing.T
	dir  string
	port string
}

// newOpenSSH serves s and lets OpenSSH know its key.
func newOpenSSH(t *testing.T, s *server.Server) *openSSH {
	t.Helper()
	for _, tool := range []string{"ssh", "sftp"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%s is needed: install OpenSSH's client (Debian: apt-get install openssh-client)", tool)
		}
	}
	_, port, err := net.SplitHostPort(listen(t, s).String())
	if err != nil {
		t.Fatal(err)
	}
	o := &openSSH{t: t, dir: t.TempDir(), port: port}
	key := s.HostKeys[0].PublicKey()
	o.file("known_hosts", fmt.Sprintf("[127.0.0.1]:%s %s %s\n", port, key.Type(), base64Key(key)), 0o600)
	o.file("askpass", "#!/bin/sh\necho foo\n", 0o700)
	return o
}

func (o *openSSH) file(name, text string, mode os.FileMode) string {
	o.t.Helper()
	path := filepath.Join(o.dir, name)
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		o.t.Fatal(err)
	}
	return path
}

// command is one of OpenSSH's programs with our options before args.
func (o *openSSH) command(program string, args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	o.t.Cleanup(cancel)
	options := []string{
		"-F", "none", "-P", o.port,
		"-o", "UserKnownHostsFile=" + filepath.Join(o.dir, "known_hosts"),
		"-o", "StrictHostKeyChecking=yes", "-o", "IdentityAgent=none", "-o", "LogLevel=ERROR",
	}
	if program == "ssh" {
		options[2] = "-p"
	}
	cmd := exec.CommandContext(ctx, program, append(options, args...)...)
	cmd.Env = append(os.Environ(), "SSH_ASKPASS="+filepath.Join(o.dir, "askpass"), "SSH_ASKPASS_REQUIRE=force", "LANG=C.UTF-8")
	return cmd
}

// run runs ssh and returns its output and status.
func (o *openSSH) run(stdin string, args ...string) (out, errs string, status int) {
	o.t.Helper()
	cmd := o.command("ssh", args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		o.t.Fatal(err)
	}
	return stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
}

// mimic tells what the session is like.
func mimic(_ context.Context, s *server.Session) {
	pty, has := s.PTY()
	switch s.Command() {
	case "both":
		fmt.Fprint(s.Stdout(), "to stdout")
		fmt.Fprint(s.Stderr(), "to stderr")
		s.Exit(3)
	case "cat":
		io.Copy(s.Stdout(), s.Stdin())
	case "flood":
		io.CopyN(s.Stdout(), zeros{}, 32<<20)
	case "env":
		fmt.Fprint(s.Stdout(), s.Env()["LC_TEST"])
	case "die":
		s.ExitSignal("TERM", "")
	case "":
		fmt.Fprintf(s.Stdout(), "shell %v %dx%d\n", has, pty.Cols, pty.Rows)
		w := <-s.Resizes()
		fmt.Fprintf(s.Stdout(), "now %dx%d\n", w.Cols, w.Rows)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestOpenSSHRunsCommands(t *testing.T) {
	o := newOpenSSH(t, newServer(t, mimic))
	for _, c := range []struct {
		name, command, stdin string
		out, errs            string
		status               int
	}{
		{"streams and status arrive", "both", "", "to stdout", "to stderr", 3},
		{"input and its end arrive", "cat", "häl\x00lo\n", "häl\x00lo\n", "", 0},
		{"the environment arrives", "env", "", "äö", "", 0},
		{"a signal is a failure", "die", "", "", "", 255},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, errs, status := o.run(c.stdin, "-o", "SetEnv=LC_TEST=äö", "robey@127.0.0.1", c.command)
			if out != c.out || errs != c.errs || status != c.status {
				t.Errorf("out %q, err %q, status %d", out, errs, status)
			}
		})
	}
	t.Run("32 MiB arrive, through several window fulls", func(t *testing.T) {
		if out, errs, status := o.run("", "robey@127.0.0.1", "flood"); len(out) != 32<<20 || status != 0 {
			t.Errorf("%d bytes, %q, status %d", len(out), errs, status)
		}
	})
}

func TestOpenSSHLogsInWithTwoFactors(t *testing.T) {
	user := newKey(t, "ed25519")
	s := twoSteps(t, user.PublicKey(), mimic)
	o := newOpenSSH(t, s)
	o.file("askpass", "#!/bin/sh\ncase \"$1\" in *6*7*) echo 42;; *) echo foo;; esac\n", 0o700)
	out, errs, status := o.run("x", "-o", "PreferredAuthentications=password,keyboard-interactive", "robey@127.0.0.1", "cat")
	if out != "x" || status != 0 {
		t.Errorf("out %q, err %q, status %d", out, errs, status)
	}
}

// OpenSSH resizes when its own terminal does, so it needs one: script(1) makes
// it and stty changes its width, which sends SIGWINCH.
func TestOpenSSHResizesTheTerminal(t *testing.T) {
	if _, err := exec.LookPath("script"); err != nil {
		t.Fatal("script is needed: install util-linux (Debian: apt-get install bsdutils)")
	}
	first := make(chan struct{})
	s := newServer(t, func(ctx context.Context, s *server.Session) {
		close(first)
		mimic(ctx, s)
	})
	o := newOpenSSH(t, s)
	ready := filepath.Join(o.dir, "ready")
	ssh := o.command("ssh", "-tt", "robey@127.0.0.1")
	line := "stty cols 91 rows 31; (while [ ! -e " + ready + " ]; do sleep 0.05; done; " +
		"stty cols 132 < /dev/tty) & exec " + quoted(ssh.Args)
	cmd := exec.CommandContext(t.Context(), "script", "-qec", line, "/dev/null")
	cmd.Env = ssh.Env
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	receive(t, first, "the shell")
	o.file("ready", "", 0o600)
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %s", err, out.String())
	}
	for _, want := range []string{"shell true 91x31", "now 132x31"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in %q", want, out.String())
		}
	}
}

func quoted(args []string) string {
	var b strings.Builder
	for _, a := range args {
		b.WriteString(" '" + a + "'")
	}
	return b.String()
}

func TestOpenSSHTransfersFiles(t *testing.T) {
	s := newServer(t, nil)
	s.Subsystems = map[string]server.Handler{
		"sftp": server.SFTP(func(server.Login) sftp.Handlers { return sftp.InMemHandler() }),
	}
	o := newOpenSSH(t, s)
	text := strings.Repeat("all the way there and back\n", 40_000)
	up := o.file("up", text, 0o600)
	down := filepath.Join(o.dir, "down")
	batch := o.file("batch", fmt.Sprintf("mkdir /d\nput %s /d/a\nrename /d/a /d/b\nls -l /d\nget /d/b %s\n", up, down), 0o600)
	// -b turns on BatchMode, which would forbid the password.
	cmd := o.command("sftp", "-o", "BatchMode=no", "-b", batch, "robey@127.0.0.1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got, err := os.ReadFile(down); err != nil || string(got) != text {
		t.Errorf("%d bytes came back, %v", len(got), err)
	}
	if !strings.Contains(string(out), "/d/b") {
		t.Errorf("listing: %s", out)
	}
}
