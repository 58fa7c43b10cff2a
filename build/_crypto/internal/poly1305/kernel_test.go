package poly1305

import (
	"bytes"
	"os"
	"testing"
)

// reach is a packet of SSH's largest size and what is around it.
const reach = 64<<10 + 1

func TestTheKernelIsUsedWhereThereIsOne(t *testing.T) {
	if want := os.Getenv("WASMIKO_SIMD") != "0"; simd != want {
		t.Errorf("simd is %v, want %v", simd, want)
	}
}

// The keys that make carries: all bits that r may have, none, and a few.
var keys = map[string]*[32]byte{
	"all bits":      (*[32]byte)(bytes.Repeat([]byte{0xff}, 32)),
	"no bit":        new([32]byte),
	"an r of one":   {0: 1},
	"r's upper end": {15: 0x0f, 16: 0xff, 31: 0xff},
	"noise":         (*[32]byte)(noise(1, 32)),
}

// Messages that make carries, or none.
var messages = map[string][]byte{
	"all bits": bytes.Repeat([]byte{0xff}, reach+16),
	"no bit":   make([]byte, reach+16),
	"noise":    noise(2, reach+16),
}

func TestTheKernelMakesTheTagThatGenericGoMakes(t *testing.T) {
	for keyName, key := range keys {
		for name, msg := range messages {
			for n := 0; n <= reach; n++ {
				if n > worthwhile+3*group && n%4099 > 1 && n < reach-2 {
					continue
				}
				at := n % 16
				if same(t, key, msg[at:at+n]); t.Failed() {
					t.Fatalf("key of %s, %d bytes of %s at offset %d: wrong", keyName, n, name, at)
				}
			}
		}
	}
}

func TestWhatTheKernelLeavesIsReduced(t *testing.T) {
	for name, msg := range messages {
		for keyName, key := range keys {
			h := New(key)
			h.Write(msg[:worthwhile+5*group])
			if h.h[2] > 4 {
				t.Errorf("key of %s, %s: the third word is %d, and generic Go counts on few", keyName, name, h.h[2])
			}
		}
	}
}

func TestAMessageInPiecesIsTheMessage(t *testing.T) {
	key, msg := keys["noise"], messages["noise"]
	for _, step := range []int{1, 15, 16, 17, worthwhile - 1, worthwhile, worthwhile + 1, 1000, 4096, 40000} {
		h := New(key)
		for rest := msg; len(rest) > 0; {
			n := min(step, len(rest))
			h.Write(rest[:n])
			rest = rest[n:]
		}
		var want [TagSize]byte
		sumGeneric(&want, msg, key)
		if !h.Verify(want[:]) {
			t.Errorf("in pieces of %d: wrong", step)
		}
	}
}

func FuzzTheKernel(f *testing.F) {
	f.Add(noise(3, 32), noise(4, worthwhile+group+7), 700)
	f.Fuzz(func(t *testing.T, key, msg []byte, cut int) {
		var k [32]byte
		copy(k[:], key)
		cut = int(uint(cut) % uint(len(msg)+1))
		h := New(&k)
		h.Write(msg[:cut])
		h.Write(msg[cut:])
		var want [TagSize]byte
		sumGeneric(&want, msg, &k)
		if !h.Verify(want[:]) {
			t.Errorf("%d bytes cut at %d: wrong", len(msg), cut)
		}
	})
}

func same(t *testing.T, key *[32]byte, msg []byte) {
	t.Helper()
	var got, want [TagSize]byte
	Sum(&got, msg, key)
	sumGeneric(&want, msg, key)
	if got != want {
		t.Errorf("got %x, want %x", got, want)
	}
}

func noise(seed byte, n int) []byte {
	p := make([]byte, n)
	for i, x := 0, uint32(seed)+1; i < n; i++ {
		x = x*1664525 + 1013904223
		p[i] = byte(x >> 24)
	}
	return p
}

func BenchmarkPacket(b *testing.B) {
	var key [32]byte
	var tag [TagSize]byte
	buf := make([]byte, 32<<10)
	b.SetBytes(int64(len(buf)))
	for b.Loop() {
		Sum(&tag, buf, &key)
	}
}
