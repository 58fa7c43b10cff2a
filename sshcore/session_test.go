package sshcore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore/internal/sshtest"
)

// connected runs a test with a client of a server that runs one program.
func connected(t *testing.T, run func(*sshtest.Session), test func(t *testing.T, c *Client, srv *sshtest.Server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		srv := sshtest.New(t)
		srv.Run = run
		c, err := Dial(t.Context(), "h:22", testConfig(srv.Dial))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		test(t, c, srv)
	})
}

func start(t *testing.T, c *Client, cmd Command) *Session {
	t.Helper()
	s, err := c.Start(t.Context(), cmd)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestHowCommandsEnd(t *testing.T) {
	for _, tc := range []struct {
		name string
		run  func(*sshtest.Session)
		want any // nil, or what errors.As finds
	}{
		{"status 0 after the output's end", func(s *sshtest.Session) { s.CloseWrite(); s.Exit(0) }, nil},
		{"status 0 before the output's end", func(s *sshtest.Session) { s.Exit(0); s.CloseWrite() }, nil},
		{"status 0 without the output's end", func(s *sshtest.Session) { s.Exit(0) }, nil},
		{"status 3", func(s *sshtest.Session) { s.Exit(3) }, &ExitError{Status: 3}},
		{"status 2^32-1", func(s *sshtest.Session) { s.Exit(1<<32 - 1) }, &ExitError{Status: 1<<32 - 1}},
		{"a signal", func(s *sshtest.Session) { s.ExitSignal("TERM", "killed") }, &ExitError{Status: -1, Signal: "TERM", Msg: "killed"}},
		{"no word", func(s *sshtest.Session) {}, &ExitMissingError{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			run := func(s *sshtest.Session) { s.Write([]byte("out")); tc.run(s) }
			connected(t, run, func(t *testing.T, c *Client, _ *sshtest.Server) {
				out, err := c.Output(t.Context(), "x")
				if string(out) != "out" {
					t.Errorf("output %q", out)
				}
				if fmt.Sprintf("%#v", err) != fmt.Sprintf("%#v", tc.want) && fmt.Sprintf("%+v", err) != fmt.Sprintf("%+v", tc.want) {
					t.Errorf("got %#v, want %#v", err, tc.want)
				}
			})
		})
	}
}

func TestACommandGetsWhatItWasPromised(t *testing.T) {
	var got *sshtest.Session
	connected(t, func(s *sshtest.Session) { got = s; s.Exit(0) }, func(t *testing.T, c *Client, _ *sshtest.Server) {
		for _, tc := range []struct {
			name       string
			cmd        Command
			kind, line string
		}{
			{"an empty line is the login shell", Command{}, "shell", ""},
			{"a line is for the shell", Command{Line: "echo hi", Env: map[string]string{"LANG": "C.UTF-8", "A": "1"}}, "exec", "echo hi"},
			{"a subsystem", Command{Subsystem: "sftp"}, "subsystem", "sftp"},
			{"a terminal", Command{PTY: &PTY{Cols: 80, Rows: 24, Modes: ssh.TerminalModes{ssh.ECHO: 1}}}, "shell", ""},
		} {
			if err := start(t, c, tc.cmd).Wait(); err != nil {
				t.Fatal(err)
			}
			if got.Kind != tc.kind || got.Line != tc.line || len(got.Env) != len(tc.cmd.Env) {
				t.Errorf("%s: got %+v", tc.name, got)
			}
			if tc.cmd.PTY == nil {
				continue
			}
			var pty struct {
				Term                string
				Cols, Rows, PxW, PH uint32
				Modes               string
			}
			if err := ssh.Unmarshal(got.PTY, &pty); err != nil || pty.Term != "xterm-256color" || pty.Cols != 80 ||
				pty.Rows != 24 || pty.Modes != "\x35\x00\x00\x00\x01\x00" {
				t.Errorf("%s: %+v, %v", tc.name, pty, err)
			}
		}
	})
}

func TestResizeAndSignal(t *testing.T) {
	var got []string
	run := func(s *sshtest.Session) {
		for req := range s.Requests {
			got = append(got, fmt.Sprintf("%s %q", req.Type, req.Payload))
			if req.Type == "signal" {
				return
			}
		}
	}
	connected(t, run, func(t *testing.T, c *Client, _ *sshtest.Server) {
		s := start(t, c, Command{})
		if err := errors.Join(s.Resize(132, 43), s.Signal(ssh.SIGINT)); err != nil {
			t.Fatal(err)
		}
		s.Wait()
		want := `[window-change "\x00\x00\x00\x84\x00\x00\x00+\x00\x00\x00\x00\x00\x00\x00\x00" signal "\x00\x00\x00\x03INT"]`
		if fmt.Sprint(got) != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if err := s.Resize(1, 1); err != nil {
			t.Errorf("resize after the end: %v", err)
		}
	})
}

func TestClosingStdinLeavesStdoutOpen(t *testing.T) {
	run := func(s *sshtest.Session) {
		in, _ := io.ReadAll(s)
		s.Write(bytes.ToUpper(in))
		s.Exit(0)
	}
	connected(t, run, func(t *testing.T, c *Client, _ *sshtest.Server) {
		s := start(t, c, Command{Line: "upper"})
		io.WriteString(s.Stdin(), "hello")
		s.Stdin().Close()
		out, err := io.ReadAll(s.Stdout())
		if string(out) != "HELLO" || err != nil {
			t.Errorf("got %q, %v", out, err)
		}
		if _, err := s.Stdin().Write([]byte("more")); err == nil {
			t.Error("wrote after the end")
		}
	})
}

const mib = 1 << 20

// noisy writes to both streams, by turns.
func noisy(stdout, stderr int) func(*sshtest.Session) {
	return func(s *sshtest.Session) {
		for range stderr {
			s.Stderr().Write(bytes.Repeat([]byte("e"), mib))
		}
		for range stdout {
			s.Write(bytes.Repeat([]byte("o"), mib))
		}
		s.Exit(0)
	}
}

func TestAnUnreadStderrDoesNotStallStdout(t *testing.T) {
	connected(t, noisy(4, 8), func(t *testing.T, c *Client, _ *sshtest.Server) {
		s := start(t, c, Command{Line: "noisy"})
		n, err := io.Copy(io.Discard, s.Stdout())
		if n != 4*mib || err != nil {
			t.Errorf("stdout: %d, %v", n, err)
		}
		if err := s.Wait(); err != nil {
			t.Error(err)
		}
		n, err = io.Copy(io.Discard, s.Stderr())
		if n != maxStderr || err != ErrStderrDropped {
			t.Errorf("stderr: %d, %v", n, err)
		}
		if n, err := io.Copy(io.Discard, s.Stderr()); n != 0 || err != nil {
			t.Errorf("after the gap: %d, %v", n, err)
		}
	})
}

func TestAReadStderrLosesNothing(t *testing.T) {
	connected(t, noisy(1, 8), func(t *testing.T, c *Client, _ *sshtest.Server) {
		s := start(t, c, Command{Line: "noisy"})
		if n, err := io.CopyN(io.Discard, s.Stderr(), 1); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		synctest.Wait() // all that fits has come by now; the rest waits for us
		n, err := io.Copy(io.Discard, s.Stderr())
		if n != 8*mib-1 || err != nil {
			t.Errorf("stderr: %d, %v", n, err)
		}
		if n, err := io.Copy(io.Discard, s.Stdout()); n != mib || err != nil {
			t.Errorf("stdout: %d, %v", n, err)
		}
	})
}

func TestAStalledSessionDoesNotHoldUpAnother(t *testing.T) {
	run := func(s *sshtest.Session) {
		if s.Line == "flood" {
			for {
				if _, err := s.Write(make([]byte, 32<<10)); err != nil {
					return
				}
			}
		}
		s.Write([]byte("hi"))
		s.Exit(0)
	}
	connected(t, run, func(t *testing.T, c *Client, _ *sshtest.Server) {
		start(t, c, Command{Line: "flood"})
		synctest.Wait()
		if out, err := c.Output(t.Context(), "hi"); string(out) != "hi" || err != nil {
			t.Errorf("got %q, %v", out, err)
		}
	})
}

func TestWhatCameBeforeTheConnectionBrokeIsDelivered(t *testing.T) {
	for _, tc := range []struct {
		name string
		end  func(*sshtest.Session, *sshtest.Server)
		want error
	}{
		{"broken in the middle", func(*sshtest.Session, *sshtest.Server) {}, &ClosedError{Reason: ClosedEOF}},
		{"broken right after the exit status", func(s *sshtest.Session, _ *sshtest.Server) { s.Exit(0) }, nil},
		{"broken right after all is said", func(s *sshtest.Session, _ *sshtest.Server) { s.CloseWrite(); s.Exit(0); s.Close() }, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			text := strings.Repeat("0123456789abcdef", 64<<10) // 1 MiB
			var srv *sshtest.Server
			run := func(s *sshtest.Session) {
				io.WriteString(s, text)
				tc.end(s, srv)
				srv.Hangup()
			}
			connected(t, run, func(t *testing.T, c *Client, s *sshtest.Server) {
				srv = s
				sess := start(t, c, Command{Line: "x"})
				synctest.Wait() // the end has come before the first Read
				out, err := io.ReadAll(iotest.OneByteReader(io.LimitReader(sess.Stdout(), 1000)))
				rest, err2 := io.ReadAll(sess.Stdout())
				if string(out)+string(rest) != text || err != nil {
					t.Errorf("%d of %d bytes, %v", len(out)+len(rest), len(text), err)
				}
				for i, err := range []error{err2, sess.Wait()} {
					var closed *ClosedError
					if tc.want == nil && err != nil || tc.want != nil && (!errors.As(err, &closed) || closed.Reason != ClosedEOF) {
						t.Errorf("error %d: %v", i, err)
					}
				}
				var closed *ClosedError
				if err := c.Wait(); !errors.As(err, &closed) {
					t.Errorf("client: %v", err)
				}
				if _, err := c.Start(t.Context(), Command{}); !errors.As(err, &closed) {
					t.Errorf("a new session: %v", err)
				}
			})
		})
	}
}

