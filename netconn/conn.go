package netconn

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	ackDelay     = 50 * time.Millisecond // received bytes are acknowledged within it
	pingEvery    = 20 * time.Second      // by the relay; below the usual 60 s of load balancers
	deadAfter    = 45 * time.Second      // of silence
	sendWait     = 30 * time.Second      // for one message
	flushWait    = time.Second           // for what was written before Close
	highWater    = 1 << 20               // bytes in the socket at which sending stops
	drainedCheck = 4 * time.Millisecond  // between looks at a socket over highWater
	quiet        = 5 * time.Second       // without an answer to bytes, then a client asks for one
	patience     = 5 * time.Second       // for that answer
	wakeWait     = time.Second / 2       // the same, when the network may have changed
)

// errWriteClosed is what Write returns after CloseWrite.
var errWriteClosed = errors.New("netconn: write after CloseWrite")

// Conn is a net.Conn through a relay to its target. All methods are safe for
// concurrent use. The package comment lists what is unlike a TCP connection.
type Conn struct {
	side     role
	target   Addr
	route    string
	back     comeback // nil if the connection cannot be resumed
	onGoAway func(time.Duration)
	onPanic  func(any) // nil: a panic is not caught
	resumed  atomic.Int64

	writing sync.Mutex // one Write at a time, so that none is torn by another

	mu                           sync.Mutex
	readable, writable, sendable sync.Cond
	core                         *stream
	memory                       *Memory // nil: it holds what the windows allow
	holdsOut, holdsIn            int64   // of memory
	lent                         int64   // beside that: what a writer of WriteTo's has
	starved                      bool    // it waits for memory
	link                         *link   // nil while away
	readBy, writeBy              deadline
	closed                       bool
	ended                        *ending
	ackTimer, watch, pinger      *time.Timer
	pings                        uint64
	ackArmed                     bool
	probe                        probe
	pace                         pace
	flush                        *time.Timer // runs from the ending on

	sent chan struct{} // closed when the last message was sent
}

// comeback is what becomes of a connection without a transport: a client dials
// again, a relay waits. Both methods are called with the lock held.
type comeback interface {
	away(c *Conn) // the transport was lost
	over()        // the connection has ended
}

// ending is how a connection ends. The first one counts.
type ending struct {
	err      error // for Read, when nothing is left to read, and Write
	code     Code  // for the WebSocket, with reason
	reason   string
	farewell []byte // the last message
	torn     bool   // do not send what is still queued
	unsent   bool   // bytes that were written could not be sent
}

// newConn makes a Conn that has no transport yet: run gives it the first.
func newConn(side role, target Addr, core *stream, memory *Memory, back comeback) *Conn {
	c := &Conn{
		side: side, target: target, core: core, back: back,
		memory: memory,
		sent:   make(chan struct{}),
	}
	c.readable.L, c.writable.L, c.sendable.L = &c.mu, &c.mu, &c.mu
	c.readBy = deadline{lock: &c.mu, wake: &c.readable}
	c.writeBy = deadline{lock: &c.mu, wake: &c.writable}
	c.narrow()
	c.makeTimers()
	return c
}

// Done is closed when the connection has ended and nothing more will be sent.
func (c *Conn) Done() <-chan struct{} { return c.sent }

// Read takes received bytes. What arrived before the connection was lost is
// still given; then the reason, a *Error. io.EOF comes only after the other
// side's FIN.
func (c *Conn) Read(p []byte) (int, error) {
	return c.received(func() int { return c.core.read(p) }, len(p) > 0)
}

// WriteTo gives received bytes to w as they come, until the other side's FIN. It
// has no buffer, and makes no copy: w gets the messages themselves.
func (c *Conn) WriteTo(w io.Writer) (written int64, err error) {
	for {
		var p piece
		_, err := c.received(func() int {
			if p = c.core.take(); p.rest != nil {
				c.lent = max(costOf(p.rest), costOf(p.message))
			}
			return len(p.rest)
		}, true)
		if err == io.EOF {
			return written, nil
		}
		if err != nil {
			return written, err
		}
		n, err := w.Write(p.rest)
		written += int64(n)
		giveBack(p.message)
		if err != nil {
			return written, err
		}
	}
}

