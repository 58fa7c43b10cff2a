package kernel

// Span is how many bytes ChaCha20 makes in one go: four blocks.
const Span = 4 * block

const block = 64

// Where the counter stands in the state: after the eight words of the key.
const counterAt = 32

// chacha20 computes four blocks at once, as four lanes: vector i holds word i
// of each block's state.
func chacha20() *fn {
	f := new(fn)
	dst, src, n, state := f.param(i32), f.param(i32), f.param(i32), f.param(i32)
	counter, rounds := f.local(v128), f.local(i32)
	x := f.vectors(16)
	initial := func(i int) expr {
		switch {
		case i < 4:
			return splat([]uint32{0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}[i])
		case i == 12:
			return counter.get()
		}
		return load(opV128Load32Splat, state, uint64(4*(i-4)))
	}

	f.set(counter, add32(load(opV128Load32Splat, state, counterAt), words(0, 1, 2, 3)))
	f.loop(n, func() {
		for i := range x {
			f.set(x[i], initial(i))
		}
		f.set(rounds, int32s(10))
		f.loop(rounds, func() {
			doubleRound(f, x)
			f.set(rounds, with(op(opI32Sub), rounds.get(), int32s(1)))
		})
		for i := range x {
			f.set(x[i], add32(x[i].get(), initial(i)))
		}
		for group := 0; group < 16; group += 4 {
			transpose(f, x[group:group+4])
			for j := range 4 {
				at := uint64(block*j + 4*group)
				f.store(dst, at, xor(load(opV128Load, src, at), x[group+j].get()))
			}
		}
		f.set(counter, add32(counter.get(), splat(4)))
		for _, address := range []local{dst, src} {
			f.set(address, with(op(opI32Add), address.get(), int32s(Span)))
		}
		f.set(n, with(op(opI32Sub), n.get(), int32s(Span)))
	})
	return f
}

// doubleRound is a column round and a diagonal round.
func doubleRound(f *fn, x []local) {
	for i := range 4 {
		quarterRound(f, x[i], x[4+i], x[8+i], x[12+i])
	}
	for i := range 4 {
		quarterRound(f, x[i], x[4+(i+1)%4], x[8+(i+2)%4], x[12+(i+3)%4])
	}
}

func quarterRound(f *fn, a, b, c, d local) {
	step := func(a, b, d local, bits int) {
		f.set(a, add32(a.get(), b.get()))
		f.set(d, xor(d.get(), a.get()))
		f.set(d, rotate(d, bits))
	}
	step(a, b, d, 16)
	step(c, d, b, 12)
	step(a, b, d, 8)
	step(c, d, b, 7)
}

// rotate turns each word left. By whole bytes one shuffle does it.
func rotate(x local, bits int) expr {
	if bits%8 == 0 {
		e := simd(opShuffle)
		for i := range 16 {
			e = append(e, byte(i&^3|(i-bits/8)&3))
		}
		return with(e, x.get(), x.get())
	}
	return with(simd(opV128Or), shift(opI32x4Shl, x.get(), bits), shift(opI32x4ShrU, x.get(), 32-bits))
}

func splat(w uint32) expr { return words(w, w, w, w) }

func add32(a, b expr) expr { return with(simd(opI32x4Add), a, b) }

func xor(a, b expr) expr { return with(simd(opV128Xor), a, b) }

func and(a, b expr) expr { return with(simd(opV128And), a, b) }

func shift(code uint64, x expr, bits int) expr { return with(simd(code), x, int32s(int64(bits))) }
