package netconn

import "sync"

// Buffers for messages are shared by all connections: an idle one holds none.
// There are two sizes, as a client's messages are at most chunk and a relay's
// at most largeChunk, and one between them for what a relay could not fill.
var (
	buffers       = sync.Pool{New: func() any { return new(buffer) }}
	mediumBuffers = sync.Pool{New: func() any { return new(mediumBuffer) }}
	largeBuffers  = sync.Pool{New: func() any { return new(largeBuffer) }}
)

const mediumMessage = largeMessage / 2

type (
	buffer       [maxMessage]byte
	mediumBuffer [mediumMessage]byte
	largeBuffer  [largeMessage]byte
)

// borrow returns a message of n bytes, which are not zero. Its memory may be
// more: a buffer that is at least half filled, if there is one.
func borrow(n int) []byte {
	switch {
	case n > maxMessage/2 && n <= maxMessage:
		return buffers.Get().(*buffer)[:n]
	case n > maxMessage && n <= mediumMessage:
		return mediumBuffers.Get().(*mediumBuffer)[:n]
	case n > mediumMessage && n <= largeMessage:
		return largeBuffers.Get().(*largeBuffer)[:n]
	}
	return make([]byte, n)
}

// giveBack takes a message whose bytes nobody needs any more. One that is not
// a buffer is left to the garbage collector.
func giveBack(message []byte) {
	switch cap(message) {
	case maxMessage:
		buffers.Put((*buffer)(message[:maxMessage]))
	case mediumMessage:
		mediumBuffers.Put((*mediumBuffer)(message[:mediumMessage]))
	case largeMessage:
		largeBuffers.Put((*largeBuffer)(message[:largeMessage]))
	}
}
