package kernel

import (
	"encoding/binary"
	"maps"
	"slices"
)

// An expr is code that leaves one value on the stack.
type expr []byte

// Types of values (WebAssembly Core Specification §5.3).
type valtype byte

const (
	i32  valtype = 0x7f
	i64  valtype = 0x7e
	v128 valtype = 0x7b
)

// Instructions, by the names of the specification (§5.4).
const (
	opLoop, opEnd, opIf, opBrIf, opEmpty = 0x03, 0x0b, 0x04, 0x0d, 0x40

	opLocalGet, opLocalSet = 0x20, 0x21

	opI32Load, opI64Load, opI64Store = 0x28, 0x29, 0x37
	opI32Const, opI64Const           = 0x41, 0x42

	opI32Eq, opI32Add, opI32Sub                                = 0x46, 0x6a, 0x6b
	opI64Add, opI64Mul, opI64And, opI64Or, opI64Shl, opI64ShrU = 0x7c, 0x7e, 0x83, 0x84, 0x86, 0x88
	opI32WrapI64                                               = 0xa7

	opSIMD = 0xfd
)

// Vector instructions, which follow opSIMD.
const (
	opV128Load, opV128Load32Splat, opV128Store, opV128Const = 0x00, 0x09, 0x0b, 0x0c

	opShuffle, opI32x4Splat, opI64x2Splat  = 0x0d, 0x11, 0x12
	opI32x4ReplaceLane, opI64x2ExtractLane = 0x1c, 0x1d
	opV128And, opV128Or, opV128Xor         = 0x4e, 0x50, 0x51
	opI32x4Shl, opI32x4ShrU, opI32x4Add    = 0xab, 0xad, 0xae
	opI64x2Shl, opI64x2ShrU, opI64x2Add    = 0xcb, 0xcd, 0xce
	opI64x2ExtmulLowU, opI64x2ExtmulHighU  = 0xde, 0xdf
)

// A fn is a function without results in the making.
type fn struct {
	params, locals []valtype
	body           []byte
}

// A local is a variable of a function.
type local uint64

func (f *fn) param(t valtype) local {
	f.params = append(f.params, t)
	return local(len(f.params) - 1)
}

// local declares a variable; all parameters are declared before.
func (f *fn) local(t valtype) local {
	f.locals = append(f.locals, t)
	return local(len(f.params) + len(f.locals) - 1)
}

// vectors declares n variables of 128 bits.
func (f *fn) vectors(n int) []local {
	vs := make([]local, n)
	for i := range vs {
		vs[i] = f.local(v128)
	}
	return vs
}

func (l local) get() expr { return op(opLocalGet, uint64(l)) }

func (f *fn) emit(code expr) { f.body = append(f.body, code...) }

func (f *fn) set(l local, value expr) { f.emit(with(op(opLocalSet, uint64(l)), value)) }

// loop repeats do until left is zero.
func (f *fn) loop(left local, do func()) {
	f.emit(expr{opLoop, opEmpty})
	do()
	f.emit(with(op(opBrIf, 0), left.get()))
	f.emit(expr{opEnd})
}

func (f *fn) when(condition expr, do func()) {
	f.emit(with(expr{opIf, opEmpty}, condition))
	do()
	f.emit(expr{opEnd})
}

// op is a plain instruction with its immediates.
func op(code byte, immediates ...uint64) expr {
	e := expr{code}
	for _, n := range immediates {
		e = binary.AppendUvarint(e, n)
	}
	return e
}

// simd is a vector instruction with its immediates.
func simd(code uint64, immediates ...uint64) expr {
	return op(opSIMD, append([]uint64{code}, immediates...)...)
}

// with puts the operands before their instruction.
func with(instruction expr, operands ...expr) expr {
	return append(slices.Concat(operands...), instruction...)
}

// constant is a number of type i32 or i64.
func constant(code byte, n int64) expr {
	e := expr{code}
	for {
		b := byte(n & 0x7f)
		n >>= 7
		if done := n == 0 && b&0x40 == 0 || n == -1 && b&0x40 != 0; done {
			return append(e, b)
		}
		e = append(e, b|0x80)
	}
}

