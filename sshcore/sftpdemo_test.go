package sshcore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/wasmiko/wasmiko/sshcore/internal/sshtest"
	"github.com/wasmiko/wasmiko/sshcore/server/demo"
)

// demoSFTP logs in to the demo server.
func demoSFTP(t *testing.T) *SFTP {
	t.Helper()
	d, err := demo.Start(t.Context(), demo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	foo := Password(func(context.Context, Ask) ([]byte, error) { return []byte("foo"), nil })
	c, err := Dial(t.Context(), d.Addr().String(), &Config{User: "robey", Auth: []Auth{foo}, HostKeys: anyKey{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	s, err := c.SFTP(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheDemoServersFiles(t *testing.T) {
	s := demoSFTP(t)
	ctx := t.Context()
	data := randomBytes(3<<20 + 7)
	if n, err := s.Put(ctx, "/upload/f", bytes.NewReader(data), Transfer{Mtime: time.Unix(1e9, 0)}); n != int64(len(data)) || err != nil {
		t.Fatal(n, err)
	}
	var got bytes.Buffer
	if n, err := s.Download(ctx, "/upload/f", &got, Transfer{Offset: 1}); err != nil || !bytes.Equal(got.Bytes(), data[1:]) {
		t.Errorf("download: %d, %v", n, err)
	}
	if err := s.MkdirAll(ctx, "/upload/a/b/c", 0); err != nil {
		t.Error(err)
	}
	for i := range 200 {
		if _, err := s.Upload(ctx, fmt.Sprintf("/upload/a/b/%d", i), strings.NewReader("x"), Transfer{}); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	for _, err := range s.List(ctx, "/upload/a/b") {
		if n++; err != nil {
			t.Fatal(err)
		}
	}
	if n != 201 {
		t.Errorf("%d entries", n)
	}
	if err := s.RemoveAll(ctx, "/upload/a", nil); err != nil {
		t.Error(err)
	}
	if _, err := s.Stat(ctx, "/upload/a"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if err := s.Copy(ctx, "/upload/f", "/upload/g", nil); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("copy: %v", err)
	}
}

func TestAFullDiskIsNamed(t *testing.T) {
	for _, tc := range []struct {
		name string
		free uint64 // in blocks of 4 KiB
		err  error
	}{
		{"nothing is left", 0, ErrNoSpace},
		{"too little is left for what is on its way", 100, ErrNoSpace},
		{"there is room, so it is something else", 1 << 20, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			serve := sshtest.SFTP(func(r sshtest.SFTPRequest) []byte {
				switch r.Kind {
				case fxpStat, fxpLstat:
					return r.Status(StatusNoSuchFile, "")
				case fxpOpen:
					return r.Handle("h")
				case fxpWrite:
					return r.Status(StatusFailure, "Failure")
				case fxpExtended:
					var body []byte
					for _, v := range []uint64{4096, 4096, 1 << 30, tc.free, tc.free, 9, 9, 9, 1, 0, 255} {
						body = putUint64(body, v)
					}
					return sshtest.SFTPPacket(fxpExtendedReply, r.ID, body)
				}
				return r.Status(StatusOK, "")
			}, extStatVFS)
			connected(t, serve, func(t *testing.T, c *Client, _ *sshtest.Server) {
				s, err := c.SFTP(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				n, err := s.Put(t.Context(), "/f", io.LimitReader(zeros{}, 1<<20), Transfer{})
				if n != 0 || statusOf(err) != StatusFailure || errors.Is(err, ErrNoSpace) != (tc.err != nil) {
					t.Errorf("%d bytes, %v", n, err)
				}
			})
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// A server whose write in the middle fails must not be left with a gap that
// looks like a whole file.
func TestAGapIsCutOff(t *testing.T) {
	const bad = 5 // of the writes, from 0
	var cut uint64
	writes := 0
	withSFTP(t, func(r sshtest.SFTPRequest) []byte {
		switch r.Kind {
		case fxpStat:
			return r.Status(StatusNoSuchFile, "")
		case fxpOpen:
			return r.Handle("h")
		case fxpWrite:
			if writes++; writes == bad+1 {
				return r.Status(StatusFailure, "Failure")
			}
		case fxpFsetstat:
			f := fields{rest: r.Body}
			f.string()
			f.uint32()
			cut = f.uint64()
		}
		return r.Status(StatusOK, "")
	}, func(t *testing.T, s *SFTP) {
		n, err := s.Upload(t.Context(), "f", io.LimitReader(zeros{}, 1<<20), Transfer{})
		if n != bad*writeSize || statusOf(err) != StatusFailure {
			t.Errorf("%d bytes, %v", n, err)
		}
		if cut != bad*writeSize {
			t.Errorf("cut off at %d", cut)
		}
	})
}

// nameServer has names, and renames without posix-rename@openssh.com.
type nameServer struct {
	names map[string]string // to what they hold
	fail  string            // the target of a rename that is refused
}

func (n *nameServer) answer(r sshtest.SFTPRequest) []byte {
	switch r.Kind {
	case fxpLstat:
		if _, ok := n.names[r.Path()]; !ok {
			return r.Status(StatusNoSuchFile, "")
		}
		return r.Attrs(1, aFile)
	case fxpRemove:
		delete(n.names, r.Path())
	case fxpRename:
		from, to := r.Paths()
		if _, taken := n.names[to]; taken || to == n.fail && from == "new" {
			return r.Status(StatusFailure, "")
		}
		n.names[to] = n.names[from]
		delete(n.names, from)
	}
	return r.Status(StatusOK, "")
}

func TestReplaceWithoutPosixRename(t *testing.T) {
	for _, tc := range []struct {
		name  string
		files map[string]string
		fail  string
		want  map[string]string
		ok    bool
	}{
		{"the name is free", map[string]string{"new": "n"}, "", map[string]string{"f": "n"}, true},
		{"the name is taken", map[string]string{"new": "n", "f": "o"}, "", map[string]string{"f": "n"}, true},
		{"the last step fails, and the old file is put back", map[string]string{"new": "n", "f": "o"}, "f", map[string]string{"new": "n", "f": "o"}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			srv := &nameServer{names: tc.files, fail: tc.fail}
			withSFTP(t, srv.answer, func(t *testing.T, s *SFTP) {
				err := s.Replace(t.Context(), "new", "f")
				if (err == nil) != tc.ok || fmt.Sprint(srv.names) != fmt.Sprint(tc.want) {
					t.Errorf("%v, and there are %v", err, srv.names)
				}
			})
		})
	}
}
