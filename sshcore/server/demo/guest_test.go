package demo

import (
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// patience is how long a test waits for something that must happen.
const patience = 10 * time.Second

// guest is somebody at a terminal: types, and reads until a text appears.
type guest struct {
	t    *testing.T
	s    *ssh.Session
	in   io.Writer
	mu   sync.Mutex
	seen strings.Builder
	news chan struct{}
	mark int // what was read up to here is used up
	gone chan error
}

// sit opens a shell on a terminal of the given size.
func sit(t *testing.T, c *ssh.Client, cols, rows int) *guest {
	t.Helper()
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	g := &guest{t: t, s: s, news: make(chan struct{}, 1), gone: make(chan error, 1)}
	if g.in, err = s.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	s.Stdout = g
	if err := s.RequestPty("xterm-256color", rows, cols, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Shell(); err != nil {
		t.Fatal(err)
	}
	go func() { g.gone <- s.Wait() }()
	return g
}

// Write takes what the board sends.
func (g *guest) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seen.Write(p)
	select {
	case g.news <- struct{}{}:
	default:
	}
	return len(p), nil
}

// types sends keys.
func (g *guest) types(keys string) {
	g.t.Helper()
	if _, err := io.WriteString(g.in, keys); err != nil {
		g.t.Fatal(err)
	}
}

// sees waits until text appears after what was seen before, and returns what
// came up to its end.
func (g *guest) sees(text string) string {
	g.t.Helper()
	late := time.After(patience)
	for {
		g.mu.Lock()
		fresh := g.seen.String()[g.mark:]
		if i := strings.Index(fresh, text); i >= 0 {
			g.mark += i + len(text)
			g.mu.Unlock()
			return fresh[:i+len(text)]
		}
		g.mu.Unlock()
		select {
		case <-g.news:
		case <-late:
			g.t.Fatalf("never saw %q in %q", text, fresh[max(0, len(fresh)-2000):])
		}
	}
}

// leaves waits until the session has ended and returns the exit status.
func (g *guest) leaves() int {
	g.t.Helper()
	select {
	case err := <-g.gone:
		switch exit := err.(type) {
		case nil:
			return 0
		case *ssh.ExitError:
			return exit.ExitStatus()
		}
		g.t.Fatalf("the session ended with %v", err)
	case <-time.After(patience):
		g.t.Fatal("the session goes on")
	}
	panic("unreachable")
}

// run runs a command without a terminal.
func run(t *testing.T, c *ssh.Client, command, stdin string) (out, errs string, status int) {
	t.Helper()
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var stdout, stderr strings.Builder
	s.Stdin, s.Stdout, s.Stderr = strings.NewReader(stdin), &stdout, &stderr
	switch err := s.Run(command).(type) {
	case nil:
	case *ssh.ExitError:
		status = err.ExitStatus()
	default:
		t.Fatalf("%s: %v", command, err)
	}
	return stdout.String(), stderr.String(), status
}
