package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestAPackedMemoryIsTheMemory(t *testing.T) {
	long := make([]byte, 3*gap)
	for name, want := range map[string]memory{
		"nothing":                         {},
		"one byte at address 0":           {7},
		"a lone byte far away":            append(long[:len(long):len(long)], 7),
		"a short run of zeroes inside":    append(append(memory{1}, make([]byte, gap-1)...), 2),
		"a run that is just long enough":  append(append(memory{1}, make([]byte, gap)...), 2),
		"two runs, and bytes of all sort": append(append(append(memory{0xff, 0x80}, long...), 0x7f, 0x40), append(long[:len(long):len(long)], 0x0b)...),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseMemory(want.dataBody())
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("got % x, want % x", got, want)
			}
		})
	}
}

func TestNumbersSurviveLEB128(t *testing.T) {
	for _, want := range []int64{0, 1, 63, 64, 127, 128, 8191, 8192, maxMemory, -1, -64, -65, -1 << 31, 1<<31 - 1} {
		b := appendSleb(nil, want)
		got, width, err := sleb32(append(b, 0xaa))
		if err != nil || got != want || width != len(b) {
			t.Errorf("sleb32(% x) = %d, %d, %v; want %d, %d", b, got, width, err, want, len(b))
		}
	}
}

func TestAModuleThatIsNotGosIsRefused(t *testing.T) {
	for name, tt := range map[string]struct{ file, want string }{
		"no module":                {"hello, world", "not a WebAssembly module"},
		"a section cut short":      {wasmMagic + "\x0b\x05\x01", "middle of something"},
		"no data":                  {wasmMagic + "\x01\x01\x00", "no data section"},
		"a passive segment":        {wasmMagic + "\x0b\x04\x01\x01\x01\x00", "not as Go's linker writes them"},
		"a segment cut short":      {wasmMagic + "\x0b\x06\x01\x00\x41\x05\x0b\x09", "middle of something"},
		"a segment below zero":     {wasmMagic + "\x0b\x07\x01\x00\x41\x7f\x0b\x01\x00", "no plain address"},
		"bytes after the segments": {wasmMagic + "\x0b\x08\x01\x00\x41\x08\x0b\x01\x01\xcc", "follow the last data segment"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := pack([]byte(tt.file)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}
