package kernel

// Group is how many bytes Poly1305 takes in one go: four blocks of 16.
const Group = 64

// A number modulo 2¹³⁰ - 5 is five limbs of 26 bits, least significant first.
// A vector holds one limb of four numbers.
const (
	limbs     = 5
	limbBits  = 26
	limbMask  = 1<<limbBits - 1
	pad       = 1 << 24 // 2¹²⁸, which stands above each block, in the last limb
	stateR    = 24      // where r begins in the state, behind the three words of h
	byteWords = 4       // 32-bit words in a block
)

// poly1305 adds blocks in four lanes. Lane j takes blocks j, j+4, j+8…, so each
// step multiplies by r⁴; the last one multiplies lane j by r⁴⁻ʲ instead, and
// the sum of the lanes is what one block after another would have given.
func poly1305() *fn {
	f := new(fn)
	state, msg, n := f.param(i32), f.param(i32), f.param(i32)
	h, r, powers := f.vectors(limbs), f.vectors(limbs), f.vectors(limbs)
	p := newProduct(f)

	for i, limb := range limbsOf(f, state, stateR, 2) {
		f.set(r[i], with(simd(opI32x4Splat), limb))
	}
	raise(f, p, r, powers)
	for i := range r {
		f.set(r[i], shuffle(powers[i].get(), powers[i].get(), 0, 0, 0, 0))
	}
	p.by(f, r)
	for i, limb := range limbsOf(f, state, 0, 3) {
		f.set(h[i], with(simd(opI32x4ReplaceLane, 0), splat(0), limb))
	}
	f.loop(n, func() {
		addBlocks(f, h, msg)
		f.when(with(op(opI32Eq), n.get(), int32s(Group)), func() { p.by(f, powers) })
		p.multiply(f, h)
		p.carry(f)
		p.pack(f, h)
		f.set(msg, with(op(opI32Add), msg.get(), int32s(Group)))
		f.set(n, with(op(opI32Sub), n.get(), int32s(Group)))
	})
	p.sum(f, state)
	return f
}

// limbsOf cuts a number of n 64-bit words in memory into limbs, as i32. The
// last one takes all that is left: h may be a little above 2¹³⁰.
func limbsOf(f *fn, base local, offset uint64, n int) []expr {
	w := make([]local, 3)
	for i := range w {
		w[i] = f.local(i64)
		if i < n {
			f.set(w[i], with(op(opI64Load, 0, offset+uint64(8*i)), base.get()))
		} else {
			f.set(w[i], int64s(0))
		}
	}
	out := make([]expr, limbs)
	for i := range out {
		word, bit := i*limbBits/64, i*limbBits%64
		e := with(op(opI64ShrU), w[word].get(), int64s(int64(bit)))
		if bit+limbBits > 64 {
			e = with(op(opI64Or), e, with(op(opI64Shl), w[word+1].get(), int64s(int64(64-bit))))
		}
		if i < limbs-1 {
			e = with(op(opI64And), e, int64s(limbMask))
		}
		out[i] = with(op(opI32WrapI64), e)
	}
	return out
}

// raise makes of r in all lanes the powers r⁴, r³, r², r: by squaring, and then
// by multiplying r² with r², r and 1.
func raise(f *fn, p *product, r, powers []local) {
	square := f.vectors(limbs)
	for i := range r {
		f.set(powers[i], r[i].get())
	}
	times := func(factor []local) {
		p.by(f, factor)
		p.multiply(f, powers)
		p.carry(f)
		p.pack(f, powers)
	}
	times(r)
	for i := range square {
		f.set(square[i], powers[i].get())
		f.set(powers[i], shuffle(powers[i].get(), r[i].get(), 0, 4, 0, 0))
		one := int64(0)
		if i == 0 {
			one = 1
		}
		f.set(powers[i], with(simd(opI32x4ReplaceLane, 2), powers[i].get(), int32s(one)))
	}
	times(square)
	for i := range powers {
		f.set(powers[i], shuffle(powers[i].get(), r[i].get(), 0, 1, 2, 7))
	}
}

// addBlocks adds four blocks to h, one to each lane.
func addBlocks(f *fn, h []local, msg local) {
	w := f.vectors(byteWords)
	for i := range w {
		f.set(w[i], load(opV128Load, msg, uint64(16*i)))
	}
	transpose(f, w)
	for i := range h {
		word, bit := i*limbBits/32, i*limbBits%32
		e := w[word].get()
		if bit > 0 {
			e = shift(opI32x4ShrU, e, bit)
		}
		if bit+limbBits > 32 && word+1 < len(w) {
			e = with(simd(opV128Or), e, shift(opI32x4Shl, w[word+1].get(), 32-bit))
		}
		if i < limbs-1 {
			e = and(e, splat(limbMask))
		} else {
			e = with(simd(opV128Or), e, splat(pad))
		}
		f.set(h[i], add32(h[i].get(), e))
	}
}

