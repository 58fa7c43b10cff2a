package netconn

const (
	// maxMessage is the largest message that a relay accepts and announces in
	// HELLO; chunk is the most bytes that a client puts into one DATA, largeChunk
	// the most that a relay does, and hugeChunk that to a swift line (pace.go). See
	// doc.go for why they differ.
	maxMessage   = chunk + frameSlack
	chunk        = 64 << 10
	largeMessage = largeChunk + frameSlack
	largeChunk   = 256 << 10
	hugeChunk    = 1 << 20

	// sendQueue bounds the bytes that are written and not yet handed to the
	// socket, beside the message on its way. More would only put the user's
	// Ctrl-C further behind.
	sendQueue = 4 * chunk

	// mergeBelow is the payload size under which unread DATA frames are joined,
	// so that a flood of one-byte frames costs no more memory than its bytes.
	mergeBelow = 4 << 10
)

// stream is the core of a connection: both directions as byte offsets. It has
// no clock, no goroutine and no I/O, and so no lock: what calls it has.
//
// Outbound, acked <= sent <= tip <= written <= limit: sent is how far this
// transport has come, tip how far any has. Inbound, taken <= rx <= granted.
// What is not acknowledged is kept, so that resume.go can send it again.
//
// FIN counts as one byte behind the last, as in TCP: an ACK tells whether it has
// arrived, and so does the offset that a new transport begins with.
type stream struct {
	acked, sent, tip, written, limit uint64
	held                             []piece  // [acked, tip)
	queue                            [][]byte // [tip, written): messages with room for the header
	inFlight                         []byte   // the message that poll gave last
	fresh                            bool     // inFlight is the last of held
	payload                          int      // most bytes in one DATA of those that write took
	whole                            int      // the same of a message that is put
	wanting                          bool     // there is more to send than limit allows
	wanted                           uint64   // the limit at which that was told
	epoch                            uint32   // of the transport; the first is 0
	away                             bool     // there is none

	rx, taken uint64
	unread    []piece
	credit

	finWritten bool // nothing will follow written
	finSent    bool // over this transport
	finTold    bool // over any
	finAcked   bool
	finRead    bool

	small [17]byte // room for an ACK or FIN
}

// piece is a part of a stream, and the message that it lies in, if that is to
// be given back.
type piece struct{ rest, message []byte }

// newStream starts a connection at offset zero: the other side accepts limit
// bytes and messages of at most message bytes, this side accepts window bytes.
func newStream(window, limit uint32, message uint32) *stream {
	return &stream{
		payload: int(min(message-dataHeader, largeChunk)),
		whole:   int(message - dataHeader),
		limit:   uint64(limit),
		credit:  newCredit(uint64(window)),
	}
}

// room is how many bytes write would take.
func (s *stream) room() int {
	if s.finWritten {
		return 0
	}
	return int(min(s.limit-s.written, sendQueue-(s.written-s.tip)))
}

// write takes bytes of p while there is credit and room, and returns how many.
func (s *stream) write(p []byte) int {
	s.wanting = uint64(len(p)) > s.limit-s.written && !s.finWritten
	p = p[:min(len(p), s.room())]
	for rest := p; len(rest) > 0; {
		rest = rest[s.fill(rest):]
	}
	s.written += uint64(len(p))
	return len(p)
}

// wants reports whether n bytes may go in one message.
func (s *stream) wants(n int) bool {
	return n <= s.whole && uint64(n) <= s.limit-s.written
}

// put queues a message with room for its header, if none is queued.
func (s *stream) put(msg []byte) bool {
	if len(s.queue) > 0 {
		return false
	}
	s.queue = append(s.queue, msg)
	s.written += uint64(len(msg) - dataHeader)
	return true
}

// fill adds bytes of p to the last message, or to a new one if that is full.
func (s *stream) fill(p []byte) int {
	full := dataHeader + s.payload
	if n := len(s.queue); n == 0 || len(s.queue[n-1]) >= min(full, cap(s.queue[n-1])) {
		s.queue = append(s.queue, s.message(len(p), n > 0))
	}
	last := &s.queue[len(s.queue)-1]
	n := min(len(p), full-len(*last), cap(*last)-len(*last))
	*last = append(*last, p[:n]...)
	return n
}

// message returns an empty message for n bytes. When others wait already the
// socket is the slower one, and a full-size message will gather small writes.
func (s *stream) message(n int, waiting bool) []byte {
	full := dataHeader + s.payload
	size := min(dataHeader+n, full)
	if waiting {
		size = full
	}
	switch {
	case size > maxMessage:
		return borrow(largeMessage)[:dataHeader]
	case size > mergeBelow:
		return borrow(maxMessage)[:dataHeader]
	}
	return make([]byte, dataHeader, size)
}

// footprint is the memory that the bytes of each direction take. A small piece
// counts as the one that it may be joined into.
func (s *stream) footprint() (out, in int64) {
	for _, p := range s.held {
		out += max(costOf(p.rest), costOf(p.message))
	}
	for _, msg := range s.queue {
		out += costOf(msg)
	}
	if s.inFlight != nil && !s.fresh {
		out += costOf(s.inFlight)
	}
	for _, p := range s.unread {
		in += max(costOf(p.rest), costOf(p.message))
	}
	return out, in
}

