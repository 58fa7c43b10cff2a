package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore/server"
)

func TestSessionReportsHowItEnded(t *testing.T) {
	for _, c := range []struct {
		name    string
		handler server.Handler
		status  int
		signal  string
	}{
		{"a handler that returns means status 0", func(context.Context, *server.Session) {}, 0, ""},
		{"Exit sends its status", func(_ context.Context, s *server.Session) { s.Exit(42) }, 42, ""},
		{"the first Exit counts", func(_ context.Context, s *server.Session) { s.Exit(1); s.Exit(2) }, 1, ""},
		{"ExitSignal sends the signal", func(_ context.Context, s *server.Session) { s.ExitSignal(ssh.SIGKILL, "killed") }, 128, "KILL"},
		{"a panic means status 255", func(context.Context, *server.Session) { panic("oh") }, 255, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn := client(t, c.handler)
			for range 2 { // the connection survives
				err := session(t, conn).Run("x")
				var exit *ssh.ExitError
				switch {
				case c.status == 0 && err != nil:
					t.Fatal(err)
				case c.status != 0 && (!errors.As(err, &exit) || c.signal == "" && exit.ExitStatus() != c.status || exit.Signal() != c.signal):
					t.Fatalf("got %v", err)
				}
			}
		})
	}
}

func TestSessionKeepsStdoutAndStderrApart(t *testing.T) {
	s := session(t, client(t, func(_ context.Context, s *server.Session) {
		fmt.Fprintf(s.Stdout(), "out %s", s.Command())
		fmt.Fprint(s.Stderr(), "err")
	}))
	var out, errs bytes.Buffer
	s.Stdout, s.Stderr = &out, &errs
	if err := s.Run("cmd"); err != nil || out.String() != "out cmd" || errs.String() != "err" {
		t.Errorf("%q %q %v", out.String(), errs.String(), err)
	}
}

func TestWritesFromSeveralGoroutinesDoNotMix(t *testing.T) {
	const writers, each = 8, 50
	s := session(t, client(t, func(_ context.Context, s *server.Session) {
		done := make(chan bool)
		for i := range writers {
			go func() {
				line := []byte(strings.Repeat(string(rune('a'+i)), 99) + "\n")
				for range each {
					s.Stdout().Write(line)
				}
				done <- true
			}()
		}
		for range writers {
			<-done
		}
	}))
	out, err := s.Output("x")
	if err != nil || len(out) != writers*each*100 {
		t.Fatalf("%d bytes, %v", len(out), err)
	}
	for line := range bytes.Lines(out) {
		if want := bytes.Repeat(line[:1], 99); !bytes.Equal(line[:99], want) {
			t.Fatalf("mixed line %q", line)
		}
	}
}

func TestSessionKnowsTheTerminal(t *testing.T) {
	sizes := make(chan server.Window)
	ptys := make(chan server.PTY, 1)
	s := session(t, client(t, func(ctx context.Context, s *server.Session) {
		pty, ok := s.PTY()
		if !ok || s.Command() != "" {
			t.Errorf("pty %v, command %q", ok, s.Command())
		}
		ptys <- pty
		for range 2 {
			w := <-s.Resizes()
			if now, _ := s.PTY(); now.Window != w {
				t.Errorf("PTY says %v after a change to %v", now.Window, w)
			}
			sizes <- w
		}
	}))
	if err := s.RequestPty("xterm-256color", 40, 100, ssh.TerminalModes{ssh.ECHO: 0, ssh.TTY_OP_ISPEED: 14400}); err != nil {
		t.Fatal(err)
	}
	if err := s.Shell(); err != nil {
		t.Fatal(err)
	}
	pty := receive(t, ptys, "the terminal")
	want := server.PTY{Term: "xterm-256color", Window: server.Window{Cols: 100, Rows: 40, Width: 800, Height: 320}}
	modes := pty.Modes
	if pty.Modes = nil; fmt.Sprint(pty) != fmt.Sprint(want) {
		t.Errorf("pty %+v", pty)
	}
	if modes[ssh.ECHO] != 0 || modes[ssh.TTY_OP_ISPEED] != 14400 || len(modes) != 2 {
		t.Errorf("modes %v", modes)
	}
	for _, cols := range []int{80, 132} {
		if err := s.WindowChange(25, cols); err != nil {
			t.Fatal(err)
		}
		if w := receive(t, sizes, "the new size"); w.Cols != cols || w.Rows != 25 {
			t.Errorf("size %+v", w)
		}
	}
	if err := s.Wait(); err != nil {
		t.Error(err)
	}
}

