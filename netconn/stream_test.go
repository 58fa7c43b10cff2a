package netconn

import (
	"bytes"
	"flag"
	"math/rand/v2"
	"testing"
)

var (
	seed  = flag.Uint64("seed", 0, "replay one schedule of TestStreamKeepsItsPromises")
	seeds = flag.Uint64("seeds", schedules, "how many schedules TestStreamKeepsItsPromises runs")
)

// world is two streams and the transports between them: side 0 dials, side 1
// is resumed. The byte at offset i of side n's stream is known, so that a model
// needs no memory.
type world struct {
	t       testing.TB
	message int // the largest that either may send
	s       [2]*stream
	windows [2]uint64
	on      [2]*transport // that the side uses; nil while it has none
	old     []*transport  // whatever still may bring something
	dialled *transport    // has RESUME or RESUMED on its way
	epoch   uint32
	cuts    int
	scratch []byte // what was read last
}

// transport is a WebSocket: messages towards each side, and a handshake.
type transport struct {
	epoch   uint32
	wire    [2][][]byte
	resume  *[2]uint64 // on its way to side 1
	resumed *[2]uint64 // on its way to side 0
}

func byteAt(side int, off uint64) byte { return byte(off*31 + off>>8 + uint64(side)*101) }

func newWorld(t testing.TB, w0, w1 uint32, message uint32) *world {
	first := new(transport)
	return &world{t: t, message: int(message), windows: [2]uint64{uint64(w0), uint64(w1)}, s: [2]*stream{
		newStream(w0, w1, message), newStream(w1, w0, message),
	}, on: [2]*transport{first, first}, old: []*transport{first}}
}

func (w *world) write(side, n int) {
	s := w.s[side]
	p := make([]byte, n)
	for i := range p {
		p[i] = byteAt(side, s.written+uint64(i))
	}
	s.write(p)
	if held := s.written - w.s[1-side].taken; held > w.windows[1-side] {
		w.t.Fatalf("side %d got rid of %d bytes that nobody has read; the window is %d", side, held, w.windows[1-side])
	}
}

func (w *world) read(side, n int) {
	s := w.s[side]
	from := s.taken
	// Used again and again: wasm preempts no loop, and what one allocates there
	// is not collected before it ends.
	w.scratch = append(w.scratch[:0], make([]byte, n)...)
	p := w.scratch[:s.read(w.scratch)]
	for i, b := range p {
		if b != byteAt(1-side, from+uint64(i)) {
			w.t.Fatalf("side %d read a wrong byte at offset %d", side, from+uint64(i))
		}
	}
}

// send moves one message from the side to the wire.
func (w *world) send(side int) bool {
	if w.on[side] == nil {
		return false
	}
	w.s[side].recycle()
	if s, other := w.s[side], w.s[1-side]; s.done() && (!other.finRead || other.rx != s.written || !s.finRead) {
		w.t.Fatalf("side %d is done; the other has received %d of %d", side, other.rx, s.written)
	}
	msg := w.s[side].poll()
	if len(msg) > w.message && msg[0] == typeData {
		w.t.Fatalf("side %d sends a message of %d bytes, the limit is %d", side, len(msg), w.message)
	}
	if msg != nil {
		wire := &w.on[side].wire[1-side]
		*wire = append(*wire, bytes.Clone(msg))
	}
	return msg != nil
}

// deliver brings the side a message of a transport, which may be a former one.
func (w *world) deliver(side int, from *transport) bool {
	if from == nil || len(from.wire[side]) == 0 || side == 0 && from == w.dialled {
		return false // or RESUMED comes first
	}
	msg := from.wire[side][0]
	from.wire[side] = from.wire[side][1:]
	if !w.s[side].current(from.epoch) {
		return true
	}
	f, err := decode(client, msg)
	if err == nil {
		err = w.s[side].onFrame(f)
	}
	if err != nil {
		w.t.Fatalf("side %d refuses an honest frame: %v", side, err)
	}
	if held := w.s[side].rx - w.s[side].taken; held > w.windows[side] {
		w.t.Fatalf("side %d holds %d bytes; its window is %d", side, held, w.windows[side])
	}
	return true
}