// brokenUp is a connection whose way to the server may break first.
type brokenUp struct {
	net.Conn
	broken atomic.Bool
}

func (b *brokenUp) Write(p []byte) (int, error) {
	if b.broken.Load() {
		return 0, syscall.ECONNRESET
	}
	return b.Conn.Write(p)
}

// A server that resets the connection after its last word: what it said is here,
// and asking for more fails.
func TestWhatCameIsReadThoughNothingCanBeSent(t *testing.T) {
	text := strings.Repeat("0123456789abcdef", 64<<10) // 1 MiB
	for name, read := range map[string]func(*testing.T, *Client) io.Reader{
		"output": func(t *testing.T, c *Client) io.Reader { return start(t, c, Command{}).Stdout() },
		"tunnel": func(t *testing.T, c *Client) io.Reader {
			conn, err := c.DialContext(t.Context(), "tcp", "far:1")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { conn.Close() })
			return conn
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := sshtest.New(t)
				srv.Run = func(s *sshtest.Session) {
					io.WriteString(s, text)
					io.Copy(io.Discard, s)
				}
				srv.Direct = func(_ string, ch ssh.Channel) {
					io.WriteString(ch, text)
					io.Copy(io.Discard, ch)
				}
				var way *brokenUp
				c, err := Dial(t.Context(), "h:22", testConfig(func(ctx context.Context, network, addr string) (net.Conn, error) {
					conn, err := srv.Dial(ctx, network, addr)
					way = &brokenUp{Conn: conn}
					return way, err
				}))
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				r := read(t, c)
				synctest.Wait()
				way.broken.Store(true)
				out, err := io.ReadAll(r)
				var closed *ClosedError
				if string(out) != text || !errors.As(err, &closed) {
					t.Errorf("%d of %d bytes, %v", len(out), len(text), err)
				}
			})
		})
	}
}

func TestRefusedRequestsAreNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := sshtest.New(t)
		srv.Refuse = "pty-req"
		srv.Run = func(s *sshtest.Session) { s.Exit(0) }
		c, err := Dial(t.Context(), "h:22", testConfig(srv.Dial))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, err = c.Start(t.Context(), Command{PTY: &PTY{}})
		var refused *RequestError
		if !errors.As(err, &refused) || refused.Request != "pty-req" {
			t.Errorf("got %v", err)
		}
		if _, err := c.Output(t.Context(), "x"); err != nil {
			t.Errorf("without a terminal: %v", err)
		}
	})
}

func TestRefusedSessionsSayWhy(t *testing.T) {
	connected(t, nil, func(t *testing.T, c *Client, _ *sshtest.Server) {
		_, err := c.Start(t.Context(), Command{})
		var refused *ssh.OpenChannelError
		if !errors.As(err, &refused) || refused.Reason != ssh.Prohibited {
			t.Errorf("got %v", err)
		}
	})
}

func TestAContextBoundsItsCall(t *testing.T) {
	late := errors.New("too late")
	synctest.Test(t, func(t *testing.T) {
		srv := sshtest.New(t)
		release := make(chan struct{})
		srv.BeforeAccept = func() { <-release }
		closed := make(chan struct{})
		srv.Run = func(s *sshtest.Session) {}
		srv.OnAccept = func(ch ssh.Channel) { io.Copy(io.Discard, ch); close(closed) }
		c, err := Dial(t.Context(), "h:22", testConfig(srv.Dial))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		ctx, cancel := context.WithTimeoutCause(t.Context(), 5*time.Second, late)
		defer cancel()
		if _, err := c.Start(ctx, Command{}); !errors.Is(err, late) {
			t.Errorf("got %v", err)
		}
		close(release)
		<-closed // what was opened too late is closed
	})
}

