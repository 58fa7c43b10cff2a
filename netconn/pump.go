package netconn

import (
	"errors"
	"time"
)

// pump sends what is to be sent until the connection ends, and then closes the
// socket.
func (c *Conn) pump() {
	patience := time.AfterFunc(sendWait, c.tooSlow)
	patience.Stop()
	for msg := c.next(); msg != nil; msg = c.next() {
		patience.Reset(sendWait)
		err := c.sock.Send(msg)
		patience.Stop()
		if err != nil {
			c.sendFailed(err)
			break
		}
		c.drain()
	}
	c.finish()
}

// next waits for the next message to send, the last one being sent; nil is the
// end.
func (c *Conn) next() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.core.recycle()
	for {
		if c.ended != nil && c.ended.torn {
			return nil
		}
		if len(c.control) > 0 {
			msg := c.control[0]
			c.control = c.control[1:]
			return msg
		}
		if msg := c.core.poll(); msg != nil {
			c.writable.Broadcast()
			return msg
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
	}
}

// drain waits until the socket has room. A browser takes any amount and tells
// only on being asked how much it still holds.
func (c *Conn) drain() {
	for c.sock.Buffered() > highWater {
		c.mu.Lock()
		torn := c.ended != nil && c.ended.torn
		c.mu.Unlock()
		if torn {
			return
		}
		time.Sleep(drainedCheck)
	}
}

// sendFailed keeps the error for receive to report: the other side's last words
// may still be on their way in, and say more.
func (c *Conn) sendFailed(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sendErr = err
	if c.ended != nil {
		c.ended.unsent = c.core.unsent()
	}
}

// finish closes the socket, which makes receive return.
func (c *Conn) finish() {
	c.mu.Lock()
	c.stopped()
	code, reason := CodeInternal, ""
	if c.ended != nil {
		code, reason = c.ended.code, c.ended.reason
		c.flush.Stop()
	}
	c.mu.Unlock()
	c.sock.Close(code.closeCode(), reason)
}

// stopped tells Close that nothing more will be sent. The lock is held.
func (c *Conn) stopped() {
	select {
	case <-c.sent:
	default:
		close(c.sent)
	}
}

// receive takes messages until the socket ends. After the connection has ended
// it goes on, so that the WebSocket's closing handshake can come to its end.
func (c *Conn) receive() {
	for {
		msg, err := c.sock.Receive()
		if err != nil {
			c.lost(err)
			return
		}
		if goAway := c.onMessage(msg); goAway != nil {
			go goAway()
		}
	}
}

// onMessage handles a message. What it returns is to be called unlocked.
func (c *Conn) onMessage(msg []byte) func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard = time.Now()
	if c.ended != nil {
		return nil
	}
	f, err := decode(c.side, msg)
	if err != nil {
		c.breach(err)
		return nil
	}
	switch f.kind {
	case typeData, typeAck, typeFin:
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
		c.writable.Broadcast()
	case typeFin:
		c.readable.Broadcast()
		c.sendable.Signal() // both ends may be reached now
	}
}

// breach ends the connection because the other side broke the protocol.
func (c *Conn) breach(err error) {
	e := asError(err)
	c.core.discard()
	c.control = nil
	c.end(ending{err: e, code: e.Code, reason: e.Text, farewell: appendError(nil, e.Code, e.Text)})
}

// lost ends the connection because the socket did.
func (c *Conn) lost(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var closed *CloseError
	isClose := errors.As(err, &closed)
	if c.sendErr != nil && !isClose {
		err = c.sendErr
	}
	e := lostError(err)
	if isClose && closed.Code == CodeNormal && c.core.finRead {
		e = &Error{Code: CodeNormal}
	}
	c.end(ending{err: e, code: e.Code, torn: true})
}

// end decides how the connection ends, unless that is decided. The lock is held.
func (c *Conn) end(e ending) {
	if c.ended != nil {
		return
	}
	if e.torn {
		e.unsent = c.core.unsent()
	}
	c.ended = &e
	for _, t := range []*time.Timer{c.ackTimer, c.watch, c.pinger} {
		if t != nil {
			t.Stop()
		}
	}
	c.readable.Broadcast()
	c.writable.Broadcast()
	c.sendable.Broadcast()
	c.flush = time.AfterFunc(flushWait, c.tear)
}

// tear stops a pump that has not come to its end in time.
func (c *Conn) tear() {
	c.mu.Lock()
	e := c.ended
	e.torn = true
	select {
	case <-c.sent:
	default:
		e.unsent = c.core.unsent()
	}
	c.stopped()
	c.sendable.Broadcast()
	c.mu.Unlock()
	c.sock.Close(e.code.closeCode(), e.reason)
}
