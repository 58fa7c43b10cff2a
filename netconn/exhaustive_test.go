package netconn

import (
	"bytes"
	"fmt"
	"testing"
)

// clone copies a world, so that a search can go on from it in several ways.
func (w *world) clone() *world {
	c := *w
	seen := map[*transport]*transport{}
	move := func(t *transport) *transport {
		if t == nil {
			return nil
		}
		if seen[t] == nil {
			n := *t
			for side := range n.wire {
				n.wire[side] = append([][]byte(nil), t.wire[side]...)
			}
			seen[t] = &n
		}
		return seen[t]
	}
	c.old = nil
	for _, t := range w.old {
		c.old = append(c.old, move(t))
	}
	for side, s := range w.s {
		n := *s
		n.held, n.unread, n.queue = clonePieces(s.held), clonePieces(s.unread), nil
		for _, msg := range s.queue {
			n.queue = append(n.queue, bytes.Clone(msg))
		}
		n.inFlight = bytes.Clone(s.inFlight)
		c.s[side], c.on[side] = &n, move(w.on[side])
	}
	c.dialled = move(w.dialled)
	return &c
}

// clonePieces leaves the messages behind: nothing is given back in a search.
func clonePieces(pieces []piece) (copied []piece) {
	for _, p := range pieces {
		copied = append(copied, piece{rest: bytes.Clone(p.rest)})
	}
	return copied
}

// key tells worlds apart by all that can make a difference later.
func (w *world) key() string {
	var b bytes.Buffer
	for side, s := range w.s {
		fmt.Fprint(&b, s.acked, s.sent, s.tip, s.written, s.limit, s.epoch, s.away, s.rx, s.taken, s.granted, s.acking,
			s.ackNow, s.finWritten, s.finSent, s.finTold, s.finAcked, s.finRead, w.on[side] != nil, len(s.queue),
			s.wanting, s.wanted, s.window, s.ranOut)
	}
	for _, t := range w.old {
		fmt.Fprint(&b, "|", t.epoch, t.resume != nil, t.resumed != nil, t == w.dialled, t == w.on[0], t == w.on[1])
		for _, wire := range t.wire {
			fmt.Fprintf(&b, ";%x", wire)
		}
	}
	return b.String()
}

// moves lists what can happen in a world whose sides write so many bytes, and FIN
// if they write any.
func (w *world) moves(bytes [2]uint64, cuts int) (all []func(*world)) {
	for side := range w.s {
		if s := w.s[side]; s.written < bytes[side] {
			all = append(all, func(w *world) { w.write(side, 1) })
		} else if bytes[side] > 0 && !s.finWritten {
			all = append(all, func(w *world) { w.s[side].closeWrite() })
		}
		if s := w.s[side]; len(s.unread) > 0 {
			all = append(all, func(w *world) { w.read(side, 1) })
		}
		if w.on[side] != nil {
			all = append(all, func(w *world) { w.send(side) })
		}
		for i, t := range w.old {
			if len(t.wire[side]) > 0 {
				all = append(all, func(w *world) { w.deliver(side, w.old[i]) })
			}
			if side == 1 && t.resume != nil && t.resumed == nil {
				all = append(all, func(w *world) { w.meet(w.old[i]) })
			}
		}
		if w.on[side] != nil && w.cuts < cuts {
			all = append(all, func(w *world) { w.cut(side) })
		}
	}
	if w.on[0] == nil {
		if w.dialled == nil || w.dialled.resumed == nil {
			if int(w.epoch) < cuts {
				all = append(all, (*world).dial)
			}
		} else {
			all = append(all, (*world).reach)
		}
	}
	return all
}

// TestEveryScheduleOfTwoBytes walks through all that can happen to streams of two
// bytes with at most two cuts, and from each state lets the network work:
// everything has to arrive.
func TestEveryScheduleOfTwoBytes(t *testing.T) {
	for _, c := range []struct {
		name   string
		bytes  [2]uint64
		window uint32
		cuts   int
	}{
		{"two bytes up, a window of one, two cuts", [2]uint64{2, 0}, 1, 2},
		{"two bytes down, a window of one, two cuts", [2]uint64{0, 2}, 1, 2},
		{"two bytes up, a window of two, two cuts", [2]uint64{2, 0}, 2, 2},
		{"two bytes down, a window of two, two cuts", [2]uint64{0, 2}, 2, 2},
		{"a byte each way, one cut", [2]uint64{1, 1}, 1, 1},
	} {
		if schedules < 50_000 && c.window+uint32(c.bytes[0]*c.bytes[1]) > 1 {
			continue // under the race detector
		}
		t.Run(c.name, func(t *testing.T) {
			first := newWorld(t, c.window, c.window, dataHeader+1)
			seen := map[string]bool{first.key(): true}
			for todo := []*world{first}; len(todo) > 0; {
				w := todo[len(todo)-1]
				todo = todo[:len(todo)-1]
				w.clone().settle()
				for _, move := range w.moves(c.bytes, c.cuts) {
					next := w.clone()
					move(next)
					if key := next.key(); !seen[key] {
						seen[key] = true
						todo = append(todo, next)
					}
				}
			}
			t.Logf("%d states", len(seen))
		})
	}
}
