package demo

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

func TestExec(t *testing.T) {
	c := robey(t, start(t))
	for _, e := range []struct {
		name, command, stdin string
		out, errs            string // what the streams contain; "" is nothing
		status               int
	}{
		{"echo joins words", `echo a "b  c" d\ e`, "", "a b  c d e\n", "", 0},
		{"cat prints a file", "cat /poem.txt", "", poem, "", 0},
		{"cat follows a link", "cat latest", "", alphabets, "", 0},
		{"cat repeats its input", "cat", "a\x00b\n", "a\x00b\n", "", 0},
		{"cat joins files and input", "cat - /many/file-00007.txt", "x", "xThis is file 7 of 10000.\n", "", 0},
		{"cat misses a file", "cat /nothing", "", "", "/nothing: no such file or directory\n", 1},
		{"cat does not print directories", "cat /many", "", "", "/many: is a directory\n", 1},
		{"ls lists the root", "ls", "", "README.txt\nbig/\nlatest\n", "", 0},
		{"ls -l tells sizes", "ls -l /big", "", " 10737418240 ", "", 0},
		{"ls of a file lists it", "ls poem.txt", "", "poem.txt\n", "", 0},
		{"sha256 hashes its input", "sha256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  -\n", "", 0},
		{"date tells UTC", "date", "", " UTC 2", "", 0},
		{"uname is fiction", "uname", "", "imaginary", "", 0},
		{"env shows what was sent", "env", "", "USER=robey\n", "", 0},
		{"both keeps the streams apart", "both", "", "this line went to standard output\n", "this line went to standard error\n", 0},
		{"fail fails", "fail 9", "", "", "failing with 9", 9},
		{"fail wants a status", "fail 256", "", "", "from 0 to 255", 2},
		{"exit exits", "exit 3", "", "", "", 3},
		{"size needs a terminal", "size", "", "", "no terminal", 1},
		{"sleep sleeps", "sleep 0.01", "", "", "", 0},
		{"sleep wants a number", "sleep NaN", "", "", "number", 2},
		{"stress counts lines", "stress 2", "", "        1 the quick brown fox jumps over the lazy dog\n        2 the", "", 0},
		{"stress wants sense", "stress 10X", "", "", "neither a number", 2},
		{"an open quote is an error", "echo 'a", "", "", "not closed", 2},
		{"an unknown command is 127", "bash -c id", "", "", "bash: no such command", 127},
		{"help lists the table", "help", "", "disconnect", "", 0},
	} {
		t.Run(e.name, func(t *testing.T) {
			out, errs, status := run(t, c, e.command, e.stdin)
			if status != e.status || !holds(out, e.out) || !holds(errs, e.errs) {
				t.Errorf("out %q, err %q, status %d", out, errs, status)
			}
		})
	}
}

// holds reports whether got contains want, or is as empty as it.
func holds(got, want string) bool { return strings.Contains(got, want) && (got == "") == (want == "") }

func TestStressIsExactAndDoesNotPileUp(t *testing.T) {
	s, err := robey(t, start(t)).NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	out, err := s.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start("stress 32M"); err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, out); n != 32<<20 || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	if err := s.Wait(); err != nil {
		t.Error(err)
	}
}

func TestHashOfAFileIsTheHashOfWhatCatSends(t *testing.T) {
	c := robey(t, start(t))
	sent, _, _ := run(t, c, "cat /pictures/sunset.png", "")
	told, _, _ := run(t, c, "sha256 /pictures/sunset.png", "")
	if want := fmt.Sprintf("%x", sha256.Sum256([]byte(sent))); !strings.HasPrefix(told, want) || len(sent) < 1000 {
		t.Errorf("%d bytes, told %s", len(sent), told)
	}
	if !bytes.HasPrefix([]byte(sent), []byte("\x89PNG")) {
		t.Error("not a PNG")
	}
}

func TestSignalInterruptsACommandThatReads(t *testing.T) {
	s, err := robey(t, start(t)).NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	in, err := s.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := s.Start("cat"); err != nil {
		t.Fatal(err)
	}
	if err := s.Signal(ssh.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(); err == nil || !strings.Contains(err.Error(), "status 130") {
		t.Error(err)
	}
}

func TestExecOnATerminalKnowsItsSize(t *testing.T) {
	s, err := robey(t, start(t)).NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.RequestPty("xterm", 33, 99, nil); err != nil {
		t.Fatal(err)
	}
	if out, err := s.Output("size"); err != nil || string(out) != "99 cols x 33 rows\r\n" {
		t.Errorf("%q, %v", out, err)
	}
}

func TestDisconnectCutsTheConnection(t *testing.T) {
	c := robey(t, start(t))
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run("disconnect"); err == nil {
		t.Error("it ended well")
	}
	c.Wait()
}
