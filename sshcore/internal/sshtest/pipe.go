package sshtest

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// Pipe returns the two ends of a buffered connection in memory. Other than
// net.Pipe, a Write does not wait for its Read: both sides of SSH speak first.
func Pipe() (client, server *Conn) {
	up, down := newQueue(), newQueue()
	return &Conn{in: down, out: up}, &Conn{in: up, out: down}
}

// Conn is an end of a Pipe. It has no deadlines.
type Conn struct{ in, out *queue }

func (c *Conn) Read(p []byte) (int, error)  { return c.in.read(p) }
func (c *Conn) Write(p []byte) (int, error) { return c.out.write(p) }

// Close ends both directions; the peer reads what is left, then io.EOF, and
// can write no more.
func (c *Conn) Close() error {
	c.in.close(net.ErrClosed)
	c.out.close(io.EOF)
	return nil
}

// CloseWrite ends one direction: the peer reads what is left, then io.EOF.
func (c *Conn) CloseWrite() error {
	c.out.close(io.EOF)
	return nil
}

func (c *Conn) LocalAddr() net.Addr  { return addr{} }
func (c *Conn) RemoteAddr() net.Addr { return addr{} }

func (c *Conn) SetDeadline(time.Time) error      { return os.ErrNoDeadline }
func (c *Conn) SetReadDeadline(time.Time) error  { return os.ErrNoDeadline }
func (c *Conn) SetWriteDeadline(time.Time) error { return os.ErrNoDeadline }

type addr struct{}

func (addr) Network() string { return "memory" }
func (addr) String() string  { return "memory" }

// maxQueue is when a writer has to wait, as it has to on a TCP connection.
const maxQueue = 256 << 10

type queue struct {
	mu      sync.Mutex
	changed sync.Cond
	buf     []byte
	end     error
}

func newQueue() *queue {
	q := new(queue)
	q.changed.L = &q.mu
	return q
}

func (q *queue) read(p []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.buf) == 0 && q.end == nil {
		q.changed.Wait()
	}
	if q.end != nil && (len(q.buf) == 0 || q.end == net.ErrClosed) {
		return 0, q.end
	}
	n := copy(p, q.buf)
	q.buf = q.buf[n:]
	q.changed.Broadcast()
	return n, nil
}

func (q *queue) write(p []byte) (n int, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(p) > 0 {
		for len(q.buf) >= maxQueue && q.end == nil {
			q.changed.Wait()
		}
		if q.end != nil {
			return n, io.ErrClosedPipe
		}
		k := min(len(p), maxQueue-len(q.buf))
		q.buf = append(q.buf, p[:k]...)
		n, p = n+k, p[k:]
		q.changed.Broadcast()
	}
	return n, nil
}

func (q *queue) close(end error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.end == nil || end == net.ErrClosed {
		q.end = end
	}
	q.changed.Broadcast()
}
