//go:build !unix

package proxy

import "net"

// fromServer reads from the target's TCP connection, with a buffer of its own.
type fromServer struct {
	conn *net.TCPConn
	buf  []byte
}

func newFromServer(conn *net.TCPConn) *fromServer {
	return &fromServer{conn, make([]byte, 32<<10)}
}

func (s *fromServer) next() ([]byte, func(), error) {
	n, err := s.conn.Read(s.buf)
	return s.buf[:n], func() {}, err
}
