package demo

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/wasmiko/wasmiko/sshcore/server"
)

// A guest's terminal is believed to be no larger than this, whatever it says:
// pages are drawn in memory.
const (
	maxCols = 500
	maxRows = 200
)

// terminal is a guest's screen and keyboard. One goroutine uses it.
type terminal struct {
	session *server.Session
	out     *bufio.Writer
	keys    *keyboard
}

func newTerminal(ctx context.Context, s *server.Session) *terminal {
	return &terminal{
		session: s,
		out:     bufio.NewWriterSize(crlf{s.Stdout()}, chunk),
		keys:    newKeyboard(ctx, s.Stdin()),
	}
}

// size returns the columns and rows that there are now.
func (t *terminal) size() (cols, rows int) {
	pty, _ := t.session.PTY()
	return min(pty.Cols, maxCols), min(pty.Rows, maxRows)
}

// print queues text for the screen; waiting for a key shows it.
func (t *terminal) print(text string) { t.out.WriteString(text) }

// key waits for a key, or for keyResize.
func (t *terminal) key(ctx context.Context) (key, error) {
	for {
		p, ok, err := t.keys.pop()
		if ok || err != nil {
			return p, err
		}
		if err := t.out.Flush(); err != nil {
			return 0, err
		}
		select {
		case <-t.keys.more:
		case <-t.session.Resizes():
			return keyResize, nil
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// foreground runs f, whose ctx Ctrl-C and signals end, and makes its status
// tell so.
func (t *terminal) foreground(ctx context.Context, f func(context.Context) int) int {
	t.out.Flush()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	interrupt := func() { cancel(errInterrupt) }
	t.keys.onInterrupt(interrupt)
	defer t.keys.onInterrupt(nil)
	go onSignal(ctx, t.session, interrupt)
	status := f(ctx)
	if context.Cause(ctx) == errInterrupt {
		t.print("^C\n")
		status = statusInterrupted
	}
	t.out.Flush()
	return status
}

var errInterrupt = errors.New("interrupted")

// call makes a command's streams of the terminal.
func (t *terminal) call(ctx context.Context, d *Demo) *call {
	return &call{
		demo: d, session: t.session,
		stdin:  &lines{ctx: ctx, t: t},
		stdout: crlf{t.session.Stdout()},
		stderr: crlf{t.session.Stdout()}, // a terminal has one screen
	}
}

// crlf ends lines as a tty's ONLCR does.
type crlf struct{ w io.Writer }

// Write implements io.Writer.
func (c crlf) Write(p []byte) (int, error) {
	if _, err := c.w.Write(bytes.ReplaceAll(p, []byte("\n"), []byte("\r\n"))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// lines is the terminal as a command's standard input: echoed, edited and
// handed over line by line. Ctrl-D on an empty line ends it.
type lines struct {
	ctx  context.Context // of the command that reads
	t    *terminal
	rest []byte
	done bool
}

// Read implements io.Reader.
func (l *lines) Read(p []byte) (int, error) {
	if len(l.rest) == 0 && !l.done {
		line, err := l.t.readLine(l.ctx, "", maxLineLetters, nil)
		l.t.out.Flush() // the command writes past this buffer
		if err != nil {
			l.done = true
		} else {
			l.rest = []byte(line + "\n")
		}
	}
	if len(l.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}
