package proxy

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// Most sessions are idle most of the time, so that what an idle one holds
// decides how many a relay can carry. A large buffer is therefore borrowed
// when there is something to read, and not while waiting for it.
const largeRead = 256 << 10

var largeBuffers = sync.Pool{New: func() any { b := make([]byte, largeRead); return &b }}

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
func pump(dst io.Writer, src *fromServer, count *atomic.Int64) error {
	for {
		p, release, err := src.next()
		if len(p) > 0 {
			_, failed := dst.Write(p)
			release()
			if failed != nil {
				return failed
			}
			count.Add(int64(len(p)))
			if err == nil && len(p) >= flowing && len(p) < plenty {
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
