package sshcore

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

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
			// A cut before the first acknowledgement leaves a part, too, which is ours.
			return s.Put(t.Context(), path, bytes.NewReader(data[offset:]), Transfer{Offset: offset, Again: true})
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

// What an upload cuts off before it writes, a busy server may cut off of what the
// next one has written, after a loss. So it cuts at its end, and only what is too
// much.
func TestAResumedUploadCutsAtItsEnd(t *testing.T) {
	eachWay(t, func(t *testing.T, s *SFTP) {
		for _, tc := range []struct {
			name string
			left int // behind the offset
		}{
			{"where the part is shorter than the file", writeSize},
			{"where the part is longer", 9 * writeSize},
		} {
			t.Run(tc.name, func(t *testing.T) {
				path := t.TempDir() + "/f"
				data := string(randomBytes(5 * writeSize))
				const offset = writeSize
				spill(t, path+".part", data[:offset]+strings.Repeat("?", tc.left))
				r, half, open := gated(data[offset:])
				result := make(chan error, 1)
				go func() {
					_, err := s.Put(t.Context(), path, r, Transfer{Offset: offset})
					result <- err
				}()
				<-half
				if got := len(slurp(path + ".part")); got < offset+tc.left {
					t.Errorf("half way the part has %d bytes", got)
				}
				open()
				if err := <-result; err != nil || slurp(path) != data {
					t.Errorf("%d bytes, %v", len(slurp(path)), err)
				}
			})
		}
	})
}

func TestADownloadGoesOnOnlyWithItsOwnFile(t *testing.T) {
	eachWay(t, func(t *testing.T, s *SFTP) {
		dir := t.TempDir()
		data := randomBytes(200_000)
		spill(t, dir+"/f", string(data))
		then := time.Unix(1_700_000_000, 0)
		os.Chtimes(dir+"/f", then, then)
		const at = 150_000
		for _, tc := range []struct {
			name string
			t    Transfer
			err  error
		}{
			{"what is here is the same", Transfer{Tail: data[at-65_536 : at]}, nil},
			{"and so is the file", Transfer{Tail: data[at-10 : at], Known: &Entry{Size: 200_000, Mtime: then, Told: ToldSize | ToldTimes}}, nil},
			{"what is here is not the same", Transfer{Tail: data[at-11 : at-1]}, ErrPartDiffers},
			{"what is here is more than there is", Transfer{Tail: data}, fs.ErrInvalid},
			{"the file was written to", Transfer{Known: &Entry{Mtime: then.Add(time.Second), Told: ToldTimes}}, ErrChanged},
			{"the file has another size", Transfer{Known: &Entry{Size: 200_001, Told: ToldSize}}, ErrChanged},
			{"nothing is known of it", Transfer{Known: &Entry{}}, nil},
		} {
			t.Run(tc.name, func(t *testing.T) {
				tc.t.Offset = at
				var first int64 = -1
				var opened Entry
				tc.t.Progress = func(done, total int64) {
					if first < 0 && total == 50_000 {
						first = done
					}
				}
				tc.t.Opened = func(e Entry) { opened = e }
				var got bytes.Buffer
				_, err := s.Download(t.Context(), dir+"/f", &got, tc.t)
				switch {
				case !errors.Is(err, tc.err):
					t.Errorf("got %v", err)
				case err != nil && got.Len() > 0:
					t.Error("bytes of another file came")
				case err == nil && (!bytes.Equal(got.Bytes(), data[at:]) || first != 0 || opened.Size != 200_000 || opened.Mode != 0o644):
					t.Errorf("%d bytes, progress from %d, of %+v", got.Len(), first, opened)
				}
			})
		}
	})
}
