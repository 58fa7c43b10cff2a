package netconn

import (
	"errors"
	"runtime"
	"time"
)

// link is a transport of a Conn: the socket and what belongs to it alone.
type link struct {
	sock    Socket
	epoch   uint32
	heard   time.Time
	control [][]byte // RESUMED, PING, PONG, GOAWAY: at most one of each
	err     error    // of a Send
}

// run makes l the transport. The lock is held.
func (c *Conn) run(l *link) {
	l.heard = time.Now()
	c.link = l
	if c.memory != nil {
		c.memory.enter(c)
	}
	c.startTimers()
	c.writable.Broadcast()
	go c.pump(l)
	go c.receive(l)
}

// pump sends what is to be sent until the transport or the connection ends, and
// then closes the socket.
func (c *Conn) pump(l *link) {
	c.spared(func() { c.sendAll(l) })
	c.spared(func() { c.finish(l) })
}

func (c *Conn) sendAll(l *link) {
	patience := time.AfterFunc(sendWait, func() { c.spared(func() { c.tooSlow(l) }) })
	patience.Stop()
	for msg := c.next(l); msg != nil; msg = c.next(l) {
		patience.Reset(sendWait)
		err := l.sock.Send(msg)
		patience.Stop()
		if err != nil {
			c.sendFailed(l, err)
			return
		}
		c.drain(l)
	}
}

// next waits for the next message to send, the last one being sent; nil is the
// end.
func (c *Conn) next(l *link) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link == l {
		c.core.recycle()
	}
	for {
		if c.link != l || c.ended != nil && c.ended.torn {
			return nil
		}
		if len(l.control) > 0 {
			msg := l.control[0]
			l.control = l.control[1:]
			return msg
		}
		if reserved, ok := c.mayPoll(); ok {
			if msg := c.poll(reserved); msg != nil {
				c.pace.sent(c.core.acked, c.core.sent)
				c.writable.Broadcast()
				return msg
			}
		}
		if c.ended != nil {
			msg := c.ended.farewell
			c.ended.farewell = nil
			return msg
		}
		if c.core.done() {
			c.end(ending{err: &Error{Code: CodeNormal}, code: CodeNormal})
			return nil
		}
		c.sendable.Wait()
		// Whoever is about to write more may: a message costs the same whatever
		// it holds.
		c.mu.Unlock()
		runtime.Gosched()
		c.mu.Lock()
	}
}

// drain waits until the socket has room. A browser takes any amount and tells
// only on being asked how much it still holds.
func (c *Conn) drain(l *link) {
	for l.sock.Buffered() > highWater {
		c.mu.Lock()
		over := c.link != l || c.ended != nil && c.ended.torn
		c.mu.Unlock()
		if over {
			return
		}
		time.Sleep(drainedCheck)
	}
}

// sendFailed keeps the error for receive to report: the other side's last words
// may still be on their way in, and say more.
func (c *Conn) sendFailed(l *link, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l.err = err
	if c.ended != nil && c.link == l {
		c.ended.unsent = c.ended.unsent || c.core.unsent()
	}
}

// finish closes the socket, which makes receive return. A transport that was
// dropped is closed by whoever dropped it.
func (c *Conn) finish(l *link) {
	c.mu.Lock()
	if c.link != l {
		c.mu.Unlock()
		return
	}
	code, reason := CodeInternal, ""
	switch {
	case c.ended != nil:
		code, reason = c.ended.code, c.ended.reason
		c.flush.Stop()
		c.stopped()
	case c.back != nil:
		code = CodeNormal
	}
	c.mu.Unlock()
	l.sock.Close(code.closeCode(), reason)
}

// stopped tells Close that nothing more will be sent. The lock is held.
func (c *Conn) stopped() {
	select {
	case <-c.sent:
		return
	default:
		close(c.sent)
	}
	if c.memory != nil {
		c.core.held, c.core.queue = nil, nil
		c.core.inFlight, c.core.fresh = nil, false // a Send that hangs may still read it
		c.settle(0, 0)
		c.memory.leave(c)
	}
}

// receive takes messages until the socket ends. After the connection has ended
// it goes on, so that the WebSocket's closing handshake can come to its end.
func (c *Conn) receive(l *link) {
	defer c.spare()
	for {
		msg, err := l.sock.Receive()
		if err != nil {
			c.lost(l, err)
			return
		}
		reserved := c.makeRoom(l, msg)
		if goAway := c.onMessage(l, msg, reserved); goAway != nil {
			go goAway()
		}
	}
}

