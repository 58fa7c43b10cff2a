package netconn

import "sync"

// Buffers for messages are shared by all connections: an idle one holds none.
// Their sizes double, from a client's largest message to a relay's.
var (
	buffers [5]sync.Pool // of *[]byte
	headers = sync.Pool{New: func() any { return new([]byte) }}
)

func sizeOf(class int) int { return chunk<<class + frameSlack }

// borrow returns a message of n bytes, which are not zero. Its memory may be
// more: a buffer that is at least half filled, if there is one.
func borrow(n int) []byte {
	if n <= maxMessage/2 {
		return make([]byte, n)
	}
	for class := range buffers {
		if size := sizeOf(class); n <= size {
			if header, ok := buffers[class].Get().(*[]byte); ok {
				message := *header
				*header = nil
				headers.Put(header)
				return message[:n]
			}
			return make([]byte, n, size)
		}
	}
	return make([]byte, n)
}

// giveBack takes a message whose bytes nobody needs any more. One that is not
// a buffer is left to the garbage collector.
func giveBack(message []byte) {
	for class := range buffers {
		if cap(message) == sizeOf(class) {
			header := headers.Get().(*[]byte)
			*header = message
			buffers[class].Put(header)
		}
	}
}