func TestSessionDeliversSignals(t *testing.T) {
	got := make(chan ssh.Signal, 1)
	s := session(t, client(t, func(_ context.Context, s *server.Session) { got <- <-s.Signals() }))
	if err := s.Start("x"); err != nil {
		t.Fatal(err)
	}
	if err := s.Signal(ssh.SIGINT); err != nil {
		t.Fatal(err)
	}
	if sig := receive(t, got, "the signal"); sig != ssh.SIGINT {
		t.Error(sig)
	}
}

func TestEnvIsCapped(t *testing.T) {
	envs := make(chan map[string]string, 1)
	s := session(t, client(t, func(_ context.Context, s *server.Session) { envs <- s.Env() }))
	for _, c := range []struct {
		name, value string
		ok          bool
	}{
		{"LANG", "de_DE.UTF-8", true},
		{"_x1", "", true},
		{"", "empty name", false},
		{"1X", "starts with a digit", false},
		{"A=B", "equals sign", false},
		{"BIG", strings.Repeat("x", 33<<10), false},
	} {
		if err := s.Setenv(c.name, c.value); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for i := range 100 {
		if err := s.Setenv(fmt.Sprintf("N%d", i), "v"); (err == nil) != (i < 62) {
			t.Errorf("N%d: %v", i, err)
		}
	}
	if err := s.Run("x"); err != nil {
		t.Fatal(err)
	}
	env := receive(t, envs, "the environment")
	if len(env) != 64 || env["LANG"] != "de_DE.UTF-8" {
		t.Error(env)
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	c := client(t, func(ctx context.Context, s *server.Session) { <-ctx.Done() })
	s := session(t, c)
	refused := func(name string, payload []byte) {
		t.Helper()
		if ok, err := s.SendRequest(name, true, payload); ok || err != nil {
			t.Errorf("%s: %v, %v", name, ok, err)
		}
	}
	refused("auth-agent-req@openssh.com", nil)
	refused("x11-req", ssh.Marshal(struct {
		Single bool
		Proto  string
		Cookie string
		Screen uint32
	}{}))
	refused("subsystem", ssh.Marshal(struct{ Name string }{"nothing"}))
	refused("exec", []byte{0, 0, 0, 9, 'x'})
	refused("pty-req", []byte("nonsense"))
	refused("window-change", make([]byte, 16)) // no terminal yet
	if err := s.Shell(); err != nil {
		t.Fatal(err)
	}
	refused("shell", nil) // one is enough
	refused("exec", ssh.Marshal(struct{ Line string }{"x"}))
	refused("env", ssh.Marshal(struct{ Name, Value string }{"A", "b"}))
	if ok, _, err := c.SendRequest("tcpip-forward", true, ssh.Marshal(struct {
		Addr string
		Port uint32
	}{"0.0.0.0", 0})); ok || err != nil {
		t.Errorf("tcpip-forward: %v, %v", ok, err)
	}
	if _, _, err := c.OpenChannel("x11", nil); err == nil {
		t.Error("a channel of unknown type was opened")
	}
}

// One session fills its window and nobody reads; the other must not notice.
func TestStalledSessionDoesNotHoldUpTheOthers(t *testing.T) {
	c := client(t, func(ctx context.Context, s *server.Session) {
		switch s.Command() {
		case "flood":
			for ctx.Err() == nil {
				if _, err := s.Stdout().Write(make([]byte, 32<<10)); err != nil {
					return
				}
			}
		case "deaf":
			<-ctx.Done() // never reads its input
		case "echo":
			io.Copy(s.Stdout(), s.Stdin())
		}
	})
	flooded := session(t, c)
	if _, err := flooded.StdoutPipe(); err != nil { // never read
		t.Fatal(err)
	}
	if err := flooded.Start("flood"); err != nil {
		t.Fatal(err)
	}
	deaf := session(t, c)
	in, err := deaf.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := deaf.Start("deaf"); err != nil {
		t.Fatal(err)
	}
	go in.Write(make([]byte, 8<<20)) // more than any window
	for range 3 {
		s := session(t, c)
		s.Stdin = strings.NewReader("still here")
		if out, err := s.Output("echo"); err != nil || string(out) != "still here" {
			t.Fatalf("%q, %v", out, err)
		}
	}
}

func TestHandlerContextEndsWithTheChannel(t *testing.T) {
	ended := make(chan struct{})
	s := session(t, client(t, func(ctx context.Context, _ *server.Session) {
		<-ctx.Done()
		close(ended)
	}))
	if err := s.Start("x"); err != nil {
		t.Fatal(err)
	}
	s.Close()
	receive(t, ended, "the end of the handler's context")
}

func TestCloseConnEndsTheConnection(t *testing.T) {
	c := client(t, func(_ context.Context, s *server.Session) { s.CloseConn() })
	var missing *ssh.ExitMissingError
	if err := session(t, c).Run("x"); !errors.As(err, &missing) {
		t.Error(err)
	}
	c.Wait()
}
