//go:build unix

package proxy

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/wasmiko/wasmiko/netconn"
)

// fromServer reads from the target's TCP connection.
type fromServer struct {
	conn *net.TCPConn
	to   *netconn.Conn
	raw  syscall.RawConn // made at the first read
}

func newFromServer(conn *net.TCPConn, to *netconn.Conn) *fromServer {
	return &fromServer{conn: conn, to: to}
}

// next gives n bytes in a message. Most sessions are idle most of the time, so
// that what an idle one holds decides how many a relay can carry: a message is
// borrowed for each attempt to read, and given back if there was nothing.
// net.Conn.Read would hold it while it waits.
func (s *fromServer) next() (m netconn.Message, n int, err error) {
	if s.raw == nil {
		if s.raw, err = s.conn.SyscallConn(); err != nil {
			return m, 0, err
		}
	}
	waited := s.raw.Read(func(fd uintptr) bool {
		m = s.to.BorrowMessage()
		var again bool
		if n, again, err = readNow(fd, m.Bytes()); again {
			m.Release()
		}
		return !again
	})
	if waited != nil { // closed, or past its deadline
		return m, 0, waited
	}
	if n == 0 {
		m.Release()
		if err == nil {
			err = io.EOF
		}
	}
	return m, n, err
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
