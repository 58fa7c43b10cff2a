package netconn

// Message is memory that bytes are sent from. What is put into it is not copied
// by WriteMessage, as Write would. Borrow one only for bytes that are there.
type Message struct {
	buf    []byte
	memory *Memory // that has lent it
}

// BorrowMessage returns a Message for WriteMessage of a connection that has the
// memory, or for Release: a small one, if there is no memory for a large one.
func BorrowMessage(memory *Memory) Message {
	if !memory.lend(largeMessage) {
		return Message{buf: make([]byte, dataHeader+mergeBelow)}
	}
	return Message{largeBuffers.Get().(*largeBuffer)[:], memory}
}

// Bytes returns its memory: 256 KiB, or 4, with whatever content.
func (m Message) Bytes() []byte { return m.buf[dataHeader:min(len(m.buf), dataHeader+largeChunk)] }

// Release gives back a Message that is not to be sent.
func (m Message) Release() {
	giveBack(m.buf)
	if m.memory != nil {
		m.memory.give(&m.memory.out, largeMessage)
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
