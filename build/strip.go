package main

import "fmt"

// What nothing but a debugger, a preempting signal or the printing of
// arguments asks for, none of which the core has (internal/abi, symtab.go):
// wasm preempts nothing asynchronously.
var (
	idlePCData   = []int{0, 3}    // UnsafePoint, ArgLiveIndex
	idleFuncData = []int{5, 6, 7} // ArgInfo, ArgLiveInfo, WrapInfo
)

// strip takes from the runtime's tables what the running program can do
// without: which line of which file an instruction comes from. Stack maps,
// frame sizes, defers, inlining and all names stay, so a trace still names
// its functions, with offsets, and says "?" for the file.
func strip(mem memory) error {
	t, err := findPCLnTab(mem)
	if err != nil {
		return err
	}
	functions, err := t.functions()
	if err != nil {
		return err
	}
	for _, f := range functions {
		forget(f)
	}
	if err := t.compact(functions); err != nil {
		return err
	}
	if err := t.coarsen(); err != nil {
		return err
	}
	clear(t.units)
	clear(t.files)
	return nil
}

// forget drops a function's references to what strip takes away. A table at
// offset 0 is the runtime's word for none.
func forget(f function) {
	for _, at := range []int{funcPCFile, funcPCLine, funcCU, funcStart} {
		f.set(at, 0)
	}
	for _, i := range idlePCData {
		if at, ok := f.pcdata(i); ok {
			f.set(at, 0)
		}
	}
	for _, i := range idleFuncData {
		if at, ok := f.funcdata(i); ok {
			f.set(at, none)
		}
	}
}

// compact moves the tables that are still referred to together, in the order
// of their first use, and clears the rest.
func (t *pclntab) compact(functions []function) error {
	kept := make([]byte, 1, len(t.pcs)) // offset 0 means none
	moved := map[uint32]uint32{0: 0}
	for _, f := range functions {
		places := []int{funcPCSP}
		for i := range int(f.word(funcNPCData)) {
			at, _ := f.pcdata(i)
			places = append(places, at)
		}
		for _, at := range places {
			from := f.word(at)
			if _, ok := moved[from]; !ok {
				table, err := t.table(from)
				if err != nil {
					return err
				}
				moved[from] = uint32(len(kept))
				kept = append(kept, table...)
			}
			f.set(at, moved[from])
		}
	}
	clear(t.pcs[copy(t.pcs, kept):])
	return nil
}

// stride is how many functions share a place to start the search for one.
const stride = 8

// coarsen makes the index over the functions say nearly the same everywhere.
// It holds 16 buckets for each of them, 2 MB, and findfunc goes on from where a
// bucket points to anyway: now by up to seven steps.
func (t *pclntab) coarsen() error {
	for at := 0; at < len(t.find); at += bucketSize {
		i := le.Uint32(t.find[at:])
		if i != uint32(at/bucketSize*bucketSpan>>16) {
			return fmt.Errorf("bucket %d of the functions' index points to %d", at/bucketSize, i)
		}
		le.PutUint32(t.find[at:], i/stride*stride)
	}
	return nil
}
