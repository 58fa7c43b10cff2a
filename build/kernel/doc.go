// Package kernel writes the WebAssembly module that does the core's
// arithmetic per byte with SIMD: ChaCha20 (RFC 8439 section 2.3) four blocks
// at a time, and Poly1305 (section 2.5) in four lanes.
//
// The module works on the core's own memory, which it imports: no byte is
// copied to reach it. So it must write where it was told and nowhere else. It
// has no data segment, no stack and no global, and Check holds it to that. No
// branch and no address depends on anything but lengths.
//
// It is written in Go, as a program that assembles a program, because that
// needs neither a C compiler nor a package of anybody's: asm.go has the
// instructions, chacha20.go and poly1305.go read as what they compute.
package kernel

// Module returns the module. It imports one memory and exports two functions:
//
//	chacha20(dst, src, n, state)  n is a multiple of Span and not zero; state is
//	                              key, counter and nonce as 12 words, and stays
//	poly1305(state, msg, n)       n is a multiple of Group and not zero; state is
//	                              h (three 64-bit words) and r (two); h is updated
//
// Both take addresses of Go's memory, of any alignment; dst may be src.
func Module() []byte {
	return assemble(map[string]*fn{"chacha20": chacha20(), "poly1305": poly1305()})
}
