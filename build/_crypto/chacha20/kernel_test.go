package chacha20

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

// lengths are all around the kernel's steps, and fewer further on.
func lengths() []int {
	var ns []int
	for n := 1; n <= reach; n++ {
		if n <= 3*span || n%(16*span) <= 1 || n%4093 == 0 || n >= reach-3 {
			ns = append(ns, n)
		}
	}
	return ns
}

func TestTheKernelMakesTheBytesThatGenericGoMakes(t *testing.T) {
	src, dst, want := noise(1, reach+32), make([]byte, reach+48), make([]byte, reach+32)
	for _, n := range lengths() {
		from, to := n%17, n%13 // every alignment that matters, in every mixture
		fast, slow := pair(t, uint32(n))
		clear(dst[:to+n+16])
		fast.XORKeyStream(dst[to:to+n], src[from:from+n])
		generic(slow, want[:n], src[from:from+n])
		if !bytes.Equal(dst[to:to+n], want[:n]) {
			t.Fatalf("%d bytes from offset %d to %d are wrong", n, from, to)
		}
		if fast.counter != slow.counter {
			t.Fatalf("after %d bytes the counter is %d, want %d", n, fast.counter, slow.counter)
		}
		for i, b := range dst[to+n : to+n+16] {
			if b != 0 || i < to && dst[i] != 0 {
				t.Fatalf("%d bytes to offset %d: bytes beside them are written", n, to)
			}
		}
	}
}

func TestTheKernelWorksInPlaceAtEveryAlignment(t *testing.T) {
	for at := range 65 {
		n := 5*span + at
		buf := noise(byte(at), 65+n)
		want := make([]byte, n)
		fast, slow := pair(t, 7)
		generic(slow, want, buf[at:at+n])
		fast.XORKeyStream(buf[at:at+n], buf[at:at+n])
		if !bytes.Equal(buf[at:at+n], want) {
			t.Fatalf("in place at %d: wrong", at)
		}
	}
}

func TestAStreamInPiecesIsTheStream(t *testing.T) {
	src := noise(3, reach)
	fast, slow := pair(t, 0)
	got, want := make([]byte, reach), make([]byte, reach)
	for at, n := 0, 1; at < reach; at, n = at+n, n*5%1999+1 {
		n = min(n, reach-at)
		fast.XORKeyStream(got[at:at+n], src[at:at+n])
	}
	generic(slow, want, src)
	if !bytes.Equal(got, want) {
		t.Error("wrong")
	}
}

func TestTheKernelComesToTheCountersEnd(t *testing.T) {
	const blocks = 4 * 5
	src := noise(9, blocks*blockSize)
	fast, slow := pair(t, 1<<32-blocks)
	got, want := make([]byte, len(src)), make([]byte, len(src))
	fast.XORKeyStream(got, src)
	generic(slow, want, src)
	if !bytes.Equal(got, want) {
		t.Error("wrong")
	}
	defer func() {
		if recover() == nil {
			t.Error("a stream past its end does not panic")
		}
	}()
	fast.XORKeyStream(got[:1], src[:1])
}

// The kernel imports the memory itself: it sees it grow, as a view would not.
func TestTheKernelReachesMemoryThatWasAddedLater(t *testing.T) {
	var kept [][]byte
	for range 24 {
		buf := make([]byte, 4<<20)
		kept = append(kept, buf)
		last := buf[len(buf)-4*span:]
		fast, slow := pair(t, 0)
		want := make([]byte, len(last))
		generic(slow, want, last)
		fast.XORKeyStream(last, last)
		if !bytes.Equal(last, want) {
			t.Fatalf("wrong after %d MiB", 4*len(kept))
		}
	}
}

func FuzzTheKernel(f *testing.F) {
	f.Add([]byte("seed"), uint32(0), 0)
	f.Add(noise(2, 5*span+3), uint32(1<<31), 3)
	f.Fuzz(func(t *testing.T, src []byte, counter uint32, at int) {
		if uint64(counter)+uint64(len(src)/blockSize)+2 > 1<<32 || len(src) == 0 {
			return
		}
		at = int(uint(at) % 64)
		fast, slow := pair(t, counter)
		got, want := make([]byte, at+len(src)), make([]byte, len(src))
		fast.XORKeyStream(got[at:], src)
		generic(slow, want, src)
		if !bytes.Equal(got[at:], want) {
			t.Errorf("%d bytes to offset %d: wrong", len(src), at)
		}
	})
}

// generic does the whole stream with x/crypto's own code.
func generic(s *Cipher, dst, src []byte) {
	padded := make([]byte, (len(src)+blockSize-1)/blockSize*blockSize)
	copy(padded, src)
	s.xorKeyStreamBlocksGeneric(padded, padded)
	copy(dst, padded)
}

func pair(t *testing.T, counter uint32) (a, b *Cipher) {
	t.Helper()
	key, nonce := noise(5, KeySize), noise(6, NonceSize)
	for _, c := range []**Cipher{&a, &b} {
		made, err := NewUnauthenticatedCipher(key, nonce)
		if err != nil {
			t.Fatal(err)
		}
		made.SetCounter(counter)
		*c = made
	}
	return a, b
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
	c, _ := NewUnauthenticatedCipher(make([]byte, KeySize), make([]byte, NonceSize))
	buf := make([]byte, 32<<10)
	b.SetBytes(int64(len(buf)))
	for b.Loop() {
		c.counter = 0
		c.XORKeyStream(buf, buf)
	}
}
