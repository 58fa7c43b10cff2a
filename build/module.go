package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// wasmMagic opens a WebAssembly module of version 1 (Core Specification §5.5.16).
const wasmMagic = "\x00asm\x01\x00\x00\x00"

// dataSection is the id of the section that fills the memory (§5.5.2).
const dataSection = 11

// A module is a WebAssembly module as its sections, in their order.
type module []section

type section struct {
	id   byte
	body []byte
}

// errTruncated is what a module that ends too early is.
var errTruncated = errors.New("the module ends in the middle of something")

func parseModule(file []byte) (module, error) {
	rest, ok := bytes.CutPrefix(file, []byte(wasmMagic))
	if !ok {
		return nil, errors.New("not a WebAssembly module of version 1")
	}
	var m module
	for len(rest) > 0 {
		id := rest[0]
		n, width := binary.Uvarint(rest[1:])
		if width <= 0 || n > uint64(len(rest)-1-width) {
			return nil, errTruncated
		}
		rest = rest[1+width:]
		m = append(m, section{id, rest[:n]})
		rest = rest[n:]
	}
	return m, nil
}

func (m module) bytes() []byte {
	file := []byte(wasmMagic)
	for _, s := range m {
		file = append(file, s.id)
		file = binary.AppendUvarint(file, uint64(len(s.body)))
		file = append(file, s.body...)
	}
	return file
}

// data is the one data section, which every Go program has.
func (m module) data() (*section, error) {
	for i := range m {
		if m[i].id == dataSection {
			return &m[i], nil
		}
	}
	return nil, errors.New("the module has no data section")
}

// A memory is what a module's data segments put into its linear memory before
// it runs: memory[0] lies at address 0.
type memory []byte

// maxMemory is far above any core: a larger address is a misread one.
const maxMemory = 1 << 28

// parseMemory lays out active segments of memory 0 at constant offsets, which
// is all that Go's linker writes (§5.5.14).
func parseMemory(body []byte) (memory, error) {
	count, width := binary.Uvarint(body)
	if width <= 0 {
		return nil, errTruncated
	}
	body = body[width:]
	var m memory
	for range count {
		at, data, rest, err := cutSegment(body)
		if err != nil {
			return nil, err
		}
		if end := at + len(data); end > len(m) {
			m = append(m, make([]byte, end-len(m))...)
		}
		copy(m[at:], data)
		body = rest
	}
	if len(body) != 0 {
		return nil, fmt.Errorf("%d bytes follow the last data segment", len(body))
	}
	return m, nil
}

// cutSegment reads one data segment: kind 0, i32.const, end, length, bytes.
func cutSegment(body []byte) (at int, data, rest []byte, err error) {
	const active, i32Const, end = 0x00, 0x41, 0x0b
	if len(body) < 2 {
		return 0, nil, nil, errTruncated
	}
	if body[0] != active || body[1] != i32Const {
		return 0, nil, nil, fmt.Errorf("a data segment begins with % x, not as Go's linker writes them", body[:2])
	}
	offset, width, err := sleb32(body[2:])
	if err != nil {
		return 0, nil, nil, err
	}
	body = body[2+width:]
	if offset < 0 || offset > maxMemory || len(body) == 0 || body[0] != end {
		return 0, nil, nil, fmt.Errorf("a data segment lies at no plain address (%d)", offset)
	}
	n, width := binary.Uvarint(body[1:])
	if width <= 0 || n > uint64(len(body)-1-width) || n > maxMemory {
		return 0, nil, nil, errTruncated
	}
	body = body[1+width:]
	return int(offset), body[:n], body[n:], nil
}

// gap is the shortest run of zeroes that is left out of the file. Go's linker
// leaves out runs of eight, up to 100,000 times: small unpacked, but every
// segment has an address of its own, which no compressor foresees. Longer runs
// cost nearly nothing where they stand: 118 KB of brotli less. Of 16 to 4096,
// 128 was best.
const gap = 128

// dataBody writes m as data segments.
func (m memory) dataBody() []byte {
	var segments []byte
	count := 0
	zeroes := make([]byte, gap)
	for at := 0; at < len(m); {
		if m[at] == 0 {
			at++
			continue
		}
		end := len(m)
		if i := bytes.Index(m[at:], zeroes); i >= 0 {
			end = at + i
		}
		segments = append(segments, 0x00, 0x41)
		segments = appendSleb(segments, int64(at))
		segments = append(segments, 0x0b)
		segments = binary.AppendUvarint(segments, uint64(end-at))
		segments = append(segments, m[at:end]...)
		count++
		at = end
	}
	return append(binary.AppendUvarint(nil, uint64(count)), segments...)
}

// sleb32 reads a signed LEB128 number of 32 bits (§5.2.2).
func sleb32(b []byte) (n int64, width int, err error) {
	for shift := 0; width < len(b) && shift < 35; shift += 7 {
		c := b[width]
		width++
		n |= int64(c&0x7f) << shift
		if c&0x80 == 0 {
			if c&0x40 != 0 {
				n |= -1 << (shift + 7)
			}
			return n, width, nil
		}
	}
	return 0, 0, errTruncated
}

func appendSleb(b []byte, n int64) []byte {
	for {
		c := byte(n & 0x7f)
		n >>= 7
		if n == 0 && c&0x40 == 0 || n == -1 && c&0x40 != 0 {
			return append(b, c)
		}
		b = append(b, c|0x80)
	}
}
