package sshcore

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/wasmiko/wasmiko/sshcore/internal/sshtest"
)

// randomBytes are the same for a size in each run.
func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

// openSFTP starts a real OpenSSH with its own SFTP server.
func openSFTP(t testing.TB, config ...string) (*SFTP, *sshtest.OpenSSH) {
	t.Helper()
	return openSFTPWith(t, append(config, "Subsystem sftp internal-sftp")...)
}

// openSFTPWith leaves the subsystem to config.
func openSFTPWith(t testing.TB, config ...string) (*SFTP, *sshtest.OpenSSH) {
	t.Helper()
	srv := sshtest.StartOpenSSH(t, config...)
	return sftpTo(t, srv), srv
}

// eachWay runs a test with SFTP and with a shell in its place, at a real OpenSSH.
func eachWay(t *testing.T, test func(t *testing.T, s *SFTP)) {
	t.Run("by SFTP", func(t *testing.T) {
		s, _ := openSFTP(t)
		test(t, s)
	})
	t.Run("by a shell", func(t *testing.T) {
		_, c, _ := real(t)
		s, err := c.ShellSFTP(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		test(t, s)
	})
}

func sftpTo(t testing.TB, srv *sshtest.OpenSSH) *SFTP {
	t.Helper()
	c, err := Dial(t.Context(), srv.Addr, &Config{User: srv.User, Auth: []Auth{PublicKeys(srv.Key)}, HostKeys: anyKey{}})
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

func TestFilesArriveWhole(t *testing.T) {
	s, _ := openSFTP(t)
	dir := t.TempDir()
	for _, size := range []int{0, 1, 32<<10 - 1, 32 << 10, 32<<10 + 1, 64<<10 - 1, 64 << 10, 64<<10 + 1, 1<<20 + 3, 64 << 20} {
		t.Run(fmt.Sprintf("%d bytes", size), func(t *testing.T) {
			data := randomBytes(size)
			path := filepath.Join(dir, fmt.Sprint(size))
			when := time.Unix(1_700_000_000, 0)
			n, err := s.Upload(t.Context(), path, bytes.NewReader(data), Transfer{Mode: 0o640, Mtime: when, Sync: true})
			if err != nil || n != int64(size) {
				t.Fatalf("upload: %d, %v", n, err)
			}
			got, err := os.ReadFile(path)
			if err != nil || !bytes.Equal(got, data) {
				t.Fatalf("the server has %d other bytes (%v)", len(got), err)
			}
			if e, err := s.Stat(t.Context(), path); err != nil || e.Mode != 0o640 || !e.Mtime.Equal(when) || e.Size != int64(size) {
				t.Errorf("stat: %+v, %v", e, err)
			}
			h := sha256.New()
			n, err = s.Download(t.Context(), path, h, Transfer{})
			if want := sha256.Sum256(data); err != nil || n != int64(size) || !bytes.Equal(h.Sum(nil), want[:]) {
				t.Errorf("download: %d, %v", n, err)
			}
		})
	}
}

func FuzzSFTPAnswers(f *testing.F) {
	answer := sshtest.SFTPRequest{ID: 1}
	for _, seed := range [][]byte{
		answer.Names(aFile, "a", "..", "x/y"), answer.Attrs(1<<63, aDir), answer.Data([]byte("data")),
		answer.Handle("h"), answer.Status(StatusFailure, "no"), {0xff, 0xff, 0xff, 0xff, fxpData},
		sshtest.SFTPPacket(fxpAttrs, 1, []byte("\x80\x00\x00\x00\xff\xff\xff\xff")),
		sshtest.SFTPPacket(fxpName, 1, []byte("\xff\xff\xff\xff\xff\xff\xff\xff")),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		into := make([]byte, 16)
		c := &sftpConn{in: bufio.NewReader(bytes.NewReader(stream)), places: make(chan struct{}, 8), waiting: map[uint32]*request{}}
		reqs := []*request{newRequest(newPacket(fxpReaddir)), newRequest(newPacket(fxpRead)), newRequest(newPacket(fxpStat))}
		reqs[1].into = into[:8]
		for _, r := range reqs {
			c.places <- struct{}{}
			c.register(r)
			r.sent = true
		}
		for c.readAnswer() == nil {
		}
		if !bytes.Equal(into[8:], make([]byte, 8)) {
			t.Error("written behind what was asked for")
		}
		for _, r := range reqs {
			select {
			case <-r.answered:
				decodeAll(t, r)
			default:
			}
		}
	})
}

// decodeAll decodes an answer as everything that it could be.
func decodeAll(t *testing.T, r *request) {
	attrs := fields{rest: r.body}
	if e := attrs.takeAttrs(); e.Size < 0 {
		t.Errorf("a size of %d", e.Size)
	}
	vfs := fields{rest: r.body}
	vfs.takeVFS()
	d := &Dir{page: fields{rest: r.body}}
	for d.left = d.page.uint32(); d.left > 0 && !d.page.bad; {
		name, long := d.page.string(), d.page.string()
		longnameOwners(long)
		d.page.takeAttrs()
		if goodName(name) && childPath("dir", name) != "dir/"+name {
			t.Errorf("%q leads elsewhere", name)
		}
		d.left--
	}
}
