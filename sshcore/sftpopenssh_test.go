package sshcore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func spill(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// makeFIFO runs mkfifo: package syscall has it not on every system that these
// tests are compiled for.
func makeFIFO(t *testing.T, path string) {
	t.Helper()
	if out, err := exec.Command("mkfifo", path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// eventually waits for what a server does by itself.
func eventually(t *testing.T, done func() bool) bool {
	t.Helper()
	for deadline := time.Now().Add(patience); !done(); runtime.Gosched() {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

// slurp is what a file holds; one that cannot be read holds nothing.
func slurp(path string) string { b, _ := os.ReadFile(path); return string(b) }

func TestOpenSSHFileOperations(t *testing.T) { eachWay(t, testOpenSSHFileOperations) }

func testOpenSSHFileOperations(t *testing.T, s *SFTP) {
	dir := t.TempDir()
	in := func(name string) string { return dir + "/" + name }
	odd := in("\xff\x1b[31m \u202Ename\n")
	when := time.Unix(1_600_000_000, 0)
	spill(t, in("a"), "a")
	for _, tc := range []struct {
		name string
		do   func(context.Context) error
		err  error
		then func() bool
	}{
		{"a directory is made", func(ctx context.Context) error { return s.Mkdir(ctx, in("d"), 0o700) }, nil,
			func() bool { i, _ := os.Stat(in("d")); return i.IsDir() && i.Mode().Perm() == 0o700 }},
		{"but not twice", func(ctx context.Context) error { return s.Mkdir(ctx, in("d"), 0) }, fs.ErrExist, nil},
		{"nor under what is not there", func(ctx context.Context) error { return s.Mkdir(ctx, in("no/d"), 0) }, fs.ErrNotExist, nil},
		{"directories are made down to the last", func(ctx context.Context) error { return s.MkdirAll(ctx, in("m/n/o/"), 0) }, nil,
			func() bool { i, err := os.Stat(in("m/n/o")); return err == nil && i.IsDir() }},
		{"and again", func(ctx context.Context) error { return s.MkdirAll(ctx, in("m/n/o"), 0) }, nil, nil},
		{"but not over a file", func(ctx context.Context) error { return s.MkdirAll(ctx, in("a"), 0) }, fs.ErrExist, nil},
		{"a link is made", func(ctx context.Context) error { return s.Symlink(ctx, "a", in("l")) }, nil,
			func() bool { to, _ := os.Readlink(in("l")); return to == "a" }},
		{"but not over a file", func(ctx context.Context) error { return s.Symlink(ctx, "x", in("a")) }, fs.ErrExist, nil},
		{"a hard link is made", func(ctx context.Context) error { return s.Link(ctx, in("a"), in("h")) }, nil,
			func() bool { i, _ := os.Stat(in("a")); j, _ := os.Stat(in("h")); return os.SameFile(i, j) }},
		{"permissions are set", func(ctx context.Context) error { return s.Chmod(ctx, in("a"), 0o751|fs.ModeSetuid|fs.ModeSticky) }, nil,
			func() bool { i, _ := os.Stat(in("a")); return i.Mode() == 0o751|fs.ModeSetuid|fs.ModeSticky }},
		{"also to nothing", func(ctx context.Context) error { return s.Chmod(ctx, in("a"), 0) }, nil,
			func() bool { i, _ := os.Stat(in("a")); return i.Mode() == 0 }},
		{"times are set", func(ctx context.Context) error { return s.Chtimes(ctx, in("a"), when, when) }, nil,
			func() bool { i, _ := os.Stat(in("a")); return i.ModTime().Equal(when) }},
		{"the owner is set", func(ctx context.Context) error {
			return s.Chown(ctx, in("a"), uint32(os.Getuid()), uint32(os.Getgid()))
		}, nil, nil},
		{"a file is cut off", func(ctx context.Context) error { return s.Truncate(ctx, in("a"), 0) }, nil,
			func() bool { i, _ := os.Stat(in("a")); return i.Size() == 0 }},
		{"a file is synced", func(ctx context.Context) error {
			if err := s.Sync(ctx, in("h")); !s.ByShell() || !errors.Is(err, errors.ErrUnsupported) {
				return err
			}
			return nil
		}, nil, nil},
		{"a file is renamed to a name that is not text", func(ctx context.Context) error { return s.Rename(ctx, in("h"), odd) }, nil,
			func() bool { _, err := os.Stat(odd); return err == nil }},
		{"renaming replaces", func(ctx context.Context) error { return s.Rename(ctx, odd, in("a")) }, nil, nil},
		{"unless it must not", func(ctx context.Context) error { return s.RenameNew(ctx, in("l"), in("a")) }, fs.ErrExist, nil},
		{"a name of 300 bytes is refused", func(ctx context.Context) error { return s.Mkdir(ctx, in(strings.Repeat("x", 300)), 0) }, &SFTPError{}, nil},
		{"a link is removed, not what it leads to", func(ctx context.Context) error { return s.Remove(ctx, in("l")) }, nil,
			func() bool { _, err := os.Stat(in("a")); return err == nil }},
		{"a directory is not removed as a file", func(ctx context.Context) error { return s.Remove(ctx, in("d")) }, &SFTPError{}, nil},
		{"a full directory stays", func(ctx context.Context) error { return s.RemoveDir(ctx, in("m")) }, &SFTPError{}, nil},
		{"an empty one goes", func(ctx context.Context) error { return s.RemoveDir(ctx, in("d")) }, nil, nil},
		{"what is not there cannot be removed", func(ctx context.Context) error { return s.Remove(ctx, in("d")) }, fs.ErrNotExist, nil},
		{"unless it may be absent", func(ctx context.Context) error { return s.RemoveAll(ctx, in("d"), nil) }, nil, nil},
		{"nothing is removed by no name", func(ctx context.Context) error { return s.RemoveAll(ctx, "/", nil) }, fs.ErrInvalid, nil},
		{"nor above where one is", func(ctx context.Context) error { return s.RemoveAll(ctx, in("d/.."), nil) }, fs.ErrInvalid, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			err := tc.do(ctx)
			var e *SFTPError
			if tc.err == nil && err != nil || tc.err != nil && (!errors.As(err, &e) || e.Path == "" || !errors.As(tc.err, &e) && !errors.Is(err, tc.err)) {
				t.Errorf("got %v", err)
			}
			if tc.then != nil && !tc.then() {
				t.Error("that was not done")
			}
		})
	}
}

func TestOpenSSHDescribes(t *testing.T) {
	s, _ := openSFTP(t)
	ctx, dir := t.Context(), t.TempDir()
	spill(t, dir+"/f", "12345")
	os.Symlink("f", dir+"/l")
	makeFIFO(t, dir+"/p")
	var got []string
	for e, err := range s.List(ctx, dir) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s %d %v %q %v", e.Name, e.Size, e.Mode.Type(), e.Owner, e.Told == ToldSize|ToldOwner|ToldMode|ToldTimes))
	}
	slices.Sort(got)
	want := []string{`f 5 ---------- "root" true`, `l 1 L--------- "root" true`, `p 0 p--------- "root" true`}
	if os.Getuid() == 0 && !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if e, err := s.Stat(ctx, dir+"/l"); err != nil || e.Size != 5 || e.Name != "l" || time.Since(e.Mtime) > time.Hour {
		t.Errorf("stat: %+v, %v", e, err)
	}
	if to, err := s.ReadLink(ctx, dir+"/l"); to != "f" || err != nil {
		t.Errorf("readlink: %q, %v", to, err)
	}
	if to, err := s.RealPath(ctx, dir+"/../"+filepath.Base(dir)+"/l"); to != dir+"/f" || err != nil {
		t.Errorf("realpath: %q, %v", to, err)
	}
	if v, err := s.Space(ctx, dir); err != nil || v.Total == 0 || v.Available > v.Total || v.NameMax != 255 {
		t.Errorf("space: %+v, %v", v, err)
	}
	if l := s.Limits(); l.Read < readSize || l.Handles == 0 || s.Extensions()[extLimits] != "1" {
		t.Errorf("limits %+v, extensions %v", l, s.Extensions())
	}
	if lib, err := s.Library(ctx); err != nil {
		t.Error(err)
	} else if i, err := lib.Stat(dir + "/f"); err != nil || i.Size() != 5 || lib.Close() != nil {
		t.Errorf("the library's client: %v, %v", i, err)
	}
}

func TestWhatIsNoFileIsNotReadNorWritten(t *testing.T) {
	eachWay(t, testWhatIsNoFileIsNotReadNorWritten)
}

func testWhatIsNoFileIsNotReadNorWritten(t *testing.T, s *SFTP) {
	dir := t.TempDir()
	makeFIFO(t, dir+"/fifo")
	os.Symlink("fifo", dir+"/link")
	for _, path := range []string{dir + "/fifo", dir + "/link", dir, "/dev/null"} {
		for name, do := range map[string]func() error{
			"download": func() error { _, err := s.Download(t.Context(), path, io.Discard, Transfer{}); return err },
			"upload":   func() error { _, err := s.Upload(t.Context(), path, strings.NewReader("x"), Transfer{}); return err },
			"put":      func() error { _, err := s.Put(t.Context(), path, strings.NewReader("x"), Transfer{}); return err },
			"sync":     func() error { return s.Sync(t.Context(), path) },
			"copy":     func() error { return s.Copy(t.Context(), path, dir+"/new", nil) },
		} {
			if err := do(); !errors.Is(err, ErrNotRegular) && !(s.ByShell() && errors.Is(err, errors.ErrUnsupported)) {
				t.Errorf("%s of %s: %v", name, path, err)
			}
		}
	}
}

func TestAReadOnlyServerIsToldAsSuch(t *testing.T) {
	srvDir := t.TempDir()
	spill(t, srvDir+"/f", "old")
	s, _ := openSFTPWith(t, "Subsystem sftp internal-sftp -R")
	for name, do := range map[string]func() error{
		"upload": func() error {
			_, err := s.Upload(t.Context(), srvDir+"/f", strings.NewReader("x"), Transfer{})
			return err
		},
		"put": func() error {
			_, err := s.Put(t.Context(), srvDir+"/f", strings.NewReader("x"), Transfer{})
			return err
		},
		"mkdir":  func() error { return s.Mkdir(t.Context(), srvDir+"/d", 0) },
		"remove": func() error { return s.RemoveAll(t.Context(), srvDir, nil) },
	} {
		if err := do(); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if slurp(srvDir+"/f") != "old" {
		t.Error("the file changed")
	}
}

func TestPutReplacesWhole(t *testing.T) { eachWay(t, testPutReplacesWhole) }

func testPutReplacesWhole(t *testing.T, s *SFTP) {
	ctx := t.Context()
	broken := errors.New("the disk here broke")
	for _, tc := range []struct {
		name string
		prep func(dir string)
		path string
		r    io.Reader
		t    Transfer
		err  error
		then func(dir string) bool
	}{
		{"a new file", func(string) {}, "f", strings.NewReader("new"), Transfer{}, nil,
			func(dir string) bool { return slurp(dir+"/f") == "new" }},
		{"a new file with its mode and time", func(string) {}, "f", strings.NewReader("new"), Transfer{Mode: 0o751, Mtime: time.Unix(1e9, 0)}, nil,
			func(dir string) bool {
				i, _ := os.Stat(dir + "/f")
				return i.Mode() == 0o751 && i.ModTime().Equal(time.Unix(1e9, 0))
			}},
		{"a file with a mode of its own", func(dir string) {
			os.WriteFile(dir+"/f", []byte("old"), 0o600)
			os.Chmod(dir+"/f", 0o711|fs.ModeSetuid)
		}, "f",
			strings.NewReader("new"), Transfer{Sync: true}, nil,
			func(dir string) bool {
				i, _ := os.Stat(dir + "/f")
				return i.Mode() == 0o711|fs.ModeSetuid && slurp(dir+"/f") == "new"
			}},
		{"what a link leads to", func(dir string) {
			os.Mkdir(dir+"/d", 0o755)
			os.WriteFile(dir+"/d/f", []byte("old"), 0o644)
			os.Symlink("d/f", dir+"/l")
		}, "l",
			strings.NewReader("new"), Transfer{}, nil,
			func(dir string) bool {
				to, _ := os.Readlink(dir + "/l")
				return to == "d/f" && slurp(dir+"/d/f") == "new"
			}},
		{"not a link to nowhere", func(dir string) { os.Symlink("no", dir+"/l") }, "l", strings.NewReader("new"), Transfer{}, fs.ErrNotExist, nil},
		{"a name that leaves no room", func(string) {}, strings.Repeat("x", 255), strings.NewReader("new"), Transfer{}, nil,
			func(dir string) bool { return slurp(dir+"/"+strings.Repeat("x", 255)) == "new" }},
		{"a part of somebody else's is not followed", func(dir string) { os.Symlink(dir+"/victim", dir+"/f.part") }, "f", strings.NewReader("new"), Transfer{}, nil,
			func(dir string) bool { return slurp(dir+"/victim") == "" && slurp(dir+"/f") == "new" }},
		{"nothing when the reader fails, and the part is kept", func(dir string) { os.WriteFile(dir+"/f", []byte("old"), 0o644) }, "f",
			io.MultiReader(strings.NewReader(strings.Repeat("n", largeWrite+5)), failing{broken}), Transfer{}, broken,
			func(dir string) bool { return slurp(dir+"/f") == "old" && len(slurp(dir+"/f.part")) == largeWrite }},
		{"what was begun", func(dir string) { os.WriteFile(dir+"/f.part", []byte("begun, and a gap"), 0o600) }, "f",
			strings.NewReader("done"), Transfer{Offset: 6}, nil,
			func(dir string) bool { return slurp(dir+"/f") == "begun,done" }},
		{"not what was not begun", func(string) {}, "f", strings.NewReader("new"), Transfer{Offset: 6}, ErrSizeMismatch, nil},
		{"not what is shorter than believed", func(dir string) { os.WriteFile(dir+"/f.part", []byte("be"), 0o600) }, "f", strings.NewReader("new"), Transfer{Offset: 6}, ErrSizeMismatch,
			func(dir string) bool { return slurp(dir+"/f.part") == "be" }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			tc.prep(dir)
			_, err := s.Put(ctx, dir+"/"+tc.path, tc.r, tc.t)
			var e *SFTPError
			if !errors.Is(err, tc.err) || err != nil && !errors.As(err, &e) {
				t.Errorf("got %v", err)
			}
			if tc.then != nil && !eventually(t, func() bool { return tc.then(dir) }) {
				names, _ := os.ReadDir(dir)
				t.Errorf("that was not done: %v", names)
			}
			if left, _ := filepath.Glob(dir + "/*.part"); err == nil && len(left) > 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestAFileThatChangesWhileItIsRead(t *testing.T) {
	const size = 20 << 20
	for _, tc := range []struct {
		name   string
		change func(path string) error
		want   int64
		err    error
	}{
		{"it shrinks", func(p string) error { return os.Truncate(p, 15<<20) }, 15 << 20, ErrChanged},
		{"it grows", func(p string) error {
			f, err := os.OpenFile(p, os.O_APPEND|os.O_WRONLY, 0)
			if err == nil {
				_, err = f.WriteString("more")
				f.Close()
			}
			return err
		}, size, ErrChanged},
		{"it is written to", func(p string) error { return os.Chtimes(p, time.Now(), time.Now().Add(time.Hour)) }, size, ErrChanged},
		{"it is removed", os.Remove, size, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, _ := openSFTP(t)
			path := t.TempDir() + "/f"
			data := randomBytes(size)
			spill(t, path, string(data))
			var got bytes.Buffer
			n, err := s.Download(t.Context(), path, writerFunc(func(p []byte) (int, error) {
				if got.Len() == 0 {
					if err := tc.change(path); err != nil {
						t.Error(err)
					}
				}
				return got.Write(p)
			}), Transfer{})
			if n != tc.want || !errors.Is(err, tc.err) || !bytes.Equal(got.Bytes(), data[:n]) {
				t.Errorf("%d bytes, %v", n, err)
			}
		})
	}
}

func TestFilesBeyond4GiB(t *testing.T) {
	s, _ := openSFTP(t)
	ctx, dir := t.Context(), t.TempDir()
	const size = 4<<30 + 1
	if n, err := s.Upload(ctx, dir+"/f", strings.NewReader("first"), Transfer{}); n != 5 || err != nil {
		t.Fatal(err)
	}
	if err := s.Truncate(ctx, dir+"/f", size-5); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Upload(ctx, dir+"/f", strings.NewReader("last!"), Transfer{Offset: size - 5}); n != 5 || err != nil {
		t.Fatal(err)
	}
	if e, err := s.Stat(ctx, dir+"/f"); err != nil || e.Size != size {
		t.Errorf("%d, %v", e.Size, err)
	}
	var tail bytes.Buffer
	if n, err := s.Download(ctx, dir+"/f", &tail, Transfer{Offset: size - 100_000}); n != 100_000 || err != nil || !strings.HasSuffix(tail.String(), "\x00last!") {
		t.Errorf("tail: %d, %v", n, err)
	}
	var part bytes.Buffer
	if n, err := s.Download(ctx, dir+"/f", &part, Transfer{Length: 7}); n != 7 || err != nil || part.String() != "first\x00\x00" {
		t.Errorf("part: %d, %q, %v", n, part.String(), err)
	}
	if n, err := s.Download(ctx, dir+"/f", io.Discard, Transfer{Offset: size}); n != 0 || err != nil {
		t.Errorf("nothing: %d, %v", n, err)
	}
	if _, err := s.Download(ctx, dir+"/f", io.Discard, Transfer{Offset: size + 1}); !errors.Is(err, ErrSizeMismatch) {
		t.Errorf("beyond: %v", err)
	}
}

func TestRemoveAllStaysInItsTree(t *testing.T) { eachWay(t, testRemoveAllStaysInItsTree) }

func testRemoveAllStaysInItsTree(t *testing.T, s *SFTP) {
	root := t.TempDir()
	tree := root + "/tree"
	outside := root + "/outside"
	os.MkdirAll(outside+"/d", 0o755)
	spill(t, outside+"/d/f", "precious")
	os.MkdirAll(tree+"/a/b/c", 0o755)
	os.Symlink(outside, tree+"/out")
	os.Symlink("..", tree+"/a/loop")
	os.Symlink("loop", tree+"/a/b/loop")
	makeFIFO(t, tree+"/a/fifo")
	for i := range 300 {
		spill(t, fmt.Sprintf("%s/a/b/f%d", tree, i), "x")
	}
	var walked int
	err := s.Walk(t.Context(), tree, func(path string, e Entry, err error) error {
		if walked++; strings.Contains(path, "out/") || strings.Contains(path, "loop/") {
			t.Errorf("walked to %s", path)
		}
		return err
	})
	if err != nil || walked != 4+4+300 {
		t.Errorf("walked over %d, %v", walked, err)
	}
	if err := s.RemoveAll(t.Context(), tree+"/out/", nil); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(tree + "/out"); err == nil || slurp(outside+"/d/f") != "precious" {
		t.Error("the link should be gone, and no more")
	}
	os.Symlink(outside, tree+"/out")
	removed := 0
	if err := s.RemoveAll(t.Context(), tree, func(string) { removed++ }); err != nil || removed != walked {
		t.Errorf("removed %d of %d: %v", removed, walked, err)
	}
	if _, err := os.Lstat(tree); err == nil || slurp(outside+"/d/f") != "precious" {
		t.Error("too little, or too much")
	}
}

func TestCopyOnTheServer(t *testing.T) {
	s, _ := openSFTP(t)
	dir := t.TempDir()
	data := string(randomBytes(copyStep + 12345))
	spill(t, dir+"/f", data)
	os.Chmod(dir+"/f", 0o440)
	last := int64(0)
	if err := s.Copy(t.Context(), dir+"/f", dir+"/g", func(done, total int64) { last = done }); err != nil || last != int64(len(data)) {
		t.Fatalf("%d, %v", last, err)
	}
	if i, _ := os.Stat(dir + "/g"); slurp(dir+"/g") != data || i.Mode() != 0o440 {
		t.Error("the copy is another file")
	}
	if err := s.Copy(t.Context(), dir+"/f", dir+"/g", nil); !errors.Is(err, fs.ErrExist) {
		t.Errorf("again: %v", err)
	}
}

func TestADownloadThatIsGivenUpLeavesTheSessionUsable(t *testing.T) {
	s, _ := openSFTP(t)
	path := t.TempDir() + "/f"
	spill(t, path, string(randomBytes(30<<20)))
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		got := 0
		n, err := s.Download(ctx, path, writerFunc(func(p []byte) (int, error) {
			if got += len(p); got > 5<<20 {
				cancel()
			}
			return len(p), nil
		}), Transfer{})
		if !errors.Is(err, context.Canceled) || n != int64(got) || n > 7<<20 {
			t.Errorf("%d bytes, %v", n, err)
		}
	}
	if n, err := s.Download(t.Context(), path, io.Discard, Transfer{}); n != 30<<20 || err != nil {
		t.Errorf("then: %d, %v", n, err)
	}
}

func TestAWriterThatWaitsHoldsTheServer(t *testing.T) {
	s, _ := openSFTP(t)
	path := t.TempDir() + "/f"
	spill(t, path, string(randomBytes(40<<20)))
	before := s.client.Info().BytesIn
	held := false
	_, err := s.Download(t.Context(), path, writerFunc(func(p []byte) (int, error) {
		if !held {
			// What can come meanwhile comes within this other exchange's time.
			held = true
			for range 50 {
				if _, err := s.Stat(t.Context(), path); err != nil {
					t.Error(err)
				}
			}
			if got := s.client.Info().BytesIn - before; got > readFlight+2<<20 {
				t.Errorf("%d bytes came while the writer waited", got)
			}
		}
		return len(p), nil
	}), Transfer{})
	if err != nil {
		t.Error(err)
	}
}
