// Takes the place of the file of this name in golang.org/x/crypto where the
// core is built: see build/crypto.go.

package poly1305

import "unsafe"

const (
	// group is what the kernel takes in one go: four blocks.
	group = 4 * TagSize
	// worthwhile is the length from which on the kernel is the faster one: it
	// computes powers of r first.
	worthwhile = 512
)

// The kernel reads h and r as five words in a row: see chacha_noasm.go.
var (
	_ = [1]struct{}{}[unsafe.Offsetof(macState{}.h)]
	_ = [1]struct{}{}[unsafe.Offsetof(macState{}.r)-24]
)

// simd says whether the host has the kernel: build/kernel.
var simd = kernelReady() != 0

//go:wasmimport kernel ready
func kernelReady() uint32

//go:wasmimport kernel poly1305
//go:noescape
func kernelUpdate(state, msg unsafe.Pointer, n uint32)

type mac struct{ macGeneric }

func (h *mac) Write(p []byte) (int, error) {
	nn := len(p)
	if simd && nn >= worthwhile {
		if h.offset > 0 {
			n, _ := h.macGeneric.Write(p[:TagSize-h.offset])
			p = p[n:]
		}
		if n := len(p) - len(p)%group; n > 0 {
			kernelUpdate(unsafe.Pointer(&h.macState), unsafe.Pointer(&p[0]), uint32(n))
			p = p[n:]
		}
	}
	h.macGeneric.Write(p)
	return nn, nil
}