// cut makes one side lose its transport. The other need not know yet.
func (w *world) cut(side int) {
	if w.on[side] != nil {
		w.on[side] = nil
		w.s[side].detach()
		w.cuts++
	}
}

// dial makes side 0 try to resume, whatever became of its last attempt.
func (w *world) dial() {
	if w.on[0] != nil {
		return
	}
	w.epoch++
	rx, limit := w.s[0].point()
	w.dialled = &transport{epoch: w.epoch, resume: &[2]uint64{rx, limit}}
	w.old = append(w.old, w.dialled)
	if len(w.old) > 3 {
		w.old = w.old[1:]
	}
}

// meet makes side 1 take a RESUME, be it late or a second time.
func (w *world) meet(t *transport) {
	if t.resume == nil {
		return
	}
	s := w.s[1]
	if s.epoch >= t.epoch {
		if err := s.attach(t.epoch, t.resume[0], t.resume[1]); err != errStale {
			w.t.Fatalf("a stale transport is taken: %v", err)
		}
		return
	}
	w.cut(1)
	if err := s.attach(t.epoch, t.resume[0], t.resume[1]); err != nil {
		w.t.Fatalf("an honest RESUME is refused: %v", err)
	}
	rx, limit := s.point()
	t.resumed = &[2]uint64{rx, limit}
	w.on[1] = t
}

// reach makes side 0 take the RESUMED of its last attempt.
func (w *world) reach() {
	t := w.dialled
	if t == nil || t.resumed == nil || w.on[0] != nil {
		return
	}
	if err := w.s[0].attach(t.epoch, t.resumed[0], t.resumed[1]); err != nil {
		w.t.Fatalf("an honest RESUMED is refused: %v", err)
	}
	w.on[0], w.dialled = t, nil
}

// resume makes both sides use the same, new transport.
func (w *world) resume() {
	w.cut(0)
	w.dial()
	w.meet(w.dialled)
	w.reach()
}

// step does one thing, chosen by op and n.
func (w *world) step(op byte, n int) {
	side := int(op & 1)
	switch op >> 1 % 10 {
	case 0:
		w.write(side, n)
	case 1:
		w.read(side, n)
	case 2, 3:
		w.send(side)
	case 4:
		w.deliver(side, w.on[side])
	case 5:
		w.deliver(side, w.old[n%len(w.old)])
	case 6:
		if w.on[side] != nil {
			w.s[side].wantAck()
		}
	case 7:
		if n == 0 {
			w.s[side].closeWrite()
		}
	case 8:
		w.change(side, n)
	case 9:
		if side == 0 {
			w.reach()
		} else {
			w.meet(w.old[n%len(w.old)])
		}
	}
}

// change cuts or dials.
func (w *world) change(side, n int) {
	switch {
	case side == 1 && n%4 > 0:
		w.dial()
	case n%3 == 0:
		w.cut(side)
	case n%7 == 0:
		w.cut(0)
		w.cut(1)
	}
}

// settle makes the network work, ends both directions and lets everything that
// was written arrive.
func (w *world) settle() {
	w.resume()
	w.flow()
	for side, s := range w.s {
		before := s.written
		if w.write(side, 1); s.written == before && !s.finWritten {
			w.t.Fatalf("side %d has no credit although all was read", side)
		}
		s.closeWrite()
	}
	w.flow()
	for side, s := range w.s {
		other := w.s[1-side]
		if !s.eof() || !s.done() || s.taken != other.written || s.acked != s.written || len(s.held) > 0 || s.unsent() {
			w.t.Fatalf("side %d: eof %v, done %v, read %d of %d", side, s.eof(), s.done(), s.taken, other.written)
		}
	}
}

// flow lets everything that was written arrive and be read.
func (w *world) flow() {
	for moved := true; moved; {
		moved = false
		for side := range w.s {
			w.s[side].wantAck()
			for w.send(side) || w.deliver(side, w.on[side]) {
				moved = true
			}
			before := w.s[side].taken
			w.read(side, 1<<16)
			moved = moved || w.s[side].taken > before
		}
	}
}

