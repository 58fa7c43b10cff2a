package demo

import (
	"encoding/binary"
	"io"
)

// content is what a file holds. The tree's lock guards the changing kind.
type content interface {
	size() int64
	// readAt fills p from off, as io.ReaderAt does.
	readAt(p []byte, off int64) (int, error)
}

// text is content that never changes.
type text []byte

func (c text) size() int64 { return int64(len(c)) }

func (c text) readAt(p []byte, off int64) (int, error) {
	p, err := clip(p, off, c.size())
	if len(p) == 0 {
		return 0, err
	}
	return copy(p, c[off:]), err
}

// endless is content that is computed where it is read, so that its size costs
// nothing. No two of its 8-byte words near each other are alike: a shifted,
// swapped or repeated part changes the hash.
type endless int64

func (c endless) size() int64 { return int64(c) }

func (c endless) readAt(p []byte, off int64) (int, error) {
	p, err := clip(p, off, c.size())
	n := len(p)
	for ; off%8 == 0 && len(p) >= 8; p, off = p[8:], off+8 {
		binary.LittleEndian.PutUint64(p, mix(uint64(off/8)))
	}
	var word [8]byte
	for len(p) > 0 {
		skip := int(off % 8)
		binary.LittleEndian.PutUint64(word[:], mix(uint64(off/8)))
		k := copy(p, word[skip:])
		p, off = p[k:], off+int64(k)
	}
	return n, err
}

// mix spreads a counter over 64 bits: the finaliser of SplitMix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

const blockSize = 64 << 10

// maxFileSize bounds the size that a guest may give a file; what was never
// written takes no memory.
const maxFileSize = 1 << 40

// blocks is content that guests write, in any order and with holes.
type blocks struct {
	length int64
	data   map[int64]*[blockSize]byte
}

func newBlocks() *blocks { return &blocks{data: map[int64]*[blockSize]byte{}} }

func (b *blocks) size() int64 { return b.length }

func (b *blocks) readAt(p []byte, off int64) (int, error) {
	p, err := clip(p, off, b.length)
	n := len(p)
	for len(p) > 0 {
		at := off % blockSize
		part := p[:min(int64(len(p)), blockSize-at)]
		if block := b.data[off/blockSize]; block != nil {
			copy(part, block[at:])
		} else {
			clear(part)
		}
		p, off = p[len(part):], off+int64(len(part))
	}
	return n, err
}

// need is how many bytes of memory a write would add.
func (b *blocks) need(length int, off int64) int64 {
	var more int64
	for i := off / blockSize; i*blockSize < off+int64(length); i++ {
		if b.data[i] == nil {
			more += blockSize
		}
	}
	return more
}

func (b *blocks) writeAt(p []byte, off int64) {
	b.length = max(b.length, off+int64(len(p)))
	for len(p) > 0 {
		block := b.data[off/blockSize]
		if block == nil {
			block = new([blockSize]byte)
			b.data[off/blockSize] = block
		}
		n := copy(block[off%blockSize:], p)
		p, off = p[n:], off+int64(n)
	}
}

// truncate sets the length and returns how many bytes of memory it freed.
func (b *blocks) truncate(length int64) (freed int64) {
	for i, block := range b.data {
		switch start := i * blockSize; {
		case start >= length:
			delete(b.data, i)
			freed += blockSize
		case start+blockSize > length:
			clear(block[length-start:])
		}
	}
	b.length = length
	return freed
}

// clip shortens p to what lies between off and size; io.EOF if that is less
// than was asked for.
func clip(p []byte, off, size int64) ([]byte, error) {
	left := size - off
	switch {
	case off < 0 || left <= 0:
		return nil, io.EOF
	case int64(len(p)) > left:
		return p[:left], io.EOF
	}
	return p, nil
}
