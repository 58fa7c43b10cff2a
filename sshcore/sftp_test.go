package sshcore

import (
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
	srv := sshtest.StartOpenSSH(t, append(config, "Subsystem sftp internal-sftp")...)
	return sftpTo(t, srv), srv
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
