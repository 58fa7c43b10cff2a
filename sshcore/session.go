package sshcore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// Command is what to run. An empty Line without Subsystem is the login shell.
type Command struct {
	Line      string            // for the user's shell to interpret
	Subsystem string            // such as "sftp"; excludes Line
	PTY       *PTY              // nil: no terminal; then stdout and stderr stay apart
	Env       map[string]string // servers take few names, and drop the others in silence

	// Agent is lent to the server: programs there may have it sign. Nil, the
	// rule, lends nothing. Whoever administers the server can use it as long as
	// the connection lasts, so lend one that asks before each use.
	Agent LentAgent
}

// PTY asks for a pseudo-terminal, RFC 4254 section 6.2. Zero Term means
// "xterm-256color"; zero Modes leave them to the server.
type PTY struct {
	Term       string
	Cols, Rows int
	Modes      ssh.TerminalModes
}

// Session is a running command.
type Session struct {
	client *Client
	ch     ssh.Channel
	stdout *outStream
	stderr *stderrStream

	closeOnce sync.Once
	done      chan struct{} // closed when the server closed the channel
	exit      error         // valid after done; what it told
	told      bool          // valid after done; it told something
}

// Start opens a session and starts the command in it. It fails with an
// *ssh.OpenChannelError or a *RequestError if the server refuses.
func (c *Client) Start(ctx context.Context, cmd Command) (*Session, error) {
	ch, reqs, err := c.open(ctx, "session", nil)
	if err != nil {
		return nil, fmt.Errorf("open session: %w", err)
	}
	s := &Session{client: c, ch: ch, done: make(chan struct{})}
	s.stdout = &outStream{s: s, r: ch}
	s.stderr = newStderr(&outStream{s: s, r: ch.Stderr()})
	go s.serve(reqs)
	go s.stderr.pump()
	begun := make(chan error, 1)
	go func() { begun <- s.begin(cmd) }()
	select {
	case err = <-begun:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// open opens a channel, or leaves a goroutine to close it when ctx ends first.
func (c *Client) open(ctx context.Context, kind string, extra []byte) (ssh.Channel, <-chan *ssh.Request, error) {
	type opened struct {
		ch   ssh.Channel
		reqs <-chan *ssh.Request
		err  error
	}
	answer := make(chan opened, 1)
	go func() {
		ch, reqs, err := c.conn.OpenChannel(kind, extra)
		answer <- opened{ch, reqs, err}
	}()
	select {
	case o := <-answer:
		c.traceOpen(kind, o.err)
		return wholeChannel{o.ch}, o.reqs, c.openError(o.err)
	case <-ctx.Done():
		go func() {
			if o := <-answer; o.err == nil {
				go ssh.DiscardRequests(o.reqs)
				o.ch.Close()
			}
		}()
		return nil, nil, context.Cause(ctx)
	}
}

// openError keeps the server's refusal; anything else means that the
// connection is gone.
func (c *Client) openError(err error) error {
	var refused *ssh.OpenChannelError
	if err == nil || errors.As(err, &refused) {
		return err
	}
	return c.closedError()
}

// begin sends the requests of RFC 4254 sections 6.2 to 6.5.
func (s *Session) begin(cmd Command) error {
	for _, name := range slices.Sorted(maps.Keys(cmd.Env)) {
		// Without a reply, as OpenSSH does: a refusal would change nothing.
		payload := struct{ Name, Value string }{name, cmd.Env[name]}
		if _, err := s.ch.SendRequest("env", false, ssh.Marshal(payload)); err != nil {
			return s.client.closedError()
		}
	}
	if cmd.Agent != nil {
		s.client.lend(cmd.Agent)
		// Without a reply, as OpenSSH does: a shell without the agent is better
		// than none.
		if _, err := s.ch.SendRequest("auth-agent-req@openssh.com", false, nil); err != nil {
			return s.client.closedError()
		}
	}
	if cmd.PTY != nil {
		if err := s.request("pty-req", cmd.PTY.payload()); err != nil {
			return err
		}
	}
	switch {
	case cmd.Subsystem != "":
		return s.request("subsystem", ssh.Marshal(struct{ Name string }{cmd.Subsystem}))
	case cmd.Line != "":
		return s.request("exec", ssh.Marshal(struct{ Line string }{cmd.Line}))
	}
	return s.request("shell", nil)
}

func (p *PTY) payload() []byte {
	term := p.Term
	if term == "" {
		term = "xterm-256color"
	}
	var modes []byte
	for _, op := range slices.Sorted(maps.Keys(p.Modes)) {
		modes = append(modes, ssh.Marshal(struct {
			Op    uint8
			Value uint32
		}{op, p.Modes[op]})...)
	}
	modes = append(modes, 0) // TTY_OP_END
	return ssh.Marshal(struct {
		Term                      string
		Cols, Rows, Width, Height uint32
		Modes                     string
	}{term, uint32(p.Cols), uint32(p.Rows), 0, 0, string(modes)})
}

// request sends a request that the server has to answer.
func (s *Session) request(name string, payload []byte) error {
	ok, err := s.ch.SendRequest(name, true, payload)
	switch {
	case err == nil && ok:
		return nil
	case err != nil && !s.client.tap.alive():
		return s.client.closedError()
	}
	// Refused, or answered by closing the channel.
	return &RequestError{Request: name}
}

// serve takes the server's requests until it closes the channel. The end of
// the command may come before or after the end of its output.
func (s *Session) serve(reqs <-chan *ssh.Request) {
	for req := range reqs {
		switch req.Type {
		case "exit-status":
			var p struct{ Status uint32 }
			if ssh.Unmarshal(req.Payload, &p) == nil {
				s.told, s.exit = true, exitStatus(int(p.Status))
			}
		case "exit-signal":
			var p struct {
				Signal     string
				CoreDumped bool
				Msg, Lang  string
			}
			if ssh.Unmarshal(req.Payload, &p) == nil {
				s.told, s.exit = true, &ExitError{Status: -1, Signal: p.Signal, Msg: p.Msg, CoreDumped: p.CoreDumped}
			}
		}
		if req.WantReply {
			req.Reply(false, nil)
		}
	}
	close(s.done)
}

func exitStatus(status int) error {
	if status == 0 {
		return nil
	}
	return &ExitError{Status: status}
}

// Stdin returns the command's standard input. Writing waits for the server to
// make room. Close sends EOF; the other direction stays open.
func (s *Session) Stdin() io.WriteCloser { return (*inStream)(s) }

// Stdout returns the command's standard output. If nobody reads, the server
// stops sending after 2 MiB; nothing else on the connection is held up. EOF
// means that the server said so; if the connection broke, Read returns the
// reason for it, after all that had come.
func (s *Session) Stdout() io.Reader { return s.stdout }

// Stderr returns the command's standard error, which with a PTY stays empty.
// The server counts it against the same window as Stdout, so somebody has to
// take it: until its first Read, Stderr keeps the first MiB and drops the
// rest, and that Read's successors return ErrStderrDropped once, in the place
// of what is missing. From the first Read on nothing is dropped, and the
// server waits for the reader.
func (s *Session) Stderr() io.Reader { return s.stderr }

// Resize tells the terminal's size. Like Signal it has no answer, and waits only
// if the network does not take what we write.
func (s *Session) Resize(cols, rows int) error {
	payload := struct{ Cols, Rows, Width, Height uint32 }{uint32(cols), uint32(rows), 0, 0}
	return s.notify("window-change", ssh.Marshal(payload))
}

// Signal sends a signal. Many servers only pass on some, or none.
func (s *Session) Signal(sig ssh.Signal) error {
	return s.notify("signal", ssh.Marshal(struct{ Name string }{string(sig)}))
}

// Break sends a serial line's break of the given length (RFC 4335), which only
// console servers know. It fails with a *RequestError if the server does not.
func (s *Session) Break(ctx context.Context, length time.Duration) error {
	done := make(chan error, 1)
	payload := ssh.Marshal(struct{ Milliseconds uint32 }{uint32(length.Milliseconds())})
	go func() { done <- s.request("break", payload) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// notify sends a request that is not answered. After the command's end it does
// nothing.
func (s *Session) notify(name string, payload []byte) error {
	if _, err := s.ch.SendRequest(name, false, payload); err != nil {
		select {
		case <-s.done:
			return nil
		default:
			return s.broken()
		}
	}
	return nil
}

// Wait waits for the server to close the session, which it does when the
// command has ended and its output has been read. It returns nil for status 0,
// an *ExitError, an *ExitMissingError, or why the connection ended.
func (s *Session) Wait() error {
	<-s.done
	if s.told {
		return s.exit
	}
	if err := s.broken(); err != nil {
		return err
	}
	return &ExitMissingError{}
}

// broken returns why the connection ended, or nil if it lives.
func (s *Session) broken() error {
	if s.client.tap.alive() {
		return nil
	}
	return s.client.closedError()
}

// Close closes the session in both directions. It waits neither for the
// network nor for the command, which on most servers gets a hangup. Reads and
// Wait return once the server has confirmed, or the connection ends.
func (s *Session) Close() error {
	s.closeOnce.Do(func() {
		s.stderr.abandon()
		go s.ch.Close()
	})
	return nil
}
