//go:build !unix

package proxy

import (
	"net"

	"github.com/wasmiko/wasmiko/netconn"
)

// fromServer reads from the target's TCP connection, with a buffer of its own
// that costs it memory while there is nothing to read.
type fromServer struct {
	conn   *net.TCPConn
	memory *netconn.Memory
	buf    []byte
}

func newFromServer(conn *net.TCPConn, memory *netconn.Memory) *fromServer {
	return &fromServer{conn, memory, make([]byte, 4<<10)}
}

func (s *fromServer) next() (m netconn.Message, n int, err error) {
	if n, err = s.conn.Read(s.buf); n > 0 {
		m = netconn.BorrowMessage(s.memory)
		copy(m.Bytes(), s.buf[:n])
	}
	return m, n, err
}
