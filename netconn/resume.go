package netconn

import (
	"bytes"
	"slices"
)

// A stream outlives its transports. Each is an epoch; what a transport of an
// earlier one still brings is not for the stream. A new one begins with both
// sides telling each other how far they have received (point), and goes on from
// there (attach).

// errStale is what attach returns for a transport that is not newer than the
// current one.
var errStale = &Error{Code: CodeSuperseded}

// point returns how far the other side's bytes have arrived, and up to which
// offset more are welcome. Whoever asks has to tell it to the other side.
func (s *stream) point() (rx, limit uint64) {
	s.acking = s.told()
	s.granted = s.grant()
	return s.acking, s.granted
}

// told is the received offset as the other side is told it.
func (s *stream) told() uint64 {
	if s.finRead {
		return s.rx + 1
	}
	return s.rx
}

// arrived is the offset up to which the other side has acknowledged.
func (s *stream) arrived() uint64 {
	if s.finAcked {
		return s.acked + 1
	}
	return s.acked
}

// detach parts with the transport. Its last message may still be read by a Send
// that has not returned, and is therefore left to the garbage collector.
func (s *stream) detach() {
	if s.fresh {
		s.held[len(s.held)-1].message = nil
	}
	s.inFlight, s.fresh = nil, false
	s.sent, s.finSent = s.acked, false
	s.ackNow, s.away = false, true
	s.wanted = 0
}

// current reports whether what a transport brings is for the stream. The other
// side will send anew what a former one brings late.
func (s *stream) current(epoch uint32) bool { return !s.away && epoch == s.epoch }

// attach goes on over a transport of a newer epoch, whose other end has received
// rx and accepts limit. detach was called before, and point has been told.
func (s *stream) attach(epoch uint32, rx, limit uint64) error {
	if epoch <= s.epoch {
		return errStale
	}
	tip := s.tip
	if s.finTold {
		tip++
	}
	if from := s.arrived(); rx < from || rx > tip {
		return protocolError("resumed at %d outside [%d, %d]", rx, from, tip)
	}
	if limit < s.limit {
		return protocolError("resuming takes credit back: %d after %d", limit, s.limit)
	}
	s.epoch, s.away = epoch, false
	s.release(rx, limit)
	s.sent = s.acked
	return nil
}

// release forgets what has arrived at the other side.
func (s *stream) release(rx, limit uint64) {
	if s.finTold && rx > s.written {
		s.finAcked = true
		rx = s.written
	}
	n, whole := rx-s.acked, 0
	for ; n > 0; whole++ {
		p := &s.held[whole]
		if n < uint64(len(p.rest)) {
			p.rest = p.rest[n:]
			break
		}
		n -= uint64(len(p.rest))
		if s.fresh && whole == len(s.held)-1 {
			s.fresh = false // recycle gives it back
		} else {
			giveBack(p.message)
		}
	}
	s.held = slices.Delete(s.held, 0, whole)
	s.acked, s.limit = rx, limit
}

// again reports whether there are bytes that an earlier transport may have lost.
func (s *stream) again() bool { return s.sent < s.tip }

// pollAgain makes a message of bytes that an earlier transport may have lost.
func (s *stream) pollAgain() []byte {
	size := min(int(s.tip-s.sent), s.payload)
	msg := borrow(dataHeader + size)
	putData(msg, s.sent)
	skip, n := int(s.sent-s.acked), dataHeader
	for _, p := range s.held {
		if skip >= len(p.rest) {
			skip -= len(p.rest)
			continue
		}
		n += copy(msg[n:], p.rest[skip:])
		skip = 0
	}
	s.sent += uint64(size)
	s.inFlight = msg
	return msg
}

// gather makes the newest held piece cost little more than its bytes: a small
// one is joined with the one before it, and none keeps a buffer that it hardly
// fills.
func (s *stream) gather() {
	n := len(s.held)
	if n == 0 {
		return
	}
	last := &s.held[n-1]
	if cap(last.message) > 4*len(last.rest)+mergeBelow {
		*last = piece{rest: bytes.Clone(last.rest)}
		giveBack(s.inFlight)
	}
	if n == 1 {
		return
	}
	before := &s.held[n-2]
	if len(last.rest) >= mergeBelow || len(before.rest)+len(last.rest) > mergeBelow {
		return
	}
	if len(last.rest) > cap(before.rest)-len(before.rest) || before.message != nil {
		whole := append(make([]byte, 0, mergeBelow), before.rest...)
		giveBack(before.message)
		*before = piece{rest: whole}
	}
	before.rest = append(before.rest, last.rest...)
	giveBack(last.message)
	*last = piece{}
	s.held = s.held[:n-1]
}