// onMessage handles a message, for which memory is reserved. What it returns is to
// be called unlocked.
func (c *Conn) onMessage(l *link, msg []byte, reserved int64) func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.settle(0, reserved)
	l.heard = time.Now()
	if c.ended != nil || !c.core.current(l.epoch) {
		return nil
	}
	f, err := decode(c.side, msg)
	if err != nil {
		c.breach(err)
		return nil
	}
	switch f.kind {
	case typeData, typeAck, typeFin, typeBlocked:
		c.onStream(f)
	case typePing:
		c.sendControl(appendNumber(nil, typePong, f.off))
	case typeError:
		c.end(ending{err: &Error{Code: f.code, Text: f.text}, code: f.code, torn: true})
	case typeGoAway:
		if after := time.Duration(f.after) * time.Millisecond; c.onGoAway != nil {
			return func() { c.onGoAway(after) }
		}
	}
	return nil
}

func (c *Conn) onStream(f frame) {
	if err := c.core.onFrame(f); err != nil {
		c.breach(err)
		return
	}
	switch f.kind {
	case typeData:
		c.readable.Broadcast()
		c.ackSoon()
	case typeAck:
		c.pace.arrived(c.core.acked)
		c.writable.Broadcast()
		c.sendable.Signal() // the last byte may have arrived
	case typeFin:
		c.readable.Broadcast()
		c.sendable.Signal() // with the ACK of it
	case typeBlocked:
		c.sendable.Signal() // with an ACK, if there is more credit now
	}
}

// breach ends the connection because the other side broke the protocol.
func (c *Conn) breach(err error) {
	e := asError(err)
	c.core.discard()
	if c.link != nil {
		c.link.control = nil
	}
	c.end(ending{err: e, code: e.Code, reason: e.Text, farewell: appendError(nil, e.Code, e.Text)})
}

// lost drops a transport whose socket has ended.
func (c *Conn) lost(l *link, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link != l {
		return
	}
	var closed *CloseError
	isClose := errors.As(err, &closed)
	if l.err != nil && !isClose {
		err = l.err
	}
	e := lostError(err)
	switch {
	case isClose && closed.Code == CodeNormal && c.core.finRead:
		e = &Error{Code: CodeNormal}
	case isClose && closed.Code == codeGoingAway && c.side == server:
		// The page was closed, and the session's keys with it: nobody will come.
		c.end(ending{err: e, code: e.Code, torn: true})
		return
	}
	c.drop(l, e)
}

// drop parts with a transport that is of no more use. The connection ends with
// it unless it can be resumed over another. The lock is held.
func (c *Conn) drop(l *link, e *Error) {
	if c.ended != nil || c.back == nil || e.Code != CodeLost && e.Code != CodeSilent {
		c.end(ending{err: e, code: e.Code, torn: true})
		return
	}
	c.unlink(CodeNormal)
	c.back.away(c)
}

// unlink parts with the transport, if there is one. Its socket is closed
// without waiting for it: the network may be gone. The lock is held.
func (c *Conn) unlink(code Code) {
	l := c.link
	if l == nil {
		return
	}
	c.link = nil
	c.core.detach()
	c.stopTimers()
	c.sendable.Broadcast()
	go c.spared(func() { l.sock.Close(code.closeCode(), "") })
}

// end decides how the connection ends, unless that is decided. The lock is held.
func (c *Conn) end(e ending) {
	if c.ended != nil {
		return
	}
	if c.link == nil {
		e.torn = true
	}
	if e.torn {
		e.unsent = c.core.unsent()
	}
	c.ended = &e
	c.stopTimers()
	c.readable.Broadcast()
	c.writable.Broadcast()
	c.sendable.Broadcast()
	if c.back != nil {
		c.back.over()
	}
	if c.link == nil {
		c.stopped()
		return
	}
	c.flush = time.AfterFunc(flushWait, func() { c.spared(c.tear) })
}

// tear stops a pump that has not come to its end in time.
func (c *Conn) tear() {
	c.mu.Lock()
	e, l := c.ended, c.link
	e.torn = true
	select {
	case <-c.sent:
	default:
		e.unsent = c.core.unsent()
	}
	c.stopped()
	c.sendable.Broadcast()
	c.mu.Unlock()
	l.sock.Close(e.code.closeCode(), e.reason)
}
