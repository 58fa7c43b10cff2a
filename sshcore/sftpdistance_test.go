package sshcore

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/wasmiko/wasmiko/sshcore/internal/sshtest"
)

// farConn is a connection on which every byte takes its time, as on a long line
// with all the bandwidth that is wanted.
type farConn struct {
	net.Conn
	in, out *delay
}

// far puts a round trip's time into a connection.
func far(conn net.Conn, rtt time.Duration) net.Conn {
	c := farConn{conn, newDelay(rtt / 2), newDelay(rtt / 2)}
	go func() {
		b := make([]byte, 256<<10)
		for {
			n, err := conn.Read(b)
			c.in.put(b[:n], err)
			if err != nil {
				return
			}
		}
	}()
	go io.Copy(conn, c.out)
	return c
}

func (c farConn) Read(p []byte) (int, error)  { return c.in.Read(p) }
func (c farConn) Write(p []byte) (int, error) { c.out.put(p, nil); return len(p), nil }

func (c farConn) Close() error {
	c.out.put(nil, net.ErrClosed)
	return c.Conn.Close()
}

// delay hands out what was put in, some time later.
type delay struct {
	by    time.Duration
	mu    sync.Mutex
	added sync.Cond
	held  []parcel
}

type parcel struct {
	due  time.Time
	data []byte
	err  error
}

func newDelay(by time.Duration) *delay {
	d := &delay{by: by}
	d.added.L = &d.mu
	return d
}

func (d *delay) put(b []byte, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.held = append(d.held, parcel{time.Now().Add(d.by), bytes.Clone(b), err})
	d.added.Signal()
}

func (d *delay) Read(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.held) == 0 {
		d.added.Wait()
	}
	if wait := time.Until(d.held[0].due); wait > 0 {
		d.mu.Unlock()
		time.Sleep(wait)
		d.mu.Lock()
	}
	head := &d.held[0]
	n := copy(p, head.data)
	if head.data = head.data[n:]; len(head.data) > 0 || head.err == nil {
		if len(head.data) == 0 {
			d.held = d.held[1:]
		}
		return n, nil
	}
	return n, head.err
}

// BenchmarkSFTPDistance moves files over long lines: enough has to be on the way
// at a time, up to the 2 MiB that a channel's window lets through a round trip.
// The figure "of-window" is the share of that bound.
func BenchmarkSFTPDistance(b *testing.B) {
	srv := sshtest.StartOpenSSH(b, "Subsystem sftp internal-sftp")
	path := b.TempDir() + "/f"
	for _, rtt := range []time.Duration{time.Millisecond, 20 * time.Millisecond, 100 * time.Millisecond, 300 * time.Millisecond} {
		cfg := realConfig(srv)
		cfg.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			var d net.Dialer
			conn, err := d.DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return far(conn, rtt), nil
		}
		c, err := Dial(b.Context(), srv.Addr, cfg)
		if err != nil {
			b.Fatal(err)
		}
		s, err := c.SFTP(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		const size = 32 << 20
		data := randomBytes(size)
		move := func(name string, do func() (int64, error)) {
			b.Run(fmt.Sprintf("%s/%v", name, rtt), func(b *testing.B) {
				b.SetBytes(size)
				for b.Loop() {
					if n, err := do(); n != size || err != nil {
						b.Fatal(n, err)
					}
				}
				window := 2 * float64(1<<20) / rtt.Seconds()
				b.ReportMetric(float64(b.N)*size/b.Elapsed().Seconds()/window, "of-window")
			})
		}
		move("up", func() (int64, error) { return s.Put(b.Context(), path, bytes.NewReader(data), Transfer{}) })
		move("down", func() (int64, error) { return s.Download(b.Context(), path, io.Discard, Transfer{}) })
		c.Close()
	}
}
