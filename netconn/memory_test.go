package netconn

import (
	"bytes"
	"errors"
	"io"
	mathrand "math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// What Conn reserves before each step is what the core may grow by in it.
func TestStreamGrowsByNoMoreThanWasReserved(t *testing.T) {
	for seed := range uint64(30) {
		rng := mathrand.New(mathrand.NewPCG(seed, 1))
		s := newStream(1<<20, 1<<30, dataHeader+largeChunk)
		epoch, off := uint32(0), uint64(0)
		for step := range 300 {
			before, allowed := held(s), int64(0)
			switch op := rng.IntN(6); op {
			case 0:
				n := rng.IntN([]int{10, 5000, 300_000}[rng.IntN(3)])
				allowed = int64(n) + largeMessage
				s.write(make([]byte, n))
			case 1, 2:
				if s.again() {
					allowed = largeMessage
				}
				s.recycle()
				s.poll()
			case 3:
				n := min(rng.IntN([]int{10, 5000, 64_000}[rng.IntN(3)])+1, int(s.granted-s.rx))
				if n == 0 {
					s.read(make([]byte, 1<<20))
					s.point()
					continue
				}
				msg := append(borrow(dataHeader)[:0], make([]byte, dataHeader+n)...)
				allowed = costOf(msg)
				s.onData(frame{kind: typeData, off: off, payload: msg[dataHeader:], message: msg})
				off += uint64(n)
			case 4:
				if s.sent > s.acked {
					s.release(s.acked+rng.Uint64N(s.sent-s.acked+1), s.limit)
				}
			case 5:
				if rng.IntN(10) == 0 {
					s.detach()
					epoch++
					s.attach(epoch, s.acked, s.limit)
				}
			}
			if grew := held(s) - before; grew > allowed {
				t.Fatalf("seed %d, step %d: grew by %d, %d was reserved", seed, step, grew, allowed)
			}
		}
		for s.recycle(); s.poll() != nil; s.recycle() {
		}
		s.release(s.sent, s.limit)
		s.read(make([]byte, 1<<20))
		if n := held(s); n != 0 {
			t.Fatalf("seed %d: %d bytes are held for nothing", seed, n)
		}
	}
}

func held(s *stream) int64 {
	out, in := s.footprint()
	return out + in
}

// watch fails the test if m ever holds more than it may.
func (m *Memory) watch(t *testing.T, step func()) {
	t.Helper()
	step()
	if used := m.Used(); used > m.Limit() || used < 0 {
		t.Fatalf("%d bytes are held, of %d", used, m.Limit())
	}
}

// hog is a client that lets the relay send for ever and acknowledges nothing.
func hog(t *testing.T, m *Memory) *Conn {
	t.Helper()
	a, b := newPipe()
	go func() {
		a.Receive() // HELLO
		a.Send(open{window: 1 << 31, target: Target{Host: "target.example", Port: 22}}.append(nil))
		a.Receive() // OPENED
		a.Send(appendAck(nil, 0, 1<<60))
		for {
			if _, err := a.Receive(); err != nil {
				return
			}
		}
	}()
	r, err := Accept(t.Context(), b, AcceptOptions{Memory: m})
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.Open("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(CodeNormal, ""); s.Close() })
	go func() {
		for p := make([]byte, 10_000); ; {
			if _, err := s.Write(p); err != nil {
				return
			}
		}
	}()
	return s
}

func TestAClientThatAcknowledgesNothingIsHeldLittleFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(Memory)
		hog(t, m)
		time.Sleep(10 * time.Second)
		if got := m.Used(); got < mostShare/2 || got > mostShare+2*largeMessage {
			t.Errorf("%d bytes are held for it", got)
		}
	})
}

func TestOthersGoOnBesideHogs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &Memory{Max: 32 << 20}
		for range 200 {
			m.watch(t, func() { hog(t, m) })
		}
		m.watch(t, func() { time.Sleep(10 * time.Second) })
		t.Logf("200 hogs hold %d KiB of %d", m.Used()>>10, m.Limit()>>10)
		if m.Used() < m.Limit()/3 {
			t.Error("the hogs hold so little that this shows nothing")
		}
		c, s := memoryPair(t, Options{}, AcceptOptions{Memory: m})
		go io.Copy(s, s)
		want := make([]byte, 1<<20)
		go c.Write(want)
		got := make([]byte, len(want))
		for n := 0; n < len(got); {
			m.watch(t, func() {
				k, err := c.Read(got[n:])
				if n += k; err != nil {
					t.Fatal(err)
				}
			})
		}
		if !bytes.Equal(got, want) {
			t.Error("the bytes came back changed")
		}
	})
}

