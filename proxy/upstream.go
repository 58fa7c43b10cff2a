package proxy

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/wasmiko/wasmiko/netconn"
)

// stall is how long a server may take nothing before the client is looked at.
// Tests shorten it.
var stall = 30 * time.Second

var errClientLost = errors.New("the client was lost while the server took no data")

// upstream is the way to the server. It knows two things that a TCPConn does
// not: whether the client is still there while the server takes no data, and
// whether a write has met a reset that a read then does not see.
type upstream struct {
	*net.TCPConn
	client *netconn.Conn

	ended atomic.Bool // the server's direction is at its end
	mu    sync.Mutex  // held during a write
	err   error       // of the write that failed
}

// Write waits as long as the server needs. Nobody reads from the client
// meanwhile, so whether it is still there has to be asked: a Write of nothing
// fails when its connection has ended.
func (u *upstream) Write(p []byte) (int, error) {
	moved := time.Now()
	for done := 0; ; {
		n, err := u.writeOnce(p[done:])
		done += n
		if n > 0 {
			moved = time.Now()
		}
		switch {
		case err == nil || !errors.Is(err, os.ErrDeadlineExceeded):
			return done, err
		case u.ended.Load():
			// The client cannot be asked any more, and a server that has said all
			// it had to say and does not listen has no use for the rest.
			if time.Since(moved) >= stall {
				return done, err
			}
		default:
			if _, err := u.client.Write(nil); err != nil && !u.ended.Load() {
				return done, errClientLost
			}
		}
	}
}

func (u *upstream) writeOnce(p []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	wait := stall
	if u.ended.Load() {
		wait = time.Second // resetUnseen may want the lock
	}
	u.SetWriteDeadline(time.Now().Add(wait))
	n, err := u.TCPConn.Write(p)
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		u.err = err
	}
	return n, err
}

// resetUnseen is asked when a read met the end of the file. A reset is told to
// one system call only: if a write was that one, reads go on to say that the
// stream ended in order, although its rest is lost. After a real end (FIN) the
// reset that a late write provokes is told as EPIPE, and nothing is lost.
func (u *upstream) resetUnseen() error {
	u.ended.Store(true)
	u.SetWriteDeadline(time.Unix(1, 0)) // a write that waits gives the lock free
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.err == nil || errors.Is(u.err, syscall.EPIPE) || errors.Is(u.err, net.ErrClosed) {
		return nil
	}
	return &readError{u.err}
}
