package ssh

import "sync"

// A packet of a transfer is used again once it was read: 32 KiB for each, from
// the garbage collector and back, cost more than all that is done with a packet
// but its cipher. Only the data of a channel comes back, and only from the
// reader; whatever else becomes of a packet, the garbage collector has it.
const (
	largePacket = channelMaxPacket + 64 // with the header of its data
	smallPacket = largePacket / 4       // what is less is not worth so much memory while it is unread
)

var largePackets = sync.Pool{New: func() any { return new([largePacket]byte) }}

// borrowPacket returns n bytes, which are not zero.
func borrowPacket(n int) []byte {
	if n < smallPacket || n > largePacket {
		return make([]byte, n)
	}
	return largePackets.Get().(*[largePacket]byte)[:n]
}

// giveBackPacket takes a packet whose bytes nobody needs any more, and leaves
// what was not borrowed alone.
func giveBackPacket(packet []byte) {
	if cap(packet) == largePacket {
		largePackets.Put((*[largePacket]byte)(packet[:largePacket]))
	}
}

// writeFrom is write, of a part of a packet that is not needed for anything else.
func (b *buffer) writeFrom(packet, data []byte) {
	b.Cond.L.Lock()
	defer b.Cond.L.Unlock()
	b.tail.next = &element{buf: data, packet: packet}
	b.tail = b.tail.next
	b.Cond.Signal()
}

// pass goes on to the next element: the one before was read to its end.
func (b *buffer) pass() {
	giveBackPacket(b.head.packet)
	b.head.packet = nil
	b.head = b.head.next
}
