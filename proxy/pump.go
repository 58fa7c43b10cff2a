package proxy

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
)

const (
	smallRead = 8 << 10   // what an idle session holds for each direction
	largeRead = 256 << 10 // what a busy one borrows
)

var largeBuffers = sync.Pool{New: func() any { b := make([]byte, largeRead); return &b }}

// readError tells a failed read from a failed write.
type readError struct{ err error }

func (e *readError) Error() string { return e.err.Error() }
func (e *readError) Unwrap() error { return e.err }

// pump copies until src ends. It is not io.Copy, which would let a TCPConn
// choose a small buffer of its own. A large one is borrowed only while there
// is much to read, because most sessions are idle most of the time.
func pump(dst io.Writer, src io.Reader, count *atomic.Int64) error {
	small := make([]byte, smallRead)
	var large *[]byte
	release := func() {
		if large != nil {
			largeBuffers.Put(large)
			large = nil
		}
	}
	defer release()
	for {
		buf := small
		if large != nil {
			buf = *large
		}
		n, err := src.Read(buf)
		if n > 0 {
			if _, err := dst.Write(buf[:n]); err != nil {
				return err
			}
			count.Add(int64(n))
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return &readError{err}
		case n == len(small) && large == nil:
			large = largeBuffers.Get().(*[]byte)
		case n < 4*smallRead:
			release()
		}
	}
}
