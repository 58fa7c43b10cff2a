//go:build !unix

package proxy

import (
	"net"

	"github.com/wasmiko/wasmiko/netconn"
)

// fromServer reads from the target's TCP connection, with a buffer of its own
// that costs it memory while there is nothing to read.
type fromServer struct {
	conn *net.TCPConn
	to   *netconn.Conn
	buf  []byte
}

func newFromServer(conn *net.TCPConn, to *netconn.Conn) *fromServer {
	return &fromServer{conn, to, make([]byte, 4<<10)}
}

func (s *fromServer) next() (m netconn.Message, n int, err error) {
	if n, err = s.conn.Read(s.buf); n > 0 {
		m = s.to.BorrowMessage()
		copy(m.Bytes(), s.buf[:n])
	}
	return m, n, err
}
