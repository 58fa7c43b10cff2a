package demo

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pkg/sftp"
)

// files opens SFTP on a new connection.
func openSFTP(t *testing.T, d *Demo) *sftp.Client {
	t.Helper()
	c, err := sftp.NewClient(robey(t, d), sftp.UseConcurrentWrites(true))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func noise(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

func TestSFTPRoundTrip(t *testing.T) {
	c := openSFTP(t, start(t))
	sent := noise(5<<20 + 123)
	f, err := c.Create("/upload/big.bin")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := f.ReadFrom(bytes.NewReader(sent)); n != int64(len(sent)) || err != nil {
		t.Fatal(n, err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	f, err = c.Open("/upload/big.bin")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, sent) {
		t.Fatalf("%d bytes came back, %v", len(got), err)
	}
}

func TestSFTPChangesNamesAndAttributes(t *testing.T) {
	c := openSFTP(t, start(t))
	write := func(p, text string) {
		t.Helper()
		f, err := c.Create(p)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	read := func(p string) string {
		t.Helper()
		f, err := c.Open(p)
		if err != nil {
			return err.Error()
		}
		defer f.Close()
		b, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	refused := func(err error) {
		t.Helper()
		if err == nil {
			t.Error("was allowed")
		}
	}
	write("/upload/a", "A")
	write("/upload/b", "B")

	refused(c.Rename("/upload/a", "/upload/b"))
	ok(c.PosixRename("/upload/a", "/upload/b"))
	if got := read("/upload/b"); got != "A" {
		t.Errorf("b holds %q", got)
	}
	ok(c.Mkdir("/upload/d"))
	refused(c.Mkdir("/upload/d"))
	ok(c.Mkdir("/upload/d/e"))
	refused(c.Rename("/upload/d", "/upload/d/e/f")) // into itself
	refused(c.RemoveDirectory("/upload/d"))         // not empty
	ok(c.Rename("/upload/b", "/upload/d/b"))
	ok(c.Symlink("d/b", "/upload/l"))
	if got := read("/upload/l"); got != "A" {
		t.Errorf("the link leads to %q", got)
	}
	if target, err := c.ReadLink("/upload/l"); target != "d/b" || err != nil {
		t.Errorf("link %q, %v", target, err)
	}
	ok(c.Symlink("loop", "/upload/loop"))
	if _, err := c.Stat("/upload/loop"); err == nil {
		t.Error("a loop has an end")
	}
	ok(c.Link("/upload/d/b", "/upload/hard"))
	ok(c.Remove("/upload/d/b"))
	if got := read("/upload/hard"); got != "A" {
		t.Errorf("the second name holds %q", got)
	}
	refused(c.Remove("/upload/d"))
	ok(c.RemoveDirectory("/upload/d/e"))
	ok(c.RemoveDirectory("/upload/d"))

	when := time.Unix(1_000_000_000, 0)
	ok(c.Chtimes("/upload/hard", when, when))
	ok(c.Chmod("/upload/hard", 0o600))
	ok(c.Truncate("/upload/hard", 5))
	if i, err := c.Stat("/upload/hard"); err != nil || i.Size() != 5 || i.Mode() != 0o600 {
		t.Errorf("%v, %v", i, err)
	}
	if got := read("/upload/hard"); got != "A\x00\x00\x00\x00" {
		t.Errorf("%q", got)
	}
	if vfs, err := c.StatVFS("/"); err != nil || vfs.TotalSpace() != maxTreeBytes {
		t.Errorf("%+v, %v", vfs, err)
	}
}

func TestSFTPKeepsTheBoardsOwnFiles(t *testing.T) {
	c := openSFTP(t, start(t))
	for name, err := range map[string]error{
		"remove":           c.Remove("/README.txt"),
		"remove directory": c.RemoveDirectory("/upload"),
		"rename":           c.Rename("/poem.txt", "/upload/poem.txt"),
		"replace":          c.PosixRename("/poem.txt", "/README.txt"),
		"make":             c.Mkdir("/new"),
		"chmod":            c.Chmod("/README.txt", 0o777),
		"truncate":         c.Truncate("/big/10GiB.bin", 0),
		"link":             c.Link("/README.txt", "/upload/mine"),
	} {
		if !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := c.OpenFile("/README.txt", os.O_WRONLY); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("write: %v", err)
	}
	if _, err := c.Stat("/nothing/at/all"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("stat: %v", err)
	}
	if _, err := c.Stat("/../../etc/passwd"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("climb: %v", err)
	}
}

func TestSFTPListsTenThousandFiles(t *testing.T) {
	infos, err := openSFTP(t, start(t)).ReadDir("/many")
	if err != nil || len(infos) != manyFiles {
		t.Fatalf("%d files, %v", len(infos), err)
	}
	if last := infos[manyFiles-1]; last.Name() != "file-10000.txt" || last.Size() != 29 {
		t.Errorf("%s, %d bytes", last.Name(), last.Size())
	}
}

func TestHugeFileIsTheSameEveryTimeAndEverywhere(t *testing.T) {
	f, err := openSFTP(t, start(t)).Open("/big/10GiB.bin")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, off := range []int64{0, 1, 4095, hugeSize/2 + 3, hugeSize - 1000} {
		got, want := make([]byte, 1000), make([]byte, 1000)
		if _, err := f.ReadAt(got, off); err != nil {
			t.Fatal(err)
		}
		for i := range want { // byte by byte, against the fast path
			endless(hugeSize).readAt(want[i:i+1], off+int64(i))
		}
		if !bytes.Equal(got, want) {
			t.Errorf("differs at %d", off)
		}
	}
	if n, err := f.ReadAt(make([]byte, 10), hugeSize-4); n != 4 || err != io.EOF {
		t.Errorf("at the end: %d, %v", n, err)
	}
}

func TestTreeIsBounded(t *testing.T) {
	write := func(tr *tree, p string, size, off int64) error {
		h, err := tr.openFile(p, opening{write: true, create: true})
		if err != nil {
			return err
		}
		defer h.Close()
		_, err = h.WriteAt(make([]byte, size), off)
		return err
	}
	fresh := func() *tree {
		tr, err := newDemoTree(time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return tr
	}
	t.Run("bytes run out, and come back with the last name and handle", func(t *testing.T) {
		const used = maxTreeBytes - 2*blockSize // by others
		tr := fresh()
		tr.bytes = used
		if err := write(tr, "/upload/a", blockSize+1, 0); err != nil {
			t.Fatal(err)
		}
		if err := write(tr, "/upload/b", 1, 0); !errors.Is(err, errNoSpace) {
			t.Fatal(err)
		}
		h, err := tr.openFile("/upload/a", opening{})
		if err != nil {
			t.Fatal(err)
		}
		if err := tr.remove("/upload/a", false); err != nil {
			t.Fatal(err)
		}
		if tr.bytes != used+2*blockSize {
			t.Error("an open file's bytes were given away")
		}
		h.Close()
		h.Close()
		if tr.bytes != used || tr.open != 0 || tr.nodes != 1 {
			t.Errorf("%d bytes, %d open, %d nodes", tr.bytes, tr.open, tr.nodes)
		}
	})
	t.Run("a hole costs nothing", func(t *testing.T) {
		tr := fresh()
		if err := write(tr, "/upload/a", 1, maxFileSize-1); err != nil || tr.bytes != blockSize {
			t.Errorf("%d bytes, %v", tr.bytes, err)
		}
		if err := write(tr, "/upload/a", 2, maxFileSize-1); !errors.Is(err, errNoSpace) {
			t.Error(err)
		}
	})
	t.Run("names run out", func(t *testing.T) {
		tr := fresh()
		tr.nodes = maxTreeNodes
		if err := tr.mkdir("/upload/d"); !errors.Is(err, errNoSpace) {
			t.Error(err)
		}
		if err := tr.mkdir("/upload/" + strings.Repeat("x", maxNameBytes+1)); !errors.Is(err, errName) {
			t.Error(err)
		}
	})
	t.Run("open files run out", func(t *testing.T) {
		tr := fresh()
		for range maxOpenFiles {
			if _, err := tr.openDir("/"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := tr.openFile("/poem.txt", opening{}); !errors.Is(err, errBusy) {
			t.Error(err)
		}
	})
}

func TestTreeServesManyAtOnce(t *testing.T) {
	d := start(t)
	var all sync.WaitGroup
	for range 4 {
		c := openSFTP(t, d)
		all.Go(func() {
			for range 50 {
				f, err := c.OpenFile("/upload/shared", os.O_RDWR|os.O_CREATE|os.O_APPEND)
				if err != nil {
					t.Error(err)
					return
				}
				f.Write([]byte("line\n"))
				f.Close()
				c.ReadDir("/upload")
				c.PosixRename("/upload/shared", "/upload/moved")
			}
		})
	}
	all.Wait()
}
