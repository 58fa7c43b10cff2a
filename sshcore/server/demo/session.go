package demo

import (
	"context"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore/server"
)

// handle serves a shell or a command.
func (d *Demo) handle(ctx context.Context, s *server.Session) {
	_, hasPTY := s.PTY()
	does := "board"
	if s.Command() != "" {
		does = "command"
	}
	defer d.people.enter(s, does)()
	d.info("session opened", "user", s.Login().User, "kind", does, "pty", hasPTY)
	switch {
	case s.Command() == "" && hasPTY:
		s.Exit(newBBS(d, s).visit(ctx))
	case s.Command() == "":
		s.Exit(d.plain(ctx, s))
	case hasPTY:
		s.Exit(d.execTerminal(ctx, s))
	default:
		s.Exit(d.exec(ctx, s))
	}
}

// exec runs a command whose streams are plain bytes.
func (d *Demo) exec(ctx context.Context, s *server.Session) int {
	c := &call{demo: d, session: s, stdin: s.Stdin(), stdout: s.Stdout(), stderr: s.Stderr()}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go onSignal(ctx, s, func() {
		cancel()
		s.Exit(statusInterrupted) // frees a command that waits for its input
	})
	return c.run(ctx, s.Command())
}

// execTerminal runs a command on a terminal: line ends are translated, what is
// typed is echoed, and Ctrl-C interrupts.
func (d *Demo) execTerminal(ctx context.Context, s *server.Session) int {
	t := newTerminal(ctx, s)
	return t.foreground(ctx, func(ctx context.Context) int {
		c := t.call(ctx, d)
		return c.run(ctx, s.Command())
	})
}

// onSignal calls interrupt whenever the client sends INT, TERM or HUP (RFC 4254
// section 6.9), until ctx ends.
func onSignal(ctx context.Context, s *server.Session, interrupt func()) {
	for {
		select {
		case sig := <-s.Signals():
			if sig == ssh.SIGINT || sig == ssh.SIGTERM || sig == ssh.SIGHUP {
				interrupt()
			}
		case <-ctx.Done():
			return
		}
	}
}
