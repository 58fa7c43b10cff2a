package netconn

import "time"

const (
	// A line is slow when a message of 256 KiB takes it more than a quarter of a
	// second, and swift when one of 1 MiB takes it less than a twentieth.
	slow  = 1 << 20
	swift = 20 << 20
)

// pace judges how many bytes a second a line carries: by how long what is on its
// way takes to be acknowledged. Little on the way tells nothing.
type pace struct {
	from, to uint64 // the bytes whose time is taken; none if to is zero
	since    time.Time
	rate     float64 // zero: not known
}

// sent hears how far the other side has bytes, and how far they were sent.
func (p *pace) sent(acked, sent uint64) {
	if p.to == 0 && sent-acked >= largeChunk {
		p.from, p.to, p.since = acked, sent, time.Now()
	}
}

func (p *pace) arrived(acked uint64) {
	if p.to > 0 && acked >= p.to {
		p.rate = float64(acked-p.from) / max(time.Since(p.since).Seconds(), 1e-6)
		p.to = 0
	}
}

// message is how many bytes are best sent at a time. They come all at once, and
// a long time after those before is a silence.
func (p *pace) message() int {
	switch {
	case p.rate >= swift:
		return hugeChunk
	case p.rate > 0 && p.rate < slow:
		return chunk
	}
	return largeChunk
}
