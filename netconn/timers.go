package netconn

import "time"

// ackSoon sees to it that received bytes are acknowledged within ackDelay, even
// if nobody reads them: the other side may wait for it to free its buffer. The
// lock is held.
func (c *Conn) ackSoon() {
	if !c.ackArmed {
		c.ackArmed = true
		c.ackTimer.Reset(ackDelay)
	}
}

func (c *Conn) ackLate() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ackArmed = false
	if c.ended == nil {
		c.core.wantAck()
		c.sendable.Signal()
	}
}

// ping keeps the path open, and gives a silent client something to answer.
func (c *Conn) ping() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended == nil {
		c.pings++
		c.sendControl(appendNumber(nil, typePing, c.pings))
		c.pinger.Reset(pingEvery)
	}
}

// checkHeard ends the connection after deadAfter of silence.
func (c *Conn) checkHeard() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended != nil {
		return
	}
	if left := deadAfter - time.Since(c.heard); left > 0 {
		c.watch.Reset(left)
		return
	}
	c.end(ending{err: &Error{Code: CodeSilent}, code: CodeSilent, torn: true})
}

// tooSlow ends the connection when the network did not take a message for
// sendWait, although the other side may still be heard.
func (c *Conn) tooSlow() {
	c.mu.Lock()
	c.end(ending{err: &Error{Code: CodeSilent}, code: CodeSilent, torn: true})
	c.mu.Unlock()
	c.tear()
}

// sendControl queues a frame ahead of the bytes. A newer frame replaces one of
// its type that still waits, so that a flood of PINGs cannot fill the queue.
// The lock is held.
func (c *Conn) sendControl(msg []byte) {
	c.sendable.Signal()
	for i := range c.control {
		if c.control[i][0] == msg[0] {
			c.control[i] = msg
			return
		}
	}
	c.control = append(c.control, msg)
}
