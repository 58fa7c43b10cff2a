package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// pclntabMagic opens the table by which the runtime knows its functions
// (internal/abi.Go120PCLnTabMagic), here with what follows it on wasm: two
// zeroes, instructions of one byte, pointers of eight.
const pclntabMagic = "\xf1\xff\xff\xff\x00\x00\x01\x08"

// The layout of runtime._func in Go 1.26: eleven words, then npcdata words and
// nfuncdata words.
const (
	funcName    = 4
	funcPCSP    = 16
	funcPCFile  = 20
	funcPCLine  = 24
	funcNPCData = 28
	funcCU      = 32
	funcStart   = 36
	funcNData   = 43
	funcSize    = 44
)

// none is what a function has for funcdata that it does not have.
const none = ^uint32(0)

// A pclntab is Go's table of functions, within the memory that it lies in. All
// its parts are slices of that memory.
type pclntab struct {
	names []byte // function names, each ended by a zero
	units []byte // which files each compilation unit has
	files []byte // file names
	pcs   []byte // tables of (value, length) pairs that _func points into
	ftab  []byte // (entry, offset of _func) pairs, then the _funcs
	find  []byte // buckets: which function to start a search at
	count int
}

var le = binary.LittleEndian

// findPCLnTab finds the table, of which there is one.
func findPCLnTab(mem memory) (*pclntab, error) {
	at := bytes.Index(mem, []byte(pclntabMagic))
	if at < 0 {
		return nil, errors.New("there is no table of functions as Go 1.26 writes it")
	}
	if bytes.Contains(mem[at+1:], []byte(pclntabMagic)) {
		return nil, errors.New("there is more than one table of functions")
	}
	const header = 72
	if len(mem)-at < header {
		return nil, errTruncated
	}
	word := func(i int) uint64 { return le.Uint64(mem[at+8*i:]) }
	count, end := word(1), uint64(len(mem)-at)
	offsets := []uint64{word(4), word(5), word(6), word(7), word(8), end}
	for i, from := range offsets[:5] {
		if from < header || from > offsets[i+1] {
			return nil, fmt.Errorf("the table of functions has its parts at %d", offsets)
		}
	}
	part := func(i int) []byte { return mem[at+int(offsets[i]) : at+int(offsets[i+1])] }
	t := &pclntab{names: part(0), units: part(1), files: part(2), pcs: part(3), ftab: part(4), count: int(count)}
	if count == 0 || count > uint64(len(t.ftab))/8 {
		return nil, fmt.Errorf("the table of functions has %d of them in %d bytes", count, len(t.ftab))
	}
	return t, t.findBuckets(mem, at)
}

// The layout of runtime.moduledata, in words, and of findfuncbucket.
const (
	moduleFindFuncTab = 19
	moduleMinPC       = 20
	moduleMaxPC       = 21
	bucketSize        = 4 + 16
	bucketSpan        = 4096 // of program counters, of which a function on wasm has 1<<16
)

// findBuckets finds the index over the table, through the one word in memory
// that points to the table: the first of runtime.firstmoduledata.
func (t *pclntab) findBuckets(mem memory, at int) error {
	module := bytes.Index(mem, le.AppendUint64(le.AppendUint64(nil, uint64(at)), uint64(at+72)))
	if module < 0 || len(mem)-module < 8*(moduleMaxPC+1) {
		return errors.New("nothing refers to the table of functions")
	}
	word := func(i int) uint64 { return le.Uint64(mem[module+8*i:]) }
	from, pcs := word(moduleFindFuncTab), word(moduleMaxPC)-word(moduleMinPC)
	size := (pcs + bucketSpan - 1) / bucketSpan * bucketSize
	if pcs > uint64(t.count)<<16 || from > uint64(len(mem)) || size > uint64(len(mem))-from {
		return fmt.Errorf("the index over the functions lies at %d and spans %d", from, pcs)
	}
	t.find = mem[from : from+size]
	return nil
}

// A function is one runtime._func where it lies.
type function []byte

func (f function) word(at int) uint32       { return le.Uint32(f[at:]) }
func (f function) set(at int, value uint32) { le.PutUint32(f[at:], value) }

// pcdata and funcdata give where word i of the two lists lies, or false.
func (f function) pcdata(i int) (at int, ok bool) {
	return funcSize + 4*i, i < int(f.word(funcNPCData))
}

func (f function) funcdata(i int) (at int, ok bool) {
	return funcSize + 4*int(f.word(funcNPCData)) + 4*i, i < int(f[funcNData])
}

// functions gives all functions after it has checked that they are what this
// file takes them for.
func (t *pclntab) functions() ([]function, error) {
	all := make([]function, 0, t.count)
	for i := range t.count {
		entry, at := le.Uint32(t.ftab[8*i:]), uint64(le.Uint32(t.ftab[8*i+4:]))
		if at+funcSize > uint64(len(t.ftab)) {
			return nil, fmt.Errorf("function %d lies outside the table", i)
		}
		f := function(t.ftab[at:])
		lists := 4 * (uint64(f.word(funcNPCData)) + uint64(f[funcNData]))
		if f.word(0) != entry || f.word(funcNPCData) > 8 || at+funcSize+lists > uint64(len(t.ftab)) {
			return nil, fmt.Errorf("function %d is not laid out as in Go 1.26", i)
		}
		f = f[: funcSize+lists : funcSize+lists]
		if name := f.word(funcName); name > 0 && (uint64(name) >= uint64(len(t.names)) || t.names[name-1] != 0) {
			return nil, fmt.Errorf("function %d has a name in the middle of another", i)
		}
		all = append(all, f)
	}
	return all, nil
}

// table is the (value, length) table at offset at, with its end (runtime.step).
func (t *pclntab) table(at uint32) ([]byte, error) {
	if uint64(at) >= uint64(len(t.pcs)) {
		return nil, fmt.Errorf("a table at %d lies outside its %d bytes", at, len(t.pcs))
	}
	rest := t.pcs[at:]
	n := 0
	for first := true; ; first = false {
		value, width := binary.Uvarint(rest[n:])
		if width <= 0 {
			return nil, errTruncated
		}
		n += width
		if value == 0 && !first {
			return rest[:n], nil
		}
		if _, width = binary.Uvarint(rest[n:]); width <= 0 {
			return nil, errTruncated
		}
		n += width
	}
}