func (w *world) run(seed uint64) {
	r := rand.New(rand.NewPCG(seed, 1))
	size := 1 + r.IntN(60)
	ops := r.Perm(20)
	for range 300 {
		n := r.IntN(size)
		op := ops[min(r.IntN(20), r.IntN(24))%20] // a different mixture with each seed
		if op>>1 == 7 && r.IntN(50) > 0 {
			continue
		}
		w.step(byte(op), n)
	}
	w.settle()
}

func TestStreamKeepsItsPromises(t *testing.T) {
	first, last := uint64(1), *seeds
	if *seed != 0 {
		first, last = *seed, *seed
	}
	cuts := 0
	for seed := first; seed <= last; seed++ {
		r := rand.New(rand.NewPCG(seed, 2))
		w := newWorld(t, 1+r.Uint32N(40), 1+r.Uint32N(40), dataHeader+1+r.Uint32N(30))
		w.widen(0, 1+r.Uint64N(4))
		w.widen(1, 1+r.Uint64N(4))
		func() {
			defer func() {
				if t.Failed() {
					t.Logf("replay with -run %s -seed %d", t.Name(), seed)
				}
			}()
			w.run(seed)
		}()
		cuts += w.cuts
	}
	t.Logf("%d schedules with %d cuts", last-first+1, cuts)
}

func FuzzStreamSchedule(f *testing.F) {
	f.Add(uint16(4), uint16(9), uint16(3), []byte("\x00\x09\x04\x01\x07\x00\x03\x02\x0a\x00"))
	f.Fuzz(func(t *testing.T, w0, w1, message uint16, schedule []byte) {
		w := newWorld(t, 1+uint32(w0), 1+uint32(w1), dataHeader+1+uint32(message))
		for ; len(schedule) >= 2; schedule = schedule[2:] {
			w.step(schedule[0], int(schedule[1])*int(schedule[1]))
		}
		w.settle()
	})
}

// FuzzStreamHostile lets the other side say anything.
func FuzzStreamHostile(f *testing.F) {
	f.Add(appendAck(nil, 0, 100), appendNumber(nil, typeFin, 0), []byte("\x10\x00\x00\x00\x00\x00\x00\x00\x00abc"))
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		const window = 64
		s := newStream(window, 8, 100)
		s.write(make([]byte, 20))
		s.poll()
		for _, msg := range [][]byte{a, b, c, a, b, c} {
			before := *s
			fr, err := decode(client, msg)
			if err != nil {
				continue
			}
			if err = s.onFrame(fr); err != nil {
				wantCode(t, err, CodeProtocol)
				if s.rx != before.rx || s.limit != before.limit || s.acked != before.acked || s.finRead != before.finRead {
					t.Fatal("a refused frame has changed the state")
				}
			}
			if s.rx-s.taken > window || s.acked > s.sent || s.sent > s.written || s.written > s.limit {
				t.Fatalf("a bound is broken: %+v", s)
			}
			s.write(make([]byte, 3))
			s.recycle()
			s.poll()
			s.read(make([]byte, 5))
		}
	})
}

func TestStreamRefuses(t *testing.T) {
	data := func(off uint64, n int) frame { return frame{kind: typeData, off: off, payload: make([]byte, n)} }
	fin := func(off uint64) frame { return frame{kind: typeFin, off: off} }
	ack := func(rx, limit uint64) frame { return frame{kind: typeAck, off: rx, limit: limit} }
	for _, c := range []struct {
		name   string
		before []frame
		bad    frame
	}{
		{"a gap in DATA", []frame{data(0, 3)}, data(4, 1)},
		{"an overlap in DATA", []frame{data(0, 3)}, data(2, 1)},
		{"DATA past the limit", []frame{data(0, 9)}, data(9, 2)},
		{"more in one DATA than the window", nil, data(0, 11)},
		{"DATA after FIN", []frame{fin(0)}, data(0, 1)},
		{"FIN before its offset", []frame{data(0, 3)}, fin(2)},
		{"FIN past its offset", []frame{data(0, 3)}, fin(4)},
		{"a second FIN", []frame{fin(0)}, fin(0)},
		{"an ACK of bytes that were not sent", nil, ack(6, 20)},
		{"an ACK that goes back", []frame{ack(4, 20)}, ack(3, 20)},
		{"credit that is taken back", []frame{ack(0, 20)}, ack(0, 19)},
		{"a frame that is not its own", nil, frame{kind: typePing}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStream(10, 15, 1000)
			s.write(make([]byte, 5))
			s.poll()
			s.write(make([]byte, 5)) // written and not sent
			for _, f := range c.before {
				if err := s.onFrame(f); err != nil {
					t.Fatal(err)
				}
			}
			wantCode(t, s.onFrame(c.bad), CodeProtocol)
		})
	}
}

