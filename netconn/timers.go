package netconn

import "time"

// makeTimers makes the timers of a connection, none of which runs yet. The lock
// is held.
func (c *Conn) makeTimers() {
	c.ackTimer = time.AfterFunc(ackDelay, func() { c.spared(c.ackLate) })
	c.watch = time.AfterFunc(deadAfter, func() { c.spared(c.checkHeard) })
	if c.side == server {
		c.pinger = time.AfterFunc(pingEvery, func() { c.spared(c.ping) })
	}
	c.stopTimers()
}

// startTimers watches over a new transport. The lock is held.
func (c *Conn) startTimers() {
	c.watch.Reset(deadAfter)
	if c.pinger != nil {
		c.pinger.Reset(pingEvery)
	}
}

func (c *Conn) stopTimers() {
	c.ackArmed = false
	for _, t := range []*time.Timer{c.ackTimer, c.watch, c.pinger, c.probe.timer} {
		if t != nil {
			t.Stop()
		}
	}
	c.probe.stop()
}

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
	if c.ended == nil && c.link != nil {
		c.narrow()
		c.core.wantAck()
		c.sendable.Signal()
	}
}

// ping keeps the path open, and gives a silent client something to answer.
func (c *Conn) ping() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended == nil && c.link != nil {
		c.sendPing()
		c.pinger.Reset(pingEvery)
	}
}

func (c *Conn) sendPing() {
	c.pings++
	c.sendControl(appendNumber(nil, typePing, c.pings))
}

// checkHeard drops a transport after deadAfter of silence.
func (c *Conn) checkHeard() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended != nil || c.link == nil {
		return
	}
	if left := deadAfter - time.Since(c.link.heard); left > 0 {
		c.watch.Reset(left)
		return
	}
	c.drop(c.link, &Error{Code: CodeSilent})
}

// tooSlow drops a transport when the network did not take a message for
// sendWait, although the other side may still be heard.
func (c *Conn) tooSlow(l *link) {
	c.mu.Lock()
	if c.link != l {
		c.mu.Unlock()
		return
	}
	c.drop(l, &Error{Code: CodeSilent})
	ended := c.ended != nil
	c.mu.Unlock()
	if ended {
		c.tear()
	}
}

// sendControl queues a frame ahead of the bytes. A newer frame replaces one of
// its type that still waits, so that a flood of PINGs cannot fill the queue.
// The lock is held.
func (c *Conn) sendControl(msg []byte) {
	l := c.link
	if l == nil {
		return
	}
	c.sendable.Signal()
	for i := range l.control {
		if l.control[i][0] == msg[0] {
			l.control[i] = msg
			return
		}
	}
	l.control = append(l.control, msg)
}
