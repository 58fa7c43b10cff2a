package ssh

import "testing"

// A peer sends all that it may; the reader takes some of it each time.
func play(f *flow, window uint32, rounds int, send, take func(unread, window uint32) uint32) uint32 {
	for range rounds {
		n := send(f.unread, window)
		f.arrived(n)
		window -= n
		window += f.read(take(f.unread, window), window)
	}
	return window
}

func all(_, window uint32) uint32 { return window }

func TestTheWindowFollowsItsReader(t *testing.T) {
	everything := func(unread, _ uint32) uint32 { return unread }
	little := func(unread, _ uint32) uint32 { return min(unread, 16<<10) }
	for _, c := range []struct {
		name       string
		room       uint32
		terminal   bool
		send, take func(unread, window uint32) uint32
		want       uint32
	}{
		{"a reader that keeps up gets the most", firstRoom, false, all, everything, mostRoom},
		{"a terminal that keeps up gets the most", firstRoom, true, all, everything, mostRoom},
		{"a slow terminal gets the least", firstRoom, true, all, little, terminalRoom},
		{"a terminal that falls behind comes back to the least", mostRoom, true, all, little, terminalRoom},
		{"a slow reader gets no more than at first", firstRoom, false, all, little, firstRoom},
		{"a reader that falls behind keeps enough for a distant peer", mostRoom, false, all, little, leastRoom},
		{"one that was slow and keeps up gets the most", terminalRoom, true, all, everything, mostRoom},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &flow{room: c.room, terminal: c.terminal}
			if play(f, c.room, 2000, c.send, c.take); f.room != c.want {
				t.Errorf("the room is %d, want %d", f.room, c.want)
			}
		})
	}
}

// All that a distant peer may send comes at once, and a disk takes it in turns of
// nothing and everything.
func TestAReaderInBurstsGetsTheMost(t *testing.T) {
	const step = 32 << 10
	f := &flow{room: firstRoom}
	window := uint32(firstRoom)
	for burst := range 100 {
		f.arrived(window)
		window = 0
		for f.unread > 0 {
			window += f.read(min(step, f.unread), window)
		}
		if burst > 10 && f.room < leastRoom || window == 0 {
			t.Fatalf("after %d bursts: the room is %d, the window %d", burst, f.room, window)
		}
	}
}

func TestAPeerNeverStarves(t *testing.T) {
	for _, room := range []uint32{terminalRoom, firstRoom} {
		for _, step := range []uint32{1, 100, 4096, 32 << 10, 100_000} {
			f := &flow{room: room}
			window := room
			for range 3000 {
				n := min(step, window)
				if n == 0 {
					t.Fatalf("in steps of %d: nothing is unread and the peer may not send", step)
				}
				f.arrived(n)
				window -= n
				window += f.read(n, window)
				if window > f.room {
					t.Fatalf("in steps of %d: %d of credit in a room of %d", step, window, f.room)
				}
			}
		}
	}
}

func TestCreditIsGivenInFewMessages(t *testing.T) {
	f := &flow{room: firstRoom}
	messages, window := 0, uint32(firstRoom)
	const packets = 8192
	for range packets {
		f.arrived(32 << 10)
		window -= 32 << 10
		if grant := f.read(32<<10, window); grant > 0 {
			messages++
			window += grant
		}
	}
	if messages > packets/16 {
		t.Errorf("%d messages of credit for %d packets", messages, packets)
	}
}
