package ssh

import (
	"bytes"
	"io"
	"math/rand"
	"testing"
)

// fill makes a packet of a size, and what its data should be.
func fill(r *rand.Rand, size int) (packet, want []byte) {
	packet = borrowPacket(size)
	r.Read(packet)
	return packet, bytes.Clone(packet[min(9, size):])
}

func TestPacketsUsedAgainKeepTheirBytes(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	b := newBuffer()
	var want, got []byte
	for i := range 3000 {
		size := 10 + r.Intn(largePacket+100)
		if i%3 == 0 {
			size = largePacket
		}
		packet, data := fill(r, size)
		b.writeFrom(packet, packet[9:])
		want = append(want, data...)
		// The reader is behind by a few packets, and stops within them.
		for len(want)-len(got) > 4*largePacket {
			part := make([]byte, 1+r.Intn(3*largePacket))
			n, err := b.Read(part)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, part[:n]...)
		}
		if !bytes.HasPrefix(want, got) {
			t.Fatalf("after %d packets: other bytes are read than were written", i)
		}
		want, got = want[len(got):], got[:0]
	}
	b.eof()
	rest, err := io.ReadAll(b)
	if err != nil || !bytes.Equal(rest, want) {
		t.Errorf("%d bytes are left instead of %d, or others (%v)", len(rest), len(want), err)
	}
}

func TestPacketsThatWereNotBorrowedAreLeftAlone(t *testing.T) {
	for _, size := range []int{1, smallPacket - 1, largePacket + 1} {
		if packet := borrowPacket(size); len(packet) != size || cap(packet) == largePacket {
			t.Errorf("a packet of %d bytes has %d, and room for %d", size, len(packet), cap(packet))
		}
		giveBackPacket(make([]byte, size))
	}
	for range 100 {
		if packet := borrowPacket(smallPacket); cap(packet) != largePacket {
			t.Fatalf("a packet with room for %d was lent", cap(packet))
		}
	}
}

func TestPacketsAreNotMadeAnew(t *testing.T) {
	b := newBuffer()
	buf := make([]byte, channelMaxPacket)
	allocated := testing.AllocsPerRun(1000, func() {
		packet := borrowPacket(largePacket)
		b.writeFrom(packet, packet[9:9+len(buf)])
		b.Read(buf)
	})
	// The element, and what the garbage collector took from the pool.
	if allocated > 1.5 {
		t.Errorf("%v allocations a packet", allocated)
	}
}
