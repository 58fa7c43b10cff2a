package sshcore

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/wasmiko/wasmiko/sshcore/internal/sshtest"
)

func TestFailuresHaveTheirCause(t *testing.T) {
	s, _ := openSFTP(t)
	dir := t.TempDir()
	os.MkdirAll(dir+"/full/x", 0o755)
	spill(t, dir+"/f", "x")
	makeFIFO(t, dir+"/fifo")
	os.Symlink("nowhere", dir+"/dangling")
	os.Symlink("loop", dir+"/loop")
	long := strings.Repeat("x", 256)
	put := func(path string) error {
		_, err := s.Put(t.Context(), path, strings.NewReader("x"), Transfer{})
		return err
	}
	get := func(path string) error {
		_, err := s.Download(t.Context(), path, io.Discard, Transfer{})
		return err
	}
	list := func(path string) error {
		d, err := s.OpenDir(t.Context(), path)
		if err == nil {
			d.Close()
		}
		return err
	}
	for _, tc := range []struct {
		name string
		err  error
		want error
	}{
		{"a folder is read as a file", get(dir), ErrIsDir},
		{"a folder is written as a file", put(dir), ErrIsDir},
		{"a folder is removed as a file", s.Remove(t.Context(), dir+"/full"), ErrIsDir},
		{"a file is listed", list(dir + "/f"), ErrNotDir},
		{"a file is removed as a folder", s.RemoveDir(t.Context(), dir+"/f"), ErrNotDir},
		{"a folder with something in it is removed", s.RemoveDir(t.Context(), dir+"/full"), ErrNotEmpty},
		{"what is not there is removed as a folder", s.RemoveDir(t.Context(), dir+"/no"), fs.ErrNotExist},
		{"what is not there is listed", list(dir + "/no"), fs.ErrNotExist},
		{"a link to nothing is read", get(dir + "/dangling"), ErrBrokenLink},
		{"a link to nothing is written", put(dir + "/dangling"), ErrBrokenLink},
		{"a link to nothing is listed", list(dir + "/dangling"), ErrBrokenLink},
		{"a link in a circle is read", get(dir + "/loop"), ErrBrokenLink},
		{"a link in a circle is written", put(dir + "/loop"), ErrBrokenLink},
		{"what is not there is read", get(dir + "/no"), fs.ErrNotExist},
		{"a pipe is read", get(dir + "/fifo"), ErrNotRegular},
		{"a pipe is written", put(dir + "/fifo"), ErrNotRegular},
		{"a long name is made a folder", s.Mkdir(t.Context(), dir+"/"+long, 0), ErrNameTooLong},
		{"a long name is uploaded to", put(dir + "/" + long), ErrNameTooLong},
		{"a long name is renamed to", s.RenameNew(t.Context(), dir+"/f", dir+"/"+long), ErrNameTooLong},
		{"a long path is made a folder", s.Mkdir(t.Context(), dir+strings.Repeat("/x", 2100), 0), ErrNameTooLong},
		{"a folder is made over a file", s.Mkdir(t.Context(), dir+"/f", 0), fs.ErrExist},
		{"a folder is made in a file", s.Mkdir(t.Context(), dir+"/f/d", 0), fs.ErrNotExist},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var e *SFTPError
			if !errors.Is(tc.err, tc.want) || !errors.As(tc.err, &e) {
				t.Errorf("got %v", tc.err)
			}
		})
	}
}

// diskServer has nothing but a file system, and refuses to make files.
func diskServer(blocks, inodes uint64) func(sshtest.SFTPRequest) []byte {
	return func(r sshtest.SFTPRequest) []byte {
		switch r.Kind {
		case fxpStat, fxpLstat:
			return r.Status(StatusNoSuchFile, "")
		case fxpExtended:
			var body []byte
			for _, v := range []uint64{4096, 4096, 1 << 30, blocks, blocks, 1000, inodes, inodes, 1, 0, 255} {
				body = putUint64(body, v)
			}
			return sshtest.SFTPPacket(fxpExtendedReply, r.ID, body)
		}
		return r.Status(StatusFailure, "Failure")
	}
}

func TestAFullDiskIsNamedWhateverWasToBeMade(t *testing.T) {
	for name, do := range map[string]func(context.Context, *SFTP) error{
		"a folder": func(ctx context.Context, s *SFTP) error { return s.Mkdir(ctx, "/d", 0) },
		"a link":   func(ctx context.Context, s *SFTP) error { return s.Symlink(ctx, "x", "/d/l") },
		"a file": func(ctx context.Context, s *SFTP) error {
			_, err := s.Put(ctx, "f", strings.NewReader("x"), Transfer{})
			return err
		},
	} {
		for _, tc := range []struct {
			name           string
			blocks, inodes uint64
			full           bool
		}{
			{"no block is left", 0, 10, true},
			{"no inode is left", 10, 0, true},
			{"there is room, so it is something else", 10, 10, false},
		} {
			t.Run(name+": "+tc.name, func(t *testing.T) {
				connected(t, sshtest.SFTP(diskServer(tc.blocks, tc.inodes), extStatVFS), func(t *testing.T, c *Client, _ *sshtest.Server) {
					s, err := c.SFTP(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					defer s.Close()
					if err := do(t.Context(), s); statusOf(err) != StatusFailure || errors.Is(err, ErrNoSpace) != tc.full {
						t.Errorf("got %v", err)
					}
				})
			})
		}
	}
}
