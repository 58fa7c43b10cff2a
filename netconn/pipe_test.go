package netconn

import (
	"bytes"
	"net"
	"sync"
	"testing"
)

// pipeSocket is one end of a pair of Sockets in memory. It holds two messages
// each way, so that Send waits as for a network.
type pipeSocket struct {
	in, out  chan []byte
	end      *pipeEnd
	buffered func() int
}

// pipeEnd is shared by both ends: the first close ends both ways.
type pipeEnd struct {
	once sync.Once
	done chan struct{}
	err  *CloseError
	by   *pipeSocket
}

func newPipe() (a, b *pipeSocket) {
	x, y := make(chan []byte, 2), make(chan []byte, 2)
	end := &pipeEnd{done: make(chan struct{})}
	return &pipeSocket{in: x, out: y, end: end}, &pipeSocket{in: y, out: x, end: end}
}

func (p *pipeSocket) Send(msg []byte) error {
	select {
	case <-p.end.done:
		return net.ErrClosed
	default:
	}
	select {
	case p.out <- bytes.Clone(msg):
		return nil
	case <-p.end.done:
		return net.ErrClosed
	}
}

func (p *pipeSocket) Receive() ([]byte, error) {
	select {
	case msg := <-p.in:
		return msg, nil
	default:
	}
	select {
	case msg := <-p.in:
		return msg, nil
	case <-p.end.done:
	}
	if p.end.by == p {
		return nil, net.ErrClosed
	}
	// What was sent before the close arrives before it.
	select {
	case msg := <-p.in:
		return msg, nil
	default:
		return nil, p.end.err
	}
}

func (p *pipeSocket) Buffered() int {
	if p.buffered == nil {
		return 0
	}
	return p.buffered()
}

func (p *pipeSocket) Close(code Code, reason string) error {
	p.end.once.Do(func() {
		p.end.err, p.end.by = &CloseError{code, reason}, p
		close(p.end.done)
	})
	return nil
}

// pair makes a client's and a relay's Conn over two sockets.
func pair(t testing.TB, a, b Socket, o Options, ao AcceptOptions) (c, s *Conn) {
	t.Helper()
	ready := make(chan error, 1)
	go func() {
		r, err := Accept(t.Context(), b, ao)
		if err == nil {
			s, err = r.Open("")
		}
		ready <- err
	}()
	c, err := Client(t.Context(), a, Target{Host: "target.example", Port: 22}, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := <-ready; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); s.Close() })
	return c, s
}

func memoryPair(t testing.TB, o Options, ao AcceptOptions) (c, s *Conn) {
	a, b := newPipe()
	return pair(t, a, b, o, ao)
}
