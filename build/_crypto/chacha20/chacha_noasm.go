// Takes the place of the file of this name in golang.org/x/crypto where the
// core is built: see build/crypto.go.

package chacha20

import "unsafe"

const bufSize = blockSize

const (
	// span is what the kernel makes in one go: four blocks.
	span = 4 * blockSize
	// counterAt and nonceAt are where the kernel expects counter and nonce.
	counterAt, nonceAt = 32, 36
)

// The kernel reads key, counter and nonce as twelve words in a row. A Cipher
// that is laid out otherwise does not compile: the index would be negative, or
// out of range.
var (
	_ = [1]struct{}{}[unsafe.Offsetof(Cipher{}.key)]
	_ = [1]struct{}{}[unsafe.Offsetof(Cipher{}.counter)-counterAt]
	_ = [1]struct{}{}[unsafe.Offsetof(Cipher{}.nonce)-nonceAt]
)

// simd says whether the host has the kernel: build/kernel.
var simd = kernelReady() != 0

//go:wasmimport kernel ready
func kernelReady() uint32

//go:wasmimport kernel chacha20
//go:noescape
func kernelXOR(dst, src unsafe.Pointer, n uint32, state unsafe.Pointer)

func (s *Cipher) xorKeyStreamBlocks(dst, src []byte) {
	if n := len(src) - len(src)%span; simd && n > 0 {
		kernelXOR(unsafe.Pointer(&dst[:n][0]), unsafe.Pointer(&src[0]), uint32(n), unsafe.Pointer(s))
		s.counter += uint32(n / blockSize)
		dst, src = dst[n:], src[n:]
	}
	s.xorKeyStreamBlocksGeneric(dst, src)
}
