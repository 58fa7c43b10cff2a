package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// testWait bounds whatever a test waits for.
const testWait = 20 * time.Second

// binary is the built command: the tests run what people run.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "wasmiko-test-")
	if err == nil {
		binary = filepath.Join(dir, "wasmiko")
		var out []byte
		if out, err = exec.Command("go", "build", "-ldflags", "-X main.version=1.2.3-test", "-o", binary, ".").CombinedOutput(); err != nil {
			err = fmt.Errorf("go build: %w\n%s", err, out)
		}
	}
	code := 1
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		code = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

// command prepares a run in an environment of its own.
func command(t *testing.T, env map[string]string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), testWait)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, binary, args...)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "WASMIKO_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	for k, v := range env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	return cmd
}

// finished runs to the end.
func finished(t *testing.T, env map[string]string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := command(t, env, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.Run()
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// running is a server that has printed its URL.
type running struct {
	cmd    *exec.Cmd
	url    string
	exited chan struct{}
	rest   string // of stdout; read it after exited

	mu  sync.Mutex
	log bytes.Buffer
}

func (r *running) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(p)
}

func (r *running) stderr() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

func started(t *testing.T, env map[string]string, args ...string) *running {
	t.Helper()
	return begun(t, command(t, env, args...))
}

// begun starts a command that has been prepared.
func begun(t *testing.T, cmd *exec.Cmd) *running {
	t.Helper()
	r := &running{cmd: cmd, exited: make(chan struct{})}
	if r.cmd.Stderr == nil {
		r.cmd.Stderr = r
	}
	pipe, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.cmd.Process.Kill(); <-r.exited })
	stdout := bufio.NewReader(pipe)
	line, _ := stdout.ReadString('\n')
	go func() {
		defer close(r.exited)
		rest, _ := io.ReadAll(stdout)
		r.rest = string(rest)
		r.cmd.Wait()
	}()
	m := regexp.MustCompile(`^wasmiko: open (https?://\S+/)\n$`).FindStringSubmatch(line)
	if m == nil {
		r.cmd.Process.Kill()
		<-r.exited
		t.Fatalf("the first line is %q; stderr: %s", line, r.stderr())
	}
	r.url = m[1]
	return r
}

// eventually waits until stderr has text.
func (r *running) eventually(t *testing.T, text string) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.After(testWait)
	for !strings.Contains(r.stderr(), text) {
		select {
		case <-tick.C:
			continue
		case <-late:
		case <-r.exited:
		}
		if !strings.Contains(r.stderr(), text) {
			t.Fatalf("%q is not in:\n%s%v", text, r.stderr(), r.cmd.ProcessState)
		}
	}
}

// signal sends sig; stopped waits for the end and returns the exit code, which
// is -1 when a signal killed the process.
func (r *running) signal(t *testing.T, sig syscall.Signal) {
	t.Helper()
	if err := r.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

func (r *running) stopped(t *testing.T) int {
	t.Helper()
	select {
	case <-r.exited:
	case <-time.After(testWait):
		t.Fatalf("still running; stderr: %s", r.stderr())
	}
	return r.cmd.ProcessState.ExitCode()
}

// file writes a file for the test and returns its name.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