func TestOutputReturnsWhatCameUntilTheTimeout(t *testing.T) {
	run := func(s *sshtest.Session) {
		io.WriteString(s, "so far")
		io.Copy(io.Discard, s)
	}
	connected(t, run, func(t *testing.T, c *Client, _ *sshtest.Server) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		out, err := c.Output(ctx, "hang")
		if string(out) != "so far" || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %q, %v", out, err)
		}
	})
}

func TestARekeyInTheMiddleOfDataChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := sshtest.New(t)
		srv.Run = func(s *sshtest.Session) { io.Copy(s, s); s.Exit(0) }
		cfg := testConfig(srv.Dial)
		cfg.testOnlyRekey = 64 << 10
		rekeys := make(chan struct{}, 1000)
		cfg.Trace = func(e Event) {
			if e.Step == StepRekey {
				rekeys <- struct{}{}
			}
		}
		c, err := Dial(t.Context(), "h:22", cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		s := start(t, c, Command{Line: "cat"})
		const size = 2 * mib
		sent, got := sha256.New(), sha256.New()
		go func() {
			for i := range size / 8192 {
				chunk := bytes.Repeat([]byte{byte(i)}, 8192)
				sent.Write(chunk)
				s.Stdin().Write(chunk)
			}
			s.Stdin().Close()
		}()
		if n, err := io.Copy(got, s.Stdout()); n != size || err != nil {
			t.Fatal(n, err)
		}
		if !bytes.Equal(sent.Sum(nil), got.Sum(nil)) {
			t.Error("the data are not the same")
		}
		if len(rekeys) < 3 {
			t.Errorf("%d rekeys", len(rekeys))
		}
	})
}

func TestABreakIsSentAndItsRefusalTold(t *testing.T) {
	got := make(chan *ssh.Request, 2)
	run := func(s *sshtest.Session) {
		for r := range s.Requests {
			r.Reply(len(got) == 0, nil)
			got <- r
			if len(got) == 2 {
				return
			}
		}
	}
	connected(t, run, func(t *testing.T, c *Client, _ *sshtest.Server) {
		s := start(t, c, Command{Line: "console"})
		if err := s.Break(t.Context(), 500*time.Millisecond); err != nil {
			t.Error(err)
		}
		var refused *RequestError
		if err := s.Break(t.Context(), 0); !errors.As(err, &refused) || refused.Request != "break" {
			t.Errorf("a server without breaks: %v", err)
		}
		if r := <-got; r.Type != "break" || !bytes.Equal(r.Payload, []byte{0, 0, 1, 244}) {
			t.Errorf("sent %s %x", r.Type, r.Payload)
		}
	})
}
