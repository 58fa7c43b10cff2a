package sshcore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/wasmiko/wasmiko/sshcore/internal/sshtest"
)

func TestTheServersChecksum(t *testing.T) {
	s, _ := openSFTP(t)
	dir := t.TempDir()
	data := randomBytes(300_000)
	for _, name := range oddNames {
		spill(t, dir+"/"+name, string(data))
	}
	sum := func(b []byte) []byte { h := sha256.Sum256(b); return h[:] }
	for _, tc := range []struct {
		name           string
		offset, length int64
		want           []byte
	}{
		{"of a whole file", 0, 0, sum(data)},
		{"of its end", 299_999, 0, sum(data[299_999:])},
		{"of its beginning", 0, 5, sum(data[:5])},
		{"of its middle", 100_000, 65_537, sum(data[100_000:165_537])},
		{"of nothing", 300_000, 0, sum(nil)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := s.SHA256(t.Context(), dir+"/plain", tc.offset, tc.length)
			if err != nil || !bytes.Equal(got, tc.want) {
				t.Errorf("%x, %v", got, err)
			}
		})
	}
	for _, name := range oddNames {
		if err := s.Matches(t.Context(), dir+"/"+name, sum(data), 0, 0); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	if err := s.Matches(t.Context(), dir+"/plain", sum(nil), 0, 0); !errors.Is(err, ErrChecksum) {
		t.Errorf("another one: %v", err)
	}
	for _, path := range []string{dir, dir + "/absent"} {
		if _, err := s.SHA256(t.Context(), path, 0, 0); !errors.Is(err, ErrNoChecksum) {
			t.Errorf("%s: %v", path, err)
		}
	}
	notRun(t)
}

// notRun fails if one of oddNames was taken for a command.
func notRun(t *testing.T) {
	t.Helper()
	home, err := os.UserHomeDir() // where the server runs commands
	if err != nil {
		t.Fatal(err)
	}
	if os.Remove(home+"/pwned") == nil {
		t.Error("a name was run")
	}
}

