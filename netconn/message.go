package netconn

// Message is memory that bytes are sent from. What is put into it is not copied
// by WriteMessage, as Write would. Borrow one only for bytes that are there.
type Message struct {
	buf    []byte
	memory *Memory // that has lent it
}

// BorrowMessage returns a Message for WriteMessage, or for Release: as large as the
// line is swift, and a small one if there is no memory for that.
func (c *Conn) BorrowMessage() Message {
	c.mu.Lock()
	size := c.pace.message()
	c.mu.Unlock()
	for ; size >= chunk; size /= 4 {
		buf := borrow(dataHeader + size)
		if c.memory.lend(int64(cap(buf))) {
			return Message{buf, c.memory}
		}
		giveBack(buf)
	}
	return Message{buf: make([]byte, dataHeader+mergeBelow)}
}

// Bytes returns its memory: 64 KiB, 256 or 1024, or 4, with whatever content.
func (m Message) Bytes() []byte { return m.buf[dataHeader:] }

// Release gives back a Message that is not to be sent.
func (m Message) Release() {
	giveBack(m.buf)
	if m.memory != nil {
		m.memory.give(&m.memory.out, int64(cap(m.buf)))
	}
}

// WriteMessage queues the first n bytes of m, which belongs to c from now on. It
// waits as Write does.
func (c *Conn) WriteMessage(m Message, n int) error {
	if n >= chunk { // fewer are better joined with others
		if whole, err := c.writeWhole(m, n); whole {
			return err
		}
	}
	defer m.Release()
	_, err := c.Write(m.Bytes()[:n])
	return err
}

// writeWhole queues a message as it is, once no other waits. It returns false if
// the other side does not want so much.
func (c *Conn) writeWhole(m Message, n int) (bool, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		if err := c.writeErr(); err != nil {
			m.Release()
			return true, err
		}
		if !c.core.wants(n) {
			return false, nil
		}
		if c.put(m.buf[:dataHeader+n]) {
			c.sendable.Signal()
			c.expectAnswer()
			return true, nil
		}
		c.writable.Wait()
	}
}
