package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"sync"

	"golang.org/x/crypto/ssh"
)

// A Session is one shell, command or subsystem that a client has started.
// Its methods may be called from several goroutines.
//
// Reading is what lets the client send more, and a client that does not read
// makes Write wait: SSH's windows are the only buffers.
type Session struct {
	conn    *conn
	channel ssh.Channel

	stdout, stderr stream
	resizes        chan Window
	signals        chan ssh.Signal

	mu        sync.Mutex
	started   bool
	exited    bool
	command   string
	subsystem string
	pty       *PTY
	env       environment
}

// newSession makes the session of a channel that was just opened.
func newSession(c *conn, ch ssh.Channel) *Session {
	return &Session{
		conn: c, channel: ch,
		stdout:  stream{w: ch},
		stderr:  stream{w: ch.Stderr()},
		resizes: make(chan Window, 1),
		signals: make(chan ssh.Signal, 16),
	}
}

// A stream lets several goroutines write: x/crypto's channels reuse one packet
// buffer for each stream.
type stream struct {
	mu sync.Mutex
	w  io.Writer
}

// Write implements io.Writer.
func (s *stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(p)
}

// Login tells who the client is and how it proved it.
func (s *Session) Login() Login { return s.conn.login }

// Command is the command line, or empty for a shell or subsystem.
func (s *Session) Command() string { return s.command }

// Subsystem is the subsystem's name, or empty.
func (s *Session) Subsystem() string { return s.subsystem }

// Stdin reads what the client sends, up to its end of file.
func (s *Session) Stdin() io.Reader { return s.channel }

// Stdout writes to the client's standard output.
func (s *Session) Stdout() io.Writer { return &s.stdout }

// Stderr writes to the client's standard error.
func (s *Session) Stderr() io.Writer { return &s.stderr }

// PTY returns the terminal at its present size, or false if there is none. Its
// modes are shared: do not change them.
func (s *Session) PTY() (PTY, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pty == nil {
		return PTY{}, false
	}
	return *s.pty, true
}

// Resizes delivers changes of the window. Only the latest is kept, so a reader
// that is late misses sizes, never the last one.
func (s *Session) Resizes() <-chan Window { return s.resizes }

// Signals delivers the signals that the client sends, without the "SIG". At
// most 16 wait to be read; further ones are dropped.
func (s *Session) Signals() <-chan ssh.Signal { return s.signals }

// Env returns the variables that the client sent, at most 64 and 32 KiB. The
// client chose their bytes: none of them is fit for a process as it is.
func (s *Session) Env() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	vars := make(map[string]string, len(s.env.vars))
	maps.Copy(vars, s.env.vars)
	return vars
}

// CloseWrite ends standard output and error; the client may go on sending.
// It must not run at the same time as a Write.
func (s *Session) CloseWrite() error { return s.channel.CloseWrite() }

// Exit reports the status, of which SSH keeps 32 bits, and ends the session.
// Only the first of Exit and ExitSignal counts.
func (s *Session) Exit(status int) error {
	return s.exit("exit-status", struct{ Status uint32 }{uint32(status)})
}

// ExitSignal reports that the command died of a signal and ends the session.
func (s *Session) ExitSignal(sig ssh.Signal, message string) error {
	return s.exit("exit-signal", struct {
		Signal     string
		CoreDumped bool
		Message    string
		Language   string
	}{Signal: string(sig), Message: message})
}

// exit sends the request of RFC 4254 section 6.10 and closes the channel.
func (s *Session) exit(request string, payload any) error {
	s.mu.Lock()
	again := s.exited
	s.exited = true
	s.mu.Unlock()
	if again {
		return nil
	}
	_, err := s.channel.SendRequest(request, false, ssh.Marshal(payload))
	s.channel.Close()
	if err != nil {
		return fmt.Errorf("server: exit: %w", err)
	}
	return nil
}

// CloseConn closes the client's whole connection, with no word of goodbye.
func (s *Session) CloseConn() error { return s.conn.ssh.Close() }

func (c *conn) serveSession(ctx context.Context, open ssh.NewChannel) error {
	ch, requests, err := open.Accept()
	if err != nil {
		return fmt.Errorf("server: session: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := newSession(c, ch)
	failed := make(chan error, 1)
	// Requests are read for as long as the channel lives: an unread one would
	// stop the whole connection.
	for r := range requests {
		handler, ok := s.request(r)
		r.Reply(ok, nil)
		if handler != nil {
			go func() { failed <- s.run(ctx, handler) }()
		}
	}
	cancel()
	ch.Close()
	if s.started {
		return <-failed
	}
	return nil
}

var errPanic = errors.New("handler panicked")

// run calls the handler and sees to it that the session ends.
func (s *Session) run(ctx context.Context, handler Handler) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("server: %w: %v", errPanic, p)
			s.Exit(255)
			return
		}
		s.Exit(0)
	}()
	handler(ctx, s)
	return nil
}