func int32s(n int64) expr { return constant(opI32Const, n) }
func int64s(n int64) expr { return constant(opI64Const, n) }

// words is a vector of four 32-bit words.
func words(a, b, c, d uint32) expr {
	e := simd(opV128Const)
	for _, w := range []uint32{a, b, c, d} {
		e = binary.LittleEndian.AppendUint32(e, w)
	}
	return e
}

// shuffle picks 32-bit words: 0 to 3 are a's, 4 to 7 b's.
func shuffle(a, b expr, lanes ...byte) expr {
	e := simd(opShuffle)
	for _, lane := range lanes {
		e = append(e, 4*lane, 4*lane+1, 4*lane+2, 4*lane+3)
	}
	return with(e, a, b)
}

// load and store add a fixed offset to an address; no alignment is promised.
func load(code uint64, address local, offset uint64) expr {
	return with(simd(code, 0, offset), address.get())
}

func (f *fn) store(address local, offset uint64, value expr) {
	f.emit(with(simd(opV128Store, 0, offset), address.get(), value))
}

// transpose makes of the rows of a 4 by 4 matrix of words its columns.
func transpose(f *fn, rows []local) {
	t := f.vectors(4)
	f.set(t[0], shuffle(rows[0].get(), rows[1].get(), 0, 4, 1, 5))
	f.set(t[1], shuffle(rows[2].get(), rows[3].get(), 0, 4, 1, 5))
	f.set(t[2], shuffle(rows[0].get(), rows[1].get(), 2, 6, 3, 7))
	f.set(t[3], shuffle(rows[2].get(), rows[3].get(), 2, 6, 3, 7))
	for i := range 2 {
		f.set(rows[2*i], shuffle(t[2*i].get(), t[2*i+1].get(), 0, 1, 4, 5))
		f.set(rows[2*i+1], shuffle(t[2*i].get(), t[2*i+1].get(), 2, 3, 6, 7))
	}
}

// importedMemory is the module's one import: a memory of any size.
func importedMemory() []byte {
	return slices.Concat(text("go"), text("mem"), []byte{0x02, 0x00, 0x00})
}

// assemble writes the functions as a module whose one import is a memory.
func assemble(fns map[string]*fn) []byte {
	names := slices.Sorted(maps.Keys(fns))
	var types, indices, exports, codes [][]byte
	for i, name := range names {
		f := fns[name]
		types = append(types, slices.Concat([]byte{0x60}, vector(f.params), []byte{0}))
		indices = append(indices, op(byte(i)))
		exports = append(exports, slices.Concat(text(name), []byte{0, byte(i)}))
		codes = append(codes, f.code())
	}
	m := []byte("\x00asm\x01\x00\x00\x00")
	for _, s := range []struct {
		id    byte
		items [][]byte
	}{
		{typeSection, types},
		{importSection, [][]byte{importedMemory()}},
		{functionSection, indices},
		{exportSection, exports},
		{codeSection, codes},
	} {
		body := binary.AppendUvarint(nil, uint64(len(s.items)))
		body = append(body, slices.Concat(s.items...)...)
		m = append(m, s.id)
		m = append(binary.AppendUvarint(m, uint64(len(body))), body...)
	}
	return m
}

func (f *fn) code() []byte {
	body := binary.AppendUvarint(nil, uint64(len(f.locals)))
	for _, t := range f.locals {
		body = append(body, 1, byte(t))
	}
	body = append(append(body, f.body...), opEnd)
	return append(binary.AppendUvarint(nil, uint64(len(body))), body...)
}

func vector(types []valtype) []byte {
	v := binary.AppendUvarint(nil, uint64(len(types)))
	for _, t := range types {
		v = append(v, byte(t))
	}
	return v
}

func text(s string) []byte {
	return append(binary.AppendUvarint(nil, uint64(len(s))), s...)
}