func costOf(b []byte) int64 { return int64(max(cap(b), mergeBelow)) }

// closeWrite ends the outbound direction after what was written.
func (s *stream) closeWrite() { s.finWritten, s.wanting = true, false }

// discard forgets what was written and not yet sent.
func (s *stream) discard() {
	s.held, s.queue = nil, nil
	s.tip, s.written = s.sent, s.sent
	s.finWritten = s.finSent
}

// poll returns the next message to send, or nil. The message is good until
// recycle.
func (s *stream) poll() []byte {
	if s.ackNow {
		s.ackNow = false
		rx, limit := s.point()
		return appendAck(s.small[:0], rx, limit)
	}
	if s.again() {
		return s.pollAgain()
	}
	if len(s.queue) > 0 {
		msg := s.queue[0]
		s.queue[0] = nil
		s.queue = s.queue[1:]
		putData(msg, s.sent)
		s.held = append(s.held, piece{msg[dataHeader:], msg})
		s.sent += uint64(len(msg) - dataHeader)
		s.tip = s.sent
		s.inFlight, s.fresh = msg, true
		return msg
	}
	if msg := s.blocked(); msg != nil {
		return msg
	}
	if s.finWritten && !s.finSent && !s.finAcked {
		s.finSent, s.finTold = true, true
		return appendNumber(s.small[:0], typeFin, s.sent)
	}
	return nil
}

// recycle takes back the message that poll gave: it has been sent. Until it is
// acknowledged its bytes are kept.
func (s *stream) recycle() {
	if s.fresh {
		s.gather()
	} else {
		giveBack(s.inFlight)
	}
	s.inFlight, s.fresh = nil, false
}

// onFrame takes DATA, ACK, FIN and BLOCKED. It keeps the payload.
func (s *stream) onFrame(f frame) error {
	switch f.kind {
	case typeData:
		return s.onData(f)
	case typeAck:
		return s.onAck(f.off, f.limit)
	case typeFin:
		return s.onFin(f.off)
	case typeBlocked:
		s.onBlocked(f.off)
		return nil
	}
	return protocolError("frame 0x%02x is not the stream's", f.kind)
}

func (s *stream) onData(f frame) error {
	size := uint64(len(f.payload))
	switch {
	case s.finRead:
		return protocolError("DATA after FIN")
	case f.off != s.rx:
		return protocolError("DATA at %d, expected %d", f.off, s.rx)
	case size > s.granted-s.rx:
		return protocolError("DATA past the limit %d", s.granted)
	}
	s.rx += size
	s.keep(piece{f.payload, f.message})
	return nil
}

func (s *stream) keep(r piece) {
	n := len(s.unread)
	if n == 0 || len(r.rest) >= mergeBelow {
		s.unread = append(s.unread, r)
		return
	}
	last := &s.unread[n-1].rest
	if len(r.rest) > cap(*last)-len(*last) {
		s.unread = append(s.unread, piece{rest: make([]byte, 0, mergeBelow)})
		last = &s.unread[n].rest
	}
	*last = append(*last, r.rest...)
	giveBack(r.message)
}

func (s *stream) onAck(rx, limit uint64) error {
	sent := s.sent
	if s.finSent || s.finAcked {
		sent++
	}
	if from := s.arrived(); rx < from || rx > sent {
		return protocolError("ACK of %d outside [%d, %d]", rx, from, sent)
	}
	if limit < s.limit {
		return protocolError("ACK takes credit back: %d after %d", limit, s.limit)
	}
	s.release(rx, limit)
	return nil
}

func (s *stream) onFin(off uint64) error {
	if s.finRead || off != s.rx {
		return protocolError("FIN at %d, expected %d", off, s.rx)
	}
	s.finRead = true
	s.ackNow = true
	return nil
}

// read takes received bytes.
func (s *stream) read(p []byte) int {
	n := 0
	for n < len(p) && len(s.unread) > 0 {
		head := &s.unread[0]
		m := copy(p[n:], head.rest)
		n += m
		if head.rest = head.rest[m:]; len(head.rest) == 0 {
			giveBack(head.message)
			*head = piece{}
			s.unread = s.unread[1:]
		}
	}
	s.took(n)
	return n
}

// take takes what is unread of the oldest message, with its memory; none if there
// is nothing.
func (s *stream) take() (p piece) {
	if len(s.unread) > 0 {
		s.unread[0], p = p, s.unread[0]
		s.unread = s.unread[1:]
		s.took(len(p.rest))
	}
	return p
}

// eof reports whether the inbound direction has ended and was read to its end.
func (s *stream) eof() bool { return s.finRead && len(s.unread) == 0 }

// unsent reports whether bytes were written that may not have been sent.
func (s *stream) unsent() bool { return s.written > s.sent || s.inFlight != nil }

// done reports whether both directions have ended and the other side has all of
// this one. It is asked when poll has nothing: the other side's FIN is
// acknowledged then.
func (s *stream) done() bool { return s.finRead && s.finAcked }
