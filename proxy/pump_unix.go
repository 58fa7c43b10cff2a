//go:build unix

package proxy

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

// fromServer reads from the target's TCP connection. What it gives is good until
// release.
type fromServer struct {
	conn *net.TCPConn
	raw  syscall.RawConn // made at the first read
}

func newFromServer(conn *net.TCPConn) *fromServer { return &fromServer{conn: conn} }

// next borrows a buffer for each attempt to read and gives it back if there was
// nothing. net.Conn.Read would hold it while it waits.
func (s *fromServer) next() (p []byte, release func(), err error) {
	if s.raw == nil {
		if s.raw, err = s.conn.SyscallConn(); err != nil {
			return nil, nil, err
		}
	}
	var large *[]byte
	var n int
	waited := s.raw.Read(func(fd uintptr) bool {
		large = largeBuffers.Get().(*[]byte)
		var again bool
		if n, again, err = readNow(fd, *large); again {
			largeBuffers.Put(large)
			large = nil
		}
		return !again
	})
	if waited != nil { // closed, or past its deadline
		return nil, nil, waited
	}
	if n == 0 {
		largeBuffers.Put(large)
		if err == nil {
			err = io.EOF
		}
		return nil, nil, err
	}
	return (*large)[:n], func() { largeBuffers.Put(large) }, nil
}

// readNow reads what a non-blocking socket has; again means that it has nothing
// yet.
func readNow(fd uintptr, p []byte) (n int, again bool, err error) {
	for {
		n, err = syscall.Read(int(fd), p)
		switch {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EAGAIN):
			return 0, true, nil
		default:
			return max(n, 0), false, os.NewSyscallError("read", err)
		}
	}
}
