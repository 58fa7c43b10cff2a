package proxy

import (
	"errors"
	"io"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/wasmiko/wasmiko/netconn"
)

// readError tells a failed read from a failed write.
type readError struct{ err error }

func (e *readError) Error() string { return e.err.Error() }
func (e *readError) Unwrap() error { return e.err }

// A message costs a browser the same whatever it holds. Bytes that come in a
// flow, in reads from flowing upward, are therefore left to gather for a moment,
// unless a read has brought plenty. What a key brings back never waits.
const (
	flowing = 16 << 10
	plenty  = 192 << 10
	gather  = 400 * time.Microsecond
)

// pump copies until src ends.
func pump(dst *netconn.Conn, src *fromServer, count *atomic.Int64) error {
	for {
		m, n, err := src.next()
		if n > 0 {
			if err := dst.WriteMessage(m, n); err != nil {
				return err
			}
			count.Add(int64(n))
			runtime.Gosched() // so that it is sent from here, out of this core's cache
			if n >= flowing && n < plenty {
				time.Sleep(gather)
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return &readError{err}
		}
	}
}

// counted counts what it writes.
type counted struct {
	to    io.Writer
	count *atomic.Int64
}

func (c counted) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.count.Add(int64(n))
	return n, err
}
