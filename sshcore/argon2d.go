package sshcore

import (
	"encoding/binary"
	"hash"
	"math/bits"

	"golang.org/x/crypto/blake2b"
)

// argonBlock is Argon2's unit of memory, 1 KiB.
type argonBlock [128]uint64

// argon2d is Argon2d of RFC 9106, which PuTTY offers and x/crypto does not
// export. Its siblings, made with the same parts, are not done here.
func argon2d(password, salt []byte, passes, memory uint32, lanes uint8, size uint32) []byte {
	m := &argonMemory{lanes: int(lanes), segment: max(int(memory)/(4*int(lanes)), 2)}
	m.length = 4 * m.segment
	m.blocks = make([]argonBlock, m.lanes*m.length)
	start := argonStart(password, salt, passes, memory, lanes, size)
	m.begin(start)
	for pass := range int(passes) {
		for slice := range 4 {
			for lane := range m.lanes {
				m.fill(pass, slice, lane)
			}
		}
	}
	// Section 3.2, the last steps: the last blocks of all lanes together.
	last := m.blocks[m.length-1]
	for lane := 1; lane < m.lanes; lane++ {
		last.xor(&m.blocks[(lane+1)*m.length-1])
	}
	return argonHash(last.bytes(), size)
}

// argonStart is H_0 of section 3.2: everything that matters, hashed.
func argonStart(password, salt []byte, passes, memory uint32, lanes uint8, size uint32) []byte {
	const version, kind = 0x13, 0
	h, _ := blake2b.New512(nil)
	number := func(n uint32) { h.Write(binary.LittleEndian.AppendUint32(nil, n)) }
	for _, n := range []uint32{uint32(lanes), size, memory, passes, version, kind} {
		number(n)
	}
	for _, text := range [][]byte{password, salt, nil, nil} { // neither a secret nor more data
		number(uint32(len(text)))
		h.Write(text)
	}
	return h.Sum(nil)
}

// argonHash is H' of section 3.3, BLAKE2b for any length.
func argonHash(data []byte, size uint32) []byte {
	head := binary.LittleEndian.AppendUint32(nil, size)
	if size <= blake2b.Size {
		h, _ := blake2b.New(int(size), nil)
		return sumOf(h, head, data)
	}
	h, _ := blake2b.New512(nil)
	v := sumOf(h, head, data)
	out := append([]byte(nil), v[:32]...)
	for left := size - 32; left > blake2b.Size; left -= 32 {
		h, _ = blake2b.New512(nil)
		v = sumOf(h, v)
		out = append(out, v[:32]...)
	}
	h, _ = blake2b.New(int(size)-len(out), nil)
	return append(out, sumOf(h, v)...)
}

func sumOf(h hash.Hash, parts ...[]byte) []byte {
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// argonMemory is the matrix of section 3.2: lanes of length blocks, each cut
// into four segments.
type argonMemory struct {
	lanes, length, segment int
	blocks                 []argonBlock
}

// begin makes the first two blocks of each lane.
func (m *argonMemory) begin(start []byte) {
	for lane := range m.lanes {
		for column := range 2 {
			seed := binary.LittleEndian.AppendUint32(append([]byte(nil), start...), uint32(column))
			seed = binary.LittleEndian.AppendUint32(seed, uint32(lane))
			m.blocks[lane*m.length+column].set(argonHash(seed, 1024))
		}
	}
}

// fill computes a segment. Others are read only where they are finished.
func (m *argonMemory) fill(pass, slice, lane int) {
	first := 0
	if pass == 0 && slice == 0 {
		first = 2
	}
	for i := first; i < m.segment; i++ {
		column := slice*m.segment + i
		previous := &m.blocks[lane*m.length+(column+m.length-1)%m.length]
		reference := &m.blocks[m.reference(previous[0], pass, slice, lane, i)]
		compress(&m.blocks[lane*m.length+column], previous, reference, pass > 0)
	}
}

// reference chooses the block to mix in, section 3.4: by the data, which is
// what makes it Argon2d.
func (m *argonMemory) reference(choice uint64, pass, slice, lane, i int) int {
	from := int(choice>>32) % m.lanes
	if pass == 0 && slice == 0 {
		from = lane
	}
	finished, start := slice*m.segment, 0
	if pass > 0 {
		finished, start = m.length-m.segment, (slice+1)*m.segment%m.length
	}
	size := finished
	switch {
	case from == lane:
		size += i - 1
	case i == 0:
		size--
	}
	x := choice & 0xffffffff
	x = x * x >> 32
	offset := size - 1 - int(uint64(size)*x>>32)
	return from*m.length + (start+offset)%m.length
}

// compress is G of section 3.5; after the first pass it mixes the new block
// into the old one.
func compress(out, a, b *argonBlock, mix bool) {
	r := *a
	r.xor(b)
	z := r
	for row := range 8 {
		permute(&z, 16*row, 2)
	}
	for column := range 8 {
		permute(&z, 2*column, 16)
	}
	z.xor(&r)
	if mix {
		z.xor(out)
	}
	*out = z
}

// permute is P of section 3.6 on sixteen words of a block: pairs that stand
// stride apart, from the first on.
func permute(z *argonBlock, first, stride int) {
	var v [16]uint64
	for i := range 8 {
		v[2*i], v[2*i+1] = z[(first+i*stride)&127], z[(first+i*stride+1)&127]
	}
	v[0], v[4], v[8], v[12] = blamka(v[0], v[4], v[8], v[12])
	v[1], v[5], v[9], v[13] = blamka(v[1], v[5], v[9], v[13])
	v[2], v[6], v[10], v[14] = blamka(v[2], v[6], v[10], v[14])
	v[3], v[7], v[11], v[15] = blamka(v[3], v[7], v[11], v[15])
	v[0], v[5], v[10], v[15] = blamka(v[0], v[5], v[10], v[15])
	v[1], v[6], v[11], v[12] = blamka(v[1], v[6], v[11], v[12])
	v[2], v[7], v[8], v[13] = blamka(v[2], v[7], v[8], v[13])
	v[3], v[4], v[9], v[14] = blamka(v[3], v[4], v[9], v[14])
	for i := range 8 {
		z[(first+i*stride)&127], z[(first+i*stride+1)&127] = v[2*i], v[2*i+1]
	}
}

// blamka is GB of section 3.6: BLAKE2b's step with a multiplication in it.
func blamka(a, b, c, d uint64) (uint64, uint64, uint64, uint64) {
	a += b + 2*uint64(uint32(a))*uint64(uint32(b))
	d = bits.RotateLeft64(d^a, -32)
	c += d + 2*uint64(uint32(c))*uint64(uint32(d))
	b = bits.RotateLeft64(b^c, -24)
	a += b + 2*uint64(uint32(a))*uint64(uint32(b))
	d = bits.RotateLeft64(d^a, -16)
	c += d + 2*uint64(uint32(c))*uint64(uint32(d))
	b = bits.RotateLeft64(b^c, -63)
	return a, b, c, d
}

func (b *argonBlock) xor(other *argonBlock) {
	for i := range b {
		b[i] ^= other[i]
	}
}

func (b *argonBlock) set(p []byte) {
	for i := range b {
		b[i] = binary.LittleEndian.Uint64(p[8*i:])
	}
}

func (b *argonBlock) bytes() []byte {
	p := make([]byte, 0, 1024)
	for _, word := range b {
		p = binary.LittleEndian.AppendUint64(p, word)
	}
	return p
}