// Credit that was given cannot be taken back. When everybody uses it at once and no
// target takes a byte, those that left most untaken are ended.
func TestConnectionsWhoseTargetsTakeNothingMakeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &Memory{Max: 8 << 20}
		var ended, other atomic.Int64
		conns := make([]*Conn, 100)
		for i := range conns {
			conns[i], _ = memoryPair(t, Options{}, AcceptOptions{Memory: m})
		}
		for _, c := range conns {
			go func() {
				c.Write(make([]byte, relayWindow))
				var e *Error
				if _, err := c.Read(make([]byte, 1)); errors.As(err, &e) && e.Code == CodeLimit && e.Text == errExhausted.Text {
					ended.Add(1)
				} else {
					other.Add(1)
				}
			}()
		}
		m.watch(t, func() { time.Sleep(10 * time.Second) })
		if n := ended.Load(); n < 20 || n > 60 || other.Load() != 0 {
			t.Errorf("%d were told that there is no room, and %d something else", n, other.Load())
		}
		c, s := memoryPair(t, Options{}, AcceptOptions{Memory: m})
		go io.Copy(s, s)
		go c.Write(make([]byte, 1<<20))
		m.watch(t, func() {
			if n, err := io.CopyN(io.Discard, c, 1<<20); err != nil {
				t.Errorf("beside them %d bytes went, then %v", n, err)
			}
		})
	})
}

func TestWhatAConnectionHeldIsGivenBack(t *testing.T) {
	for name, end := range map[string]func(c, s *Conn){
		"the client closes": func(c, s *Conn) { c.Close(); s.Close() },
		"the relay closes":  func(c, s *Conn) { s.Close() },
		"the relay aborts":  func(c, s *Conn) { s.Abort(CodeReset, "") },
		"there is no room":  func(c, s *Conn) { s.exhaust(); s.Close() },
		"the network goes and goes": func(c, s *Conn) {
			c.mu.Lock()
			sock := c.link.sock
			c.mu.Unlock()
			sock.Close(1006, "")
			time.Sleep(time.Second)
			s.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := new(Memory)
				c, s := memoryPair(t, Options{}, AcceptOptions{Memory: m})
				go c.Write(make([]byte, 1<<20))
				go s.Write(make([]byte, 8<<20))
				time.Sleep(time.Second)
				if m.Used() < 1<<20 {
					t.Fatalf("%d bytes are held", m.Used())
				}
				end(c, s)
				time.Sleep(time.Minute)
				if m.Used() != 0 || len(m.conns) != 0 {
					t.Errorf("%d bytes and %d connections are left", m.Used(), len(m.conns))
				}
			})
		})
	}
}

func TestLittleMemoryGivesLittleCredit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &Memory{Max: 8 << 20}
		c, s := memoryPair(t, Options{}, AcceptOptions{Memory: m})
		credit := func() uint64 {
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.core.limit - c.core.written
		}
		if got := credit(); got != 64<<10 {
			t.Errorf("the first credit is %d", got)
		}
		go c.Write(make([]byte, 100<<10))
		io.CopyN(io.Discard, s, 100<<10)
		time.Sleep(time.Second)
		if got := credit(); got > 64<<10 || got < 48<<10 {
			t.Errorf("later credit is %d", got)
		}
	})
}

func TestResumingWaitsForMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &Memory{Max: 16 << 20}
		n := newNetwork(t, new(Sessions))
		n.memory = m
		c, s := n.connect(Options{})
		go s.Write(make([]byte, 1<<20))
		time.Sleep(time.Second)
		n.cut(false)
		for m.reserve(&m.out, leastShare) {
		}
		time.Sleep(10 * time.Second) // it is back, and has no memory to send with
		if m.Used() > m.Limit() {
			t.Errorf("%d bytes are held", m.Used())
		}
		m.give(&m.out, 4<<20)
		if _, err := io.CopyN(io.Discard, c, 1<<20); err != nil {
			t.Error(err)
		}
	})
}