func TestStreamEndsAfterItsLastByteWasRead(t *testing.T) {
	s := newStream(10, 10, maxMessage)
	for _, f := range []frame{{kind: typeData, payload: []byte("ab")}, {kind: typeFin, off: 2}} {
		if err := s.onFrame(f); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if s.eof() {
			t.Error("the end comes before the last byte")
		}
		s.read(make([]byte, 1))
	}
	if !s.eof() {
		t.Error("the end does not come")
	}
}

func TestStreamGathersSmallWritesBehindASlowSocket(t *testing.T) {
	s := newStream(1, 1<<20, maxMessage)
	for range 1000 {
		s.write([]byte("0123456789"))
	}
	var sizes []int
	for msg := s.poll(); msg != nil; msg = s.poll() {
		sizes = append(sizes, len(msg)-dataHeader)
		s.recycle()
	}
	if len(sizes) != 2 || sizes[0] != 10 || sizes[1] != 9990 {
		t.Errorf("sent messages of %v bytes, want 10 and 9990", sizes)
	}
	if s.recycle(); s.inFlight != nil {
		t.Error("an idle stream holds a buffer")
	}
}

func TestStreamStoresOneByteFramesInLittleMemory(t *testing.T) {
	s := newStream(1<<20, 1, maxMessage)
	for off := range uint64(1 << 20) {
		if err := s.onFrame(frame{kind: typeData, off: off, payload: []byte{1}}); err != nil {
			t.Fatal(err)
		}
	}
	held := 0
	for _, b := range s.unread {
		held += cap(b.rest)
	}
	if held > 2<<20 || len(s.unread) > 1000 {
		t.Errorf("1 MiB of unread bytes is held in %d bytes and %d pieces", held, len(s.unread))
	}
}

func TestStreamDoesNotAllocatePerMessage(t *testing.T) {
	s := newStream(1<<20, 1<<31, maxMessage)
	p := make([]byte, chunk)
	s.write(p)
	s.write(p)
	if n := testing.AllocsPerRun(100, func() {
		s.recycle()
		s.poll()
		s.recycle()
		s.onAck(s.sent, s.limit)
		s.write(p)
	}); n > 1 {
		t.Errorf("%v allocations a message", n)
	}
}

func TestStreamGivesBuffersBack(t *testing.T) {
	s := newStream(1<<30, 1, maxMessage)
	p := make([]byte, largeChunk)
	if n := testing.AllocsPerRun(100, func() {
		msg := borrow(dataHeader + largeChunk)
		putData(msg, s.rx)
		f, err := decode(client, msg)
		if err == nil {
			err = s.onFrame(f)
		}
		if err != nil {
			t.Fatal(err)
		}
		for s.read(p) > 0 {
		}
	}); n > 2 {
		t.Errorf("%v allocations a message", n)
	}
}

func TestMessagesAreAsLargeAsTheirSideMaySend(t *testing.T) {
	for name, test := range map[string]struct {
		message, window uint32
		want            int
	}{
		"a client's are 64 KiB":                     {dataHeader + chunk, 4 << 20, dataHeader + chunk},
		"a relay's are 256 KiB":                     {dataHeader + largeChunk, 4 << 20, dataHeader + largeChunk},
		"none is larger than the receiver's window": {dataHeader + largeChunk, 1000, dataHeader + 1000},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStream(1, test.window, test.message)
			s.write(make([]byte, 1<<20))
			if got := len(s.poll()); got != test.want {
				t.Errorf("the first message has %d bytes, want %d", got, test.want)
			}
		})
	}
}
