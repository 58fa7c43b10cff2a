package sshcore

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wasmiko/wasmiko/sshcore/internal/sshtest"
)

// shellTo works with files by a shell, on a server without SFTP.
func shellTo(t *testing.T, config ...string) *SFTP {
	t.Helper()
	_, c, _ := real(t, config...)
	if _, err := c.SFTP(t.Context()); !errors.Is(err, ErrNoSFTP) {
		t.Fatalf("it has SFTP: %v", err)
	}
	s, err := c.ShellSFTP(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// busyboxPath is a folder with nothing but busybox's programs.
func busyboxPath(t *testing.T) string {
	t.Helper()
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		t.Fatalf("these tests need busybox: apt-get install busybox (%v)", err)
	}
	dir := t.TempDir()
	if out, err := exec.Command(busybox, "--install", "-s", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

func TestFilesByAShell(t *testing.T) {
	for _, tc := range []struct {
		name   string
		config func(t *testing.T) []string
	}{
		{"of the GNU system", func(*testing.T) []string { return nil }},
		{"of busybox alone", func(t *testing.T) []string { return []string{"SetEnv PATH=" + busyboxPath(t)} }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, dir := shellTo(t, tc.config(t)...), t.TempDir()
			t.Run("any name is listed, read, written, renamed and removed", func(t *testing.T) { oddFiles(t, s, dir) })
			t.Run("many megabytes arrive whole, with mode and time", func(t *testing.T) { bigFile(t, s, dir) })
			t.Run("a transfer goes on where it ended", func(t *testing.T) { resumed(t, s, dir) })
			t.Run("a transfer that is given up leaves the session usable", func(t *testing.T) { givenUp(t, s, dir) })
		})
	}
}

func oddFiles(t *testing.T, s *SFTP, dir string) {
	ctx, dir := t.Context(), dir+"/odd names\n$(touch pwned)"
	if err := s.Mkdir(ctx, dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range oddNames {
		spill(t, dir+"/"+name, name)
	}
	os.Symlink("nowhere\n", dir+"/link")
	var listed []string
	for e, err := range s.List(ctx, dir) {
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, e.Name)
		if e.Name != "link" && (e.Size != int64(len(e.Name)) || !e.Mode.IsRegular() || time.Since(e.Mtime) > time.Hour) {
			t.Errorf("%q: %+v", e.Name, e)
		}
	}
	want := append(slices.Clone(oddNames), "link")
	slices.Sort(want)
	if slices.Sort(listed); !slices.Equal(listed, want) {
		t.Errorf("listed %q", listed)
	}
	if to, err := s.ReadLink(ctx, dir+"/link"); to != "nowhere\n" || err != nil {
		t.Errorf("readlink: %q, %v", to, err)
	}
	if to, err := s.RealPath(ctx, dir+"/."); to != dir || err != nil {
		t.Errorf("realpath: %q, %v", to, err)
	}
	// Those that would do most harm; each costs some twenty commands.
	for _, name := range []string{"$(touch pwned)", "-rf", "new\nline", "ends with\n\n", `\\0101`, "\xff\xfe", "it's"} {
		var got bytes.Buffer
		if _, err := s.Download(ctx, dir+"/"+name, &got, Transfer{}); err != nil || got.String() != name {
			t.Errorf("%q holds %q, %v", name, &got, err)
		}
		if _, err := s.Put(ctx, dir+"/"+name, strings.NewReader("new"), Transfer{}); err != nil || slurp(dir+"/"+name) != "new" {
			t.Errorf("%q: put: %v", name, err)
		}
		if err := s.Rename(ctx, dir+"/"+name, dir+"/+"+name); err != nil || slurp(dir+"/+"+name) != "new" {
			t.Errorf("%q: rename: %v", name, err)
		}
	}
	if err := s.RemoveAll(ctx, dir, nil); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(dir); err == nil {
		t.Error("it is there still")
	}
	notRun(t)
}

func bigFile(t *testing.T, s *SFTP, dir string) {
	data := randomBytes(9<<20 + 5)
	when := time.Unix(1_700_000_000, 0)
	path := dir + "/big"
	n, err := s.Put(t.Context(), path, bytes.NewReader(data), Transfer{Mode: 0o640, Mtime: when})
	if i, _ := os.Stat(path); err != nil || n != int64(len(data)) || i.Mode() != 0o640 || !i.ModTime().Equal(when) || slurp(path) != string(data) {
		t.Errorf("put: %d, %v", n, err)
	}
	var got bytes.Buffer
	if n, err := s.Download(t.Context(), path, &got, Transfer{}); err != nil || n != int64(len(data)) || !bytes.Equal(got.Bytes(), data) {
		t.Errorf("download: %d, %v", n, err)
	}
	if v, err := s.Space(t.Context(), dir); err != nil || v.Total == 0 || v.Available > v.Total {
		t.Errorf("space: %+v, %v", v, err)
	}
}

func resumed(t *testing.T, s *SFTP, dir string) {
	data := string(randomBytes(300_000))
	path := dir + "/part"
	spill(t, path+".part", data[:200_000]+"what had a gap before it")
	if n, err := s.Put(t.Context(), path, strings.NewReader(data[200_000:]), Transfer{Offset: 200_000}); err != nil || n != 100_000 || slurp(path) != data {
		t.Errorf("put: %d, %v", n, err)
	}
	var got bytes.Buffer
	if _, err := s.Download(t.Context(), path, &got, Transfer{Offset: 100_001, Length: 150_000}); err != nil || got.String() != data[100_001:250_001] {
		t.Errorf("download: %d bytes, %v", got.Len(), err)
	}
}

func givenUp(t *testing.T, s *SFTP, dir string) {
	spill(t, dir+"/long", string(make([]byte, 16<<20)))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n, err := s.Download(ctx, dir+"/long", writerFunc(func(p []byte) (int, error) { cancel(); return len(p), nil }), Transfer{})
	if n == 0 || n > 8<<20 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d bytes, %v", n, err)
	}
	if e, err := s.Stat(t.Context(), dir+"/long"); err != nil || e.Size != 16<<20 {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestWhatALoginScriptPrintsIsNoFile(t *testing.T) {
	// As root's own shell would print it; sshd runs this in its place.
	s := shellTo(t, `Match all`, `ForceCommand echo "Welcome, 81a4 5 0 0 1 1 ./x"; sh -c "$SSH_ORIGINAL_COMMAND"`)
	dir := t.TempDir()
	spill(t, dir+"/f", "text")
	var got bytes.Buffer
	if _, err := s.Download(t.Context(), dir+"/f", &got, Transfer{}); err != nil || got.String() != "text" {
		t.Errorf("it holds %q, %v", &got, err)
	}
	for e, err := range s.List(t.Context(), dir) {
		if err != nil || e.Name != "f" {
			t.Errorf("listed %+v, %v", e, err)
		}
	}
}

func TestServersWithoutAShell(t *testing.T) {
	for _, tc := range []struct {
		name string
		run  func(*sshtest.Session)
	}{
		{"it answers with a menu", func(s *sshtest.Session) { io.WriteString(s, "1) Interfaces\r\n"); s.Exit(0) }},
		{"it runs nothing", func(s *sshtest.Session) { s.Exit(1) }},
		{"it hangs up", func(*sshtest.Session) {}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			connected(t, tc.run, func(t *testing.T, c *Client, _ *sshtest.Server) {
				if _, err := c.ShellSFTP(t.Context()); !errors.Is(err, ErrNoSFTP) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
	t.Run("the connection ends", func(t *testing.T) {
		ctx, c, srv := real(t)
		s, err := c.ShellSFTP(ctx)
		if err != nil {
			t.Fatal(err)
		}
		srv.Kill()
		var closed *ClosedError
		if _, err := s.Stat(ctx, "/"); !errors.As(err, &closed) {
			t.Errorf("got %v", err)
		}
		<-s.Done()
	})
}

// shellServer is a shell of a test's own making: say is told each step, and what
// it returns is what the step prints. The shell ends where there is nothing.
func shellServer(say func(step string) string) func(*sshtest.Session) {
	return func(s *sshtest.Session) {
		if !strings.HasSuffix(s.Line, "exec sh' sh") { // a stream
			io.WriteString(s, say(s.Line))
			s.Exit(0)
			return
		}
		var step string
		for lines := bufio.NewScanner(s); lines.Scan(); {
			step += lines.Text()
			_, mark, last := strings.Cut(lines.Text(), `printf "\036`)
			if !last {
				continue
			}
			said := ""
			switch {
			case strings.Contains(step, "( :"):
			case strings.Contains(step, "stat -c gnu"):
				said = "gnu\n"
			default:
				said = say(step)
			}
			mark, _, _ = strings.Cut(mark, " ")
			if _, err := io.WriteString(s, said+"\x1e"+mark+" 0\n"); err != nil {
				return
			}
			step = ""
		}
	}
}

func TestShellsThatSayWhatTheyLike(t *testing.T) {
	list := func(ctx context.Context, s *SFTP) error {
		for _, err := range s.List(ctx, "/d") {
			if err != nil {
				return err
			}
		}
		return nil
	}
	stat := func(ctx context.Context, s *SFTP) error { _, err := s.Stat(ctx, "/f"); return err }
	const record = "81a4 5 0 0 1 1 ./"
	for _, tc := range []struct {
		name string
		say  string
		do   func(context.Context, *SFTP) error
		err  error // nil: some SFTPError
	}{
		{"nothing where attributes should be", "", stat, nil},
		{"words where attributes should be", "no such luck\n", stat, nil},
		{"numbers that are too large", "81a4 99999999999999999999999 0 0 1 1\n", stat, nil},
		{"more than anybody asked for", strings.Repeat("x\n", maxShellOutput), stat, nil},
		{"that an impossible name is there", shellMark + record + "a\x00b\n" + record + "ok\n", list, &NameError{}},
		{"a name without an end", shellMark + record + strings.Repeat("x", 100_000), list, nil},
		{"a listing that is none", shellMark + strings.Repeat("x", 100_000), list, nil},
		{"a listing that is cut off", shellMark + "81a4 5 0 0 1", list, nil},
		{"no end of other things", strings.Repeat("x", maxShellOutput+10), list, nil},
		{"no mark before a listing", strings.Repeat(record+"a\n", 10), list, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			connected(t, shellServer(func(string) string { return tc.say }), func(t *testing.T, c *Client, _ *sshtest.Server) {
				s, err := c.ShellSFTP(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				err = tc.do(ctx, s)
				var e *SFTPError
				var name *NameError
				if tc.err == nil && !errors.As(err, &e) || tc.err != nil && !errors.As(err, &name) || ctx.Err() != nil {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

func FuzzShellListing(f *testing.F) {
	f.Add("81a4 5 0 0 1 1 ./a\n41ed 4096 0 0 1 1 ./b\nc\n")
	f.Add("81a4 5 0 0 1 1 ./" + strings.Repeat("x", 5000) + "\n")
	f.Add("81a4 5 0 0 1 1 ./")
	f.Add("81a4 5 0 0 1 1 ./a\n81a4 5 0 0 1 1 .x\n")
	f.Add("ffffffffffffffffff 5 0 0 1 1 ./a\n")
	f.Add("/////\n/\n/")
	f.Fuzz(func(t *testing.T, out string) {
		r := bufio.NewReader(strings.NewReader(out))
		for left := len(out); ; {
			attrs, name, err := readEntry(r)
			if err != nil {
				return
			}
			if left -= len(name); left < 0 || strings.Contains(name, "/") || len(attrs) != 32 {
				t.Fatalf("%q with %x", name, attrs)
			}
		}
	})
}
