package kernel

import (
	"bytes"
	"strings"
	"testing"
)

func TestTheKernelTouchesNoMemoryOfItsOwn(t *testing.T) {
	if err := Check(Module()); err != nil {
		t.Error(err)
	}
}

func TestTheKernelIsTheSameEachTime(t *testing.T) {
	if !bytes.Equal(Module(), Module()) {
		t.Error("two modules differ")
	}
}

func TestWhatAKernelMustNotHave(t *testing.T) {
	section := func(id byte, body string) []byte {
		return append(append(Module(), id, byte(len(body))), body...)
	}
	for _, c := range []struct {
		name string
		m    []byte
		want string
	}{
		{"a data segment", section(11, "\x01\x00\x41\x00\x0b\x01x"), "section 11"},
		{"a global, such as a stack pointer", section(6, "\x01\x7f\x01\x41\x00\x0b"), "section 6"},
		{"a memory of its own", section(5, "\x01\x00\x01"), "section 5"},
		{"a table", section(4, "\x01\x70\x00\x00"), "section 4"},
		{"a function that runs by itself", section(8, "\x00"), "section 8"},
		{"another import", section(2, "\x01\x02go\x03mem\x00\x00"), "imports more"},
		{"an end in the middle", Module()[:len(Module())-1], "cut short"},
		{"no module", []byte("text"), "not a module"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := Check(c.m); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error that says %q", err, c.want)
			}
		})
	}
}

func TestNumbersAreWrittenInTheFormatsOwnWay(t *testing.T) {
	for _, c := range []struct {
		n    int64
		want []byte
	}{
		{0, []byte{opI32Const, 0}},
		{63, []byte{opI32Const, 0x3f}},
		{64, []byte{opI32Const, 0xc0, 0}},
		{-1, []byte{opI32Const, 0x7f}},
		{1<<26 - 1, []byte{opI32Const, 0xff, 0xff, 0xff, 0x1f}},
	} {
		if got := int32s(c.n); !bytes.Equal(got, c.want) {
			t.Errorf("%d: got %x, want %x", c.n, got, c.want)
		}
	}
}
