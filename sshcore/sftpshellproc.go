package sshcore

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"strings"
)

// maxShells is how many shells run steps at a time: OpenSSH has room for ten
// sessions on a connection, and others want some of them.
const maxShells = 3

// maxShellOutput bounds what a step may print.
const maxShellOutput = 1 << 20

// shellProc is a shell that runs one step after the other, a round trip each:
// it reads them from its standard input.
type shellProc struct {
	*Session
	out  *bufio.Reader
	mark string // what it says behind each, with the exit status; nothing else says that
	stop func() bool
}

// run has a script run in a subshell and returns what it printed.
func (f *shellFiles) run(ctx context.Context, script string, args ...string) ([]byte, error) {
	p, err := f.acquire(ctx)
	if err != nil {
		return nil, err
	}
	out, status, err := p.run(script, args)
	if err != nil {
		p.close()
		f.free <- struct{}{}
		return nil, shellError(err, out)
	}
	f.idle <- p
	if status != "0" {
		return nil, shellError(nil, out)
	}
	return out, nil
}

// acquire returns a shell that is idle, or a new one, or waits for one.
func (f *shellFiles) acquire(ctx context.Context) (*shellProc, error) {
	select {
	case p := <-f.idle:
		return p, nil
	default:
	}
	select {
	case p := <-f.idle:
		return p, nil
	case <-f.free:
		p, err := f.startProc(ctx)
		if err != nil {
			f.free <- struct{}{}
		}
		return p, err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (f *shellFiles) startProc(ctx context.Context) (*shellProc, error) {
	session, err := f.client.Start(ctx, Command{Line: shellLine("exec sh")})
	if err != nil {
		return nil, shellError(err, nil)
	}
	p := &shellProc{Session: session, out: bufio.NewReader(session.Stdout()), mark: "\x1e" + rand.Text() + " "}
	p.stop = context.AfterFunc(f.life, func() { session.Close() })
	// What a login script printed comes before the first mark.
	if out, _, err := p.run(":", nil); err != nil {
		p.close()
		return nil, shellError(err, out)
	}
	return p, nil
}

func (p *shellProc) close() {
	p.stop()
	p.Close()
}

func (p *shellProc) run(script string, args []string) (out []byte, status string, err error) {
	line := "set --"
	for _, arg := range args {
		line += " '" + shellEscape(arg) + "'"
	}
	line += "; " + strings.Repeat(decodeWord, len(args)) + "( " + script + "\n) </dev/null 2>&1; "
	line += fmt.Sprintf(`printf "\036%s %%d\n" $?`, p.mark[1:len(p.mark)-1]) + "\n"
	if _, err := io.WriteString(p.Stdin(), line); err != nil && err != io.EOF {
		return nil, "", err
	}
	for len(out) < maxShellOutput {
		piece, err := p.out.ReadSlice('\n')
		out = append(out, piece...)
		// What a step prints may end without a line feed, so the mark is not
		// always at a line's beginning; yet it is never longer ago than this.
		recent := out[max(0, len(out)-len(piece)-len(p.mark)):]
		if at := bytes.LastIndex(recent, []byte(p.mark)); at >= 0 && err == nil {
			end := len(out) - len(recent) + at
			return out[:end], strings.TrimSpace(string(out[end+len(p.mark):])), nil
		}
		if err == io.EOF {
			return out, "", p.ended()
		}
		if err != nil && err != bufio.ErrBufferFull {
			return out, "", err
		}
	}
	return out, "", fmt.Errorf("more than %d bytes", maxShellOutput)
}

// ended tells why a shell has ended, which it never does by itself.
func (p *shellProc) ended() error {
	if err := p.Wait(); err != nil {
		return err
	}
	return io.ErrUnexpectedEOF
}
