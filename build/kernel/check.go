package kernel

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// Sections of a module (WebAssembly Core Specification §5.5.2).
const (
	typeSection, importSection, functionSection, exportSection, codeSection = 1, 2, 3, 7, 10
)

// Check refuses a module that could touch memory which it was not given: one
// with a data segment, a start function, a memory or a global of its own (where
// compilers keep a stack pointer), or an import besides the memory.
func Check(m []byte) error {
	rest, ok := bytes.CutPrefix(m, []byte("\x00asm\x01\x00\x00\x00"))
	if !ok {
		return errors.New("kernel: not a module")
	}
	may := []byte{typeSection, importSection, functionSection, exportSection, codeSection}
	for len(rest) > 0 {
		id := rest[0]
		n, width := binary.Uvarint(rest[1:])
		if width <= 0 || n > uint64(len(rest)-1-width) {
			return errors.New("kernel: the module is cut short")
		}
		body := rest[1+width : 1+width+int(n)]
		rest = rest[1+width+int(n):]
		if !slices.Contains(may, id) {
			return fmt.Errorf("kernel: the module has a section %d", id)
		}
		if id == importSection && !bytes.Equal(body, slices.Concat([]byte{1}, importedMemory())) {
			return errors.New("kernel: the module imports more than a memory")
		}
	}
	return nil
}
