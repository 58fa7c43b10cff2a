package sshcore

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"testing"

	"github.com/wasmiko/wasmiko/sshcore/internal/sshtest"
)

// cutConn breaks after a number of bytes, in both directions together.
type cutConn struct {
	net.Conn
	left *atomic.Int64
}

func (c cutConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.spend(n)
	return n, err
}

// Write succeeds when it breaks the connection, as it does on a real one.
func (c cutConn) Write(p []byte) (int, error) {
	if left := c.left.Load(); left < int64(len(p)) { // in the middle of a packet
		c.Conn.Write(p[:max(left, 0)])
		c.spend(len(p))
		return len(p), nil
	}
	n, err := c.Conn.Write(p)
	c.spend(n)
	return n, err
}

func (c cutConn) spend(n int) {
	if c.left.Add(-int64(n)) <= 0 {
		c.Close()
	}
}

// cutting connects, for as long as the budget of bytes lasts.
func cutting(t *testing.T, srv *sshtest.OpenSSH, budget int64) (*SFTP, error) {
	t.Helper()
	left := new(atomic.Int64)
	left.Store(budget)
	cfg := realConfig(srv)
	cfg.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		var d net.Dialer
		conn, err := d.DialContext(ctx, network, addr)
		return cutConn{conn, left}, err
	}
	c, err := Dial(t.Context(), srv.Addr, cfg)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { c.Close() })
	return c.SFTP(t.Context())
}

// TestTransfersSurviveCuts cuts the connection twenty times in mid-transfer,
// wherever that falls, and goes on from where the transfer got to.
func TestTransfersSurviveCuts(t *testing.T) {
	const size, cuts = 24 << 20, 20
	srv := sshtest.StartOpenSSH(t, "Subsystem sftp internal-sftp")
	path := t.TempDir() + "/f"
	data := randomBytes(size)
	for _, tc := range []struct {
		name string
		step func(s *SFTP, offset int64) (int64, error)
		got  func() []byte
	}{
		{"up", func(s *SFTP, offset int64) (int64, error) {
			return s.Put(t.Context(), path, bytes.NewReader(data[offset:]), Transfer{Offset: offset})
		}, func() []byte { return []byte(slurp(path)) }},
		{"down", nil, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.step == nil {
				var got bytes.Buffer
				tc.step = func(s *SFTP, offset int64) (int64, error) {
					return s.Download(t.Context(), path, &got, Transfer{Offset: offset})
				}
				tc.got = got.Bytes
			}
			done := int64(0)
			for cut := 0; ; cut++ {
				budget := int64(1) << 40
				if cut < cuts {
					budget = 200_000 + rand.Int64N(size/cuts)
				}
				s, err := cutting(t, srv, budget)
				if err != nil {
					t.Fatal(err)
				}
				n, err := tc.step(s, done)
				done += n
				if err == nil {
					break
				}
				var closed *ClosedError
				var e *SFTPError
				if cut >= cuts || !errors.As(err, &closed) || !errors.As(err, &e) {
					t.Fatalf("cut %d, after %d bytes: %v", cut, done, err)
				}
				if tc.name == "up" && len(slurp(path)) != 0 {
					t.Fatal("half a file under its final name")
				}
			}
			if done != size || !bytes.Equal(tc.got(), data) {
				t.Errorf("%d bytes, other than those sent", done)
			}
		})
	}
}