// received waits until take gets bytes out of the stream, or for the reason why
// it never will; it does not wait for none.
func (c *Conn) received(take func() int, wait bool) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		switch {
		case c.closed:
			return 0, net.ErrClosed
		case c.readBy.passed:
			return 0, os.ErrDeadlineExceeded
		case !wait:
			return 0, nil
		}
		c.narrow()
		c.lent = 0
		n := take()
		c.settle(0, 0)
		if n > 0 {
			if c.core.ackNow {
				c.sendable.Signal()
			}
			return n, nil
		}
		switch {
		case c.core.eof():
			return 0, io.EOF
		case c.ended != nil:
			return 0, c.ended.err
		}
		c.readable.Wait()
	}
}

// Write queues p. It waits while the other side's credit, or the socket, has no
// room, and returns how many bytes were queued when it failed.
func (c *Conn) Write(p []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	for done := 0; ; {
		if err := c.writeErr(); err != nil {
			return done, err
		}
		n := c.write(p[done:])
		if done += n; n > 0 {
			c.expectAnswer()
		}
		if n > 0 || c.core.wanting {
			c.sendable.Signal()
		}
		if done == len(p) {
			return done, nil
		}
		c.writable.Wait()
	}
}

func (c *Conn) writeErr() error {
	switch {
	case c.closed:
		return net.ErrClosed
	case c.writeBy.passed:
		return os.ErrDeadlineExceeded
	case c.core.finWritten:
		return errWriteClosed
	case c.ended != nil:
		return c.ended.err
	}
	return nil
}

// CloseWrite tells the other side that no more bytes will follow those that were
// written. Reading goes on.
func (c *Conn) CloseWrite() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return net.ErrClosed
	case c.core.finWritten:
		return nil
	case c.ended != nil:
		return c.ended.err
	}
	c.core.closeWrite()
	c.sendable.Signal()
	c.writable.Broadcast()
	return nil
}

// Close makes every call return, sends what was written and FIN within a second,
// and closes the WebSocket. If bytes could not be sent, then or before, it returns
// an error. A second Close does nothing.
func (c *Conn) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.core.closeWrite()
	c.end(ending{err: net.ErrClosed, code: CodeNormal})
	e := c.shut()
	c.mu.Unlock()
	<-c.sent
	return c.flushed(e)
}

// Abort ends the connection with an error that the other side's calls return:
// for instance CodeReset when the target has reset. What was written goes out
// first, as with Close.
func (c *Conn) Abort(code Code, text string) error {
	c.mu.Lock()
	c.end(ending{err: net.ErrClosed, code: code, reason: text, farewell: appendError(nil, code, text)})
	e := c.shut()
	c.mu.Unlock()
	<-c.sent
	return c.flushed(e)
}

// shut makes the calls of this side return. The lock is held.
func (c *Conn) shut() *ending {
	c.closed = true
	c.core.unread, c.lent = nil, 0
	c.settle(0, 0)
	c.readBy.set(time.Time{})
	c.writeBy.set(time.Time{})
	c.readable.Broadcast()
	c.writable.Broadcast()
	return c.ended
}

func (c *Conn) flushed(e *ending) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.unsent {
		return &Error{Code: CodeLost, Err: errors.New("not all that was written could be sent")}
	}
	return nil
}

// GoAway tells the client that the relay will end the connection after a while.
// Only the relay's side may.
func (c *Conn) GoAway(after time.Duration) error {
	if c.side != server {
		return protocolError("GOAWAY is the relay's to send")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	c.sendControl(appendGoAway(nil, uint32(min(max(after.Milliseconds(), 0), 1<<32-1))))
	return nil
}

// Stats returns how many bytes came in from the other side, and how many have
// arrived there.
func (c *Conn) Stats() (in, out uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.core.rx, c.core.acked
}

// Route returns the relay's label for itself, from OPENED. It may be empty.
func (c *Conn) Route() string { return c.route }

// LocalAddr returns an address that only names the network.
func (c *Conn) LocalAddr() net.Addr { return Addr{} }

// RemoteAddr returns the target that was asked for. Which IP address the relay
// chose is not known here.
func (c *Conn) RemoteAddr() net.Addr { return c.target }

// SetDeadline sets both deadlines.
func (c *Conn) SetDeadline(t time.Time) error { return c.setDeadlines(t, &c.readBy, &c.writeBy) }

// SetReadDeadline bounds Read, also one that waits already. It does not touch
// the connection: after a later deadline was set, Read goes on without loss.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.setDeadlines(t, &c.readBy) }

// SetWriteDeadline bounds Write in the same way. Write tells how many bytes it
// had queued; those will be sent.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.setDeadlines(t, &c.writeBy) }

func (c *Conn) setDeadlines(t time.Time, ds ...*deadline) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	for _, d := range ds {
		d.set(t)
	}
	return nil
}
