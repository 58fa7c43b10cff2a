package netconn

// credit is what the other side may still send. It is always an offset: the one
// before which it has to stop.
//
// How much may wait here is the window. It is narrow at first, since all that waits
// is in the way of what comes behind it, a key for instance. On a long line it runs
// out long before an ACK is back; then whoever has more to send says so (BLOCKED),
// and the window doubles if the reader had nothing left either: it was the line that
// both waited for. If as much as a narrow window waits here, the reader is slow, and
// the window is halved.
type credit struct {
	granted uint64 // told to the other side
	window  uint64 // from least to most
	least   uint64
	most    uint64
	share   uint64 // what there is memory for; 0: for all
	ranOut  uint64 // where the other side stopped for want of credit; 0: nowhere yet
	acking  uint64 // the offset that the last ACK told
	ackNow  bool
}

func newCredit(window uint64) credit {
	return credit{granted: window, window: window, least: window, most: window}
}

// width is how many bytes may wait here.
func (c *credit) width() uint64 {
	if c.share > 0 {
		return min(c.window, c.share)
	}
	return c.window
}

// grant is the offset up to which bytes are welcome. A window may become smaller;
// what was granted stays.
func (s *stream) grant() uint64 { return max(s.granted, s.taken+s.width()) }

// took notes that n bytes were read. Credit goes back at once when a quarter of the
// narrow window was, and otherwise when the caller's clock says so.
func (s *stream) took(n int) {
	s.taken += uint64(n)
	s.judge()
	if s.grant()-s.granted >= max(min(s.width(), s.least)/4, 1) {
		s.wantAck()
	}
}

// onBlocked hears that the other side has sent all that it may, and has more. It may
// have said so before, and that is not judged yet.
func (s *stream) onBlocked(off uint64) {
	if off == s.rx && s.ranOut == 0 {
		s.ranOut = off
		s.judge()
	}
}

// judge decides, once all was read that the other side had credit for, whose fault it
// is that there was no more.
func (s *stream) judge() {
	if s.ranOut == 0 || s.taken < s.ranOut {
		return
	}
	switch waiting := s.rx - s.taken; {
	case s.rx == s.ranOut:
		s.window = min(2*s.window, s.most)
		s.wantAck()
	case waiting >= s.least:
		s.window = max(s.window/2, s.least)
	}
	s.ranOut = 0
}

// blocked returns what says that this side has more to send, or nil: once a limit.
func (s *stream) blocked() []byte {
	if !s.wanting || s.sent < s.limit || s.wanted == s.limit {
		return nil
	}
	s.wanted = s.limit
	return appendNumber(s.small[:0], typeBlocked, s.limit)
}

// ackDue reports whether an ACK would tell anything new.
func (s *stream) ackDue() bool {
	return s.told() != s.acking || s.grant() != s.granted
}

// wantAck makes the next poll an ACK, if one is due.
func (s *stream) wantAck() { s.ackNow = s.ackDue() }