// A product is a multiplication of four numbers: its factor and its result,
// whose limbs are 64 bits wide, lanes 0 and 1 in low, 2 and 3 in high.
type product struct {
	factor, five []local // five[i] is 5*factor[i]: 2¹³⁰ is 5
	low, high    []local
}

func newProduct(f *fn) *product {
	return &product{f.vectors(limbs), f.vectors(limbs), f.vectors(limbs), f.vectors(limbs)}
}

// by sets the factor.
func (p *product) by(f *fn, factor []local) {
	for i := range factor {
		f.set(p.factor[i], factor[i].get())
		f.set(p.five[i], add32(factor[i].get(), shift(opI32x4Shl, factor[i].get(), 2)))
	}
}

// multiply leaves a times the factor, not yet carried. The limbs of a are below
// 2²⁷·⁵ and those of the factor below 2²⁶·¹, so that the sum of five products,
// four of them times 5, is below 2⁵⁸.
func (p *product) multiply(f *fn, a []local) {
	for _, half := range []struct {
		mul uint64
		out []local
	}{{opI64x2ExtmulLowU, p.low}, {opI64x2ExtmulHighU, p.high}} {
		for k := range limbs {
			var sum expr
			for i := range limbs {
				b := p.factor
				if i > k {
					b = p.five
				}
				term := with(simd(half.mul), a[i].get(), b[(k-i+limbs)%limbs].get())
				if sum != nil {
					term = add64(sum, term)
				}
				sum = term
			}
			f.set(half.out[k], sum)
		}
	}
}

// carry brings every limb back to 26 bits, or at most a few more than 2²⁶.
func (p *product) carry(f *fn) {
	for _, d := range [][]local{p.low, p.high} {
		for _, from := range []int{0, 3, 1, 4, 2, 0, 3} {
			carryLimb(f, d, from)
		}
	}
}

func carryLimb(f *fn, d []local, from int) {
	to := (from + 1) % limbs
	over := f.local(v128)
	f.set(over, shift(opI64x2ShrU, d[from].get(), limbBits))
	f.set(d[from], and(d[from].get(), words(limbMask, 0, limbMask, 0)))
	if to == 0 {
		f.set(over, add64(over.get(), shift(opI64x2Shl, over.get(), 2)))
	}
	f.set(d[to], add64(d[to].get(), over.get()))
}

// pack puts the limbs of all four numbers back into words.
func (p *product) pack(f *fn, a []local) {
	for i := range a {
		f.set(a[i], shuffle(p.low[i].get(), p.high[i].get(), 0, 2, 4, 6))
	}
}

// sum adds the four numbers and writes the result to h. Carried to the end,
// with nothing above the third word but what h may hold there (a few).
func (p *product) sum(f *fn, state local) {
	l := make([]local, limbs)
	for i := range l {
		l[i] = f.local(i64)
		both := f.local(v128)
		f.set(both, add64(p.low[i].get(), p.high[i].get()))
		f.set(l[i], with(op(opI64Add), with(simd(opI64x2ExtractLane, 0), both.get()), with(simd(opI64x2ExtractLane, 1), both.get())))
	}
	for _, from := range []int{0, 1, 2, 3, 4, 0, 1, 2, 3} {
		to := (from + 1) % limbs
		over := with(op(opI64ShrU), l[from].get(), int64s(limbBits))
		if to == 0 {
			over = with(op(opI64Mul), over, int64s(5))
		}
		f.set(l[to], with(op(opI64Add), l[to].get(), over))
		f.set(l[from], with(op(opI64And), l[from].get(), int64s(limbMask)))
	}
	at := func(i, bit int) expr { return with(op(opI64Shl), l[i].get(), int64s(int64(bit))) }
	or := func(a, b expr) expr { return with(op(opI64Or), a, b) }
	down := func(i, bit int) expr { return with(op(opI64ShrU), l[i].get(), int64s(int64(bit))) }
	for i, word := range []expr{
		or(or(at(0, 0), at(1, 26)), at(2, 52)),
		or(or(down(2, 12), at(3, 14)), at(4, 40)),
		down(4, 24),
	} {
		f.emit(with(op(opI64Store, 0, uint64(8*i)), state.get(), word))
	}
}

func add64(a, b expr) expr { return with(simd(opI64x2Add), a, b) }