func TestAnswersOfCheckFile(t *testing.T) {
	hash := strings.Repeat("h", sha256.Size)
	for _, tc := range []struct {
		name   string
		answer string
		ok     bool
	}{
		{"with the extension's name, as the draft has it", string(sshtest.SFTPString("check-file")) + string(sshtest.SFTPString("sha256")) + hash, true},
		{"without it", string(sshtest.SFTPString("sha256")) + hash, true},
		{"another algorithm", string(sshtest.SFTPString("md5")) + hash[:16], false},
		{"cut off", string(sshtest.SFTPString("sha256")) + hash[1:], false},
		{"nothing", "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			serve := sshtest.SFTP(func(r sshtest.SFTPRequest) []byte {
				if r.Kind != fxpExtended || r.Path() != "check-file-name" {
					t.Errorf("asked %d %q", r.Kind, r.Path())
				}
				return sshtest.SFTPPacket(fxpExtendedReply, r.ID, []byte(tc.answer))
			}, "check-file")
			connected(t, serve, func(t *testing.T, c *Client, _ *sshtest.Server) {
				s, err := c.SFTP(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				err = s.Matches(t.Context(), "/f", []byte(hash), 0, 0)
				var broken *SFTPProtocolError
				if (err == nil) != tc.ok || !tc.ok && !errors.As(err, &broken) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

// What fails its check never gets its final name.
func TestAPutIsCheckedBeforeItReplaces(t *testing.T) {
	s, _ := openSFTP(t)
	cannot := errors.New("cannot be checked")
	for _, tc := range []struct {
		name  string
		check func(ctx context.Context, part string) error
		err   error
		file  string
		part  string
	}{
		{"what is right replaces", func(ctx context.Context, part string) error {
			h := sha256.Sum256([]byte("new"))
			return s.Matches(ctx, part, h[:], 0, 0)
		}, nil, "new", ""},
		{"what is wrong is removed", func(ctx context.Context, part string) error {
			e, err := s.Lstat(ctx, part)
			if err != nil {
				return err
			}
			spill(t, part, "bad")
			if err := os.Chtimes(part, e.Mtime, e.Mtime); err != nil {
				return err
			}
			h := sha256.Sum256([]byte("new"))
			return s.Matches(ctx, part, h[:], 0, 0)
		}, ErrChecksum, "old", ""},
		{"what cannot be checked is kept aside", func(context.Context, string) error { return cannot }, cannot, "old", "new"},
		{"what somebody replaced meanwhile is left to him", func(_ context.Context, part string) error {
			os.Remove(part)
			spill(t, part, "half of another")
			return nil
		}, ErrPartTaken, "old", "half of another"},
		{"what somebody replaced before it was checked is left to him", func(ctx context.Context, part string) error {
			os.Remove(part)
			spill(t, part, "half of another")
			h := sha256.Sum256([]byte("new"))
			return s.Matches(ctx, part, h[:], 0, 0)
		}, ErrPartTaken, "old", "half of another"},
		{"what somebody removed before it was checked", func(ctx context.Context, part string) error {
			os.Remove(part)
			h := sha256.Sum256([]byte("new"))
			return s.Matches(ctx, part, h[:], 0, 0)
		}, ErrPartTaken, "old", ""},
		{"what somebody removed meanwhile", func(_ context.Context, part string) error { return os.Remove(part) }, ErrPartTaken, "old", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			spill(t, dir+"/f", "old")
			_, err := s.Put(t.Context(), dir+"/f", strings.NewReader("new"), Transfer{Check: tc.check})
			var e *SFTPError
			if !errors.Is(err, tc.err) || err != nil && !errors.As(err, &e) {
				t.Errorf("got %v", err)
			}
			if !eventually(t, func() bool { return slurp(dir+"/f") == tc.file && slurp(dir+"/f.part") == tc.part }) {
				t.Errorf("it holds %q, and its part %q", slurp(dir+"/f"), slurp(dir+"/f.part"))
			}
		})
	}
}

func TestAPutThatMustNotReplace(t *testing.T) {
	for _, tc := range []struct {
		name string
		prep func(dir string)
		late bool // it comes while the upload runs
		err  error
	}{
		{"over nothing", func(string) {}, false, nil},
		{"over a file", func(dir string) { spill(t, dir+"/f", "old") }, false, fs.ErrExist},
		{"over a file that comes meanwhile", func(dir string) { spill(t, dir+"/f", "old") }, true, fs.ErrExist},
		{"over an empty directory that comes meanwhile", func(dir string) { os.Mkdir(dir+"/f", 0o755) }, true, fs.ErrExist},
		{"over a link to nowhere", func(dir string) { os.Symlink("nowhere", dir+"/f") }, false, fs.ErrExist},
		{"over a link that comes meanwhile", func(dir string) { os.Symlink("nowhere", dir+"/f") }, true, fs.ErrExist},
	} {
		for _, serve := range []struct {
			name string
			open func(t *testing.T) *SFTP
		}{
			{"by a hard link", func(t *testing.T) *SFTP { s, _ := openSFTP(t); return s }},
			{"by RENAME", func(t *testing.T) *SFTP {
				s, _ := openSFTP(t)
				delete(s.ext, extHardlink)
				return s
			}},
		} {
			t.Run(tc.name+" "+serve.name, func(t *testing.T) {
				s, dir := serve.open(t), t.TempDir()
				r := io.Reader(strings.NewReader("new"))
				if tc.late {
					r = io.MultiReader(r, readerFunc(func([]byte) (int, error) { tc.prep(dir); return 0, io.EOF }))
				} else {
					tc.prep(dir)
				}
				_, err := s.Put(t.Context(), dir+"/f", r, Transfer{New: true})
				if !errors.Is(err, tc.err) {
					t.Errorf("got %v", err)
				}
				switch got := slurp(dir + "/f"); {
				case tc.err == nil && got != "new", tc.err != nil && got == "new":
					t.Errorf("it holds %q", got)
				case tc.late && slurp(dir+"/f.part") != "new":
					t.Error("what was moved is lost")
				}
			})
		}
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
