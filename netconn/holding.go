package netconn

import "time"

// What a relay's connection has to do with its Memory. A client's has none.

// write gives the core as much of p as there is credit and memory for. The lock is
// held.
func (c *Conn) write(p []byte) int {
	if c.memory == nil {
		return c.core.write(p)
	}
	p = p[:min(len(p), c.core.room())]
	if len(p) == 0 {
		return 0
	}
	n := c.writeWithin(p)
	if n == 0 {
		c.memory.await(c)
		n = c.writeWithin(p)
	}
	return n
}

// writeWithin writes what the connection's share of the memory has room for. A few
// bytes of many are not worth a message.
func (c *Conn) writeWithin(p []byte) int {
	n := min(int64(len(p)), c.memory.share(&c.memory.out)-c.holdsOut)
	if n < min(int64(len(p)), mergeBelow) {
		return 0
	}
	growth := n + largeMessage // the core may begin a buffer that later bytes fill
	if !c.memory.reserve(&c.memory.out, growth) {
		return 0
	}
	defer c.settle(growth, 0)
	return c.core.write(p[:n])
}

// put queues a message that was lent with its memory, when the connection's share
// allows it. The lock is held.
func (c *Conn) put(msg []byte) bool {
	if c.memory == nil {
		return c.core.put(msg)
	}
	if c.holdsOut >= c.memory.share(&c.memory.out) {
		c.memory.await(c)
		if c.holdsOut >= c.memory.share(&c.memory.out) {
			return false
		}
	}
	if !c.core.put(msg) {
		return false
	}
	c.settle(int64(cap(msg)), 0)
	return true
}

// mayPoll reports whether there is memory for the core's next message: one that is
// sent again is a copy. The lock is held.
func (c *Conn) mayPoll() (reserved int64, ok bool) {
	if c.memory == nil || c.core.ackNow || !c.core.again() {
		return 0, true
	}
	if !c.memory.reserve(&c.memory.out, largeMessage) {
		c.memory.await(c)
		if !c.memory.reserve(&c.memory.out, largeMessage) {
			return 0, false
		}
	}
	return largeMessage, true
}

// poll is the core's, for whose message memory is reserved. The lock is held.
func (c *Conn) poll(reserved int64) []byte {
	defer c.settle(reserved, 0)
	return c.core.poll()
}

// makeRoom takes memory for a message that has come in. The client was allowed to
// send it, so somebody has to make room.
func (c *Conn) makeRoom(l *link, msg []byte) int64 {
	if c.memory == nil || len(msg) == 0 || msg[0] != typeData {
		return 0
	}
	n := costOf(msg)
	for !c.memory.reserve(&c.memory.in, n) && !c.memory.relieve(n) {
		c.mu.Lock()
		over := c.ended != nil || c.link != l
		c.mu.Unlock()
		if over {
			return 0
		}
		time.Sleep(wakeDelay)
	}
	return n
}

// settle puts what the connection holds now in the place of what it held before
// and of what was reserved since. The lock is held.
func (c *Conn) settle(reservedOut, reservedIn int64) {
	if c.memory == nil {
		return
	}
	out, in := c.core.footprint()
	in += c.lent
	c.memory.give(&c.memory.out, reservedOut+c.holdsOut-out)
	c.memory.give(&c.memory.in, reservedIn+c.holdsIn-in)
	c.holdsOut, c.holdsIn = out, in
}

// narrow gives the client no more credit than its share of the memory. The lock is
// held.
func (c *Conn) narrow() {
	if c.memory != nil {
		c.core.share = uint64(c.memory.share(&c.memory.in))
	}
}

// exhaust ends the connection to make room for others.
func (c *Conn) exhaust() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.core.discard()
	c.core.unread = nil
	c.end(ending{err: errExhausted, code: errExhausted.Code, reason: errExhausted.Text,
		farewell: appendError(nil, errExhausted.Code, errExhausted.Text)})
	c.settle(0, 0)
}

var errExhausted = &Error{Code: CodeLimit, Text: "the relay ran out of memory, and this connection's server left most of it waiting"}
