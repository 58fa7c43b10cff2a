package netconn

import "testing"

// round is a round trip of a line between a side 0 that has always more to send and a
// side 1 that reads up to n bytes. It returns how many came.
func (w *world) round(n int) int {
	before := w.s[1].rx
	for wrote := true; wrote; {
		from := w.s[0].written
		w.write(0, 1000)
		for w.send(0) {
		}
		wrote = w.s[0].written > from
	}
	for w.deliver(1, w.on[1]) {
	}
	for left := n; left > 0; left -= 100 {
		w.read(1, min(left, 100))
	}
	w.s[1].wantAck()
	for w.send(1) {
	}
	for w.deliver(0, w.on[0]) {
	}
	return int(w.s[1].rx - before)
}

// newLine is a line whose window is 1,000 bytes, and may become 4,000.
func newLine(t *testing.T) *world {
	w := newWorld(t, 1000, 1000, dataHeader+100)
	w.widen(1, 4)
	return w
}

// widen lets the window of a side grow.
func (w *world) widen(side int, times uint64) {
	w.s[side].most *= times
	w.windows[side] *= times
}

func TestStreamKeepsALongLineFull(t *testing.T) {
	w := newLine(t)
	for i, want := range []int{1000, 2000, 4000, 4000} {
		if got := w.round(1 << 20); got != want {
			t.Errorf("round trip %d brings %d bytes, want %d", i, got, want)
		}
	}
	w.resume()
	if got := w.round(1 << 20); got != 4000 {
		t.Errorf("over another transport a round trip brings %d bytes", got)
	}
}

func TestStreamKeepsNarrowBeforeASlowReader(t *testing.T) {
	for name, before := range map[string]int{"from the start": 0, "after it was fast": 10} {
		t.Run(name, func(t *testing.T) {
			w := newLine(t)
			for range before {
				w.round(1 << 20)
			}
			for range 400 {
				w.round(100)
			}
			if s := w.s[1]; s.window != 1000 || s.rx-s.taken > 1000 {
				t.Errorf("%d bytes wait, of a window of %d", s.rx-s.taken, s.window)
			}
		})
	}
}

func TestStreamKeepsNarrowOnAShortLine(t *testing.T) {
	w := newLine(t)
	for range 100 {
		w.round(300) // before the reader has come to the end, more is there
	}
	if got := w.s[1].window; got != 1000 {
		t.Errorf("the window is %d although its reader never had to wait", got)
	}
}

func TestStreamKeepsWithinItsMemory(t *testing.T) {
	w := newLine(t)
	w.round(1 << 20)
	w.s[1].share = 1500
	for range 10 {
		w.round(1 << 20)
	}
	if got := w.round(1 << 20); got != 1500 {
		t.Errorf("a round trip brings %d bytes, there is memory for 1500", got)
	}
}

func TestStreamKeepsQuietAboutCreditThatItDoesNotNeed(t *testing.T) {
	for _, c := range []struct {
		name string
		act  func(s *stream)
		want int
	}{
		{"all of it was written", func(s *stream) { s.write(make([]byte, 10)) }, 0},
		{"there was more", func(s *stream) { s.write(make([]byte, 11)) }, 1},
		{"there was more, twice", func(s *stream) { s.write(make([]byte, 11)); s.write(make([]byte, 1)) }, 1},
		{"there was more, and then the end", func(s *stream) { s.write(make([]byte, 11)); s.closeWrite() }, 0},
		{"credit came", func(s *stream) { s.write(make([]byte, 11)); s.limit++ }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStream(10, 10, 1000)
			c.act(s)
			said := 0
			for msg := s.poll(); msg != nil; msg = s.poll() {
				if msg[0] == typeBlocked {
					said++
				}
				s.recycle()
			}
			if said != c.want {
				t.Errorf("said %d times, want %d", said, c.want)
			}
		})
	}
}
