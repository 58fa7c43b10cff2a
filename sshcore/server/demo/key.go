package demo

import (
	"bufio"
	"io"
)

// A key is a character, or one of the keys that have none. Control characters
// are themselves.
type key rune

const (
	keyUp key = -1 - iota
	keyDown
	keyLeft
	keyRight
	keyHome
	keyEnd
	keyDelete
	keyEscape
	keyOther  // a sequence that means nothing to the board
	keyResize // the window has another size
)

const (
	keyCtrlA     key = 0x01
	keyCtrlB     key = 0x02
	keyCtrlC     key = 0x03
	keyCtrlD     key = 0x04
	keyCtrlE     key = 0x05
	keyCtrlF     key = 0x06
	keyCtrlK     key = 0x0b
	keyCtrlL     key = 0x0c
	keyEnter     key = 0x0d
	keyCtrlN     key = 0x0e
	keyCtrlP     key = 0x10
	keyCtrlU     key = 0x15
	keyCtrlW     key = 0x17
	keyBackspace key = 0x7f
)

// decoder turns what a terminal sends into keys.
type decoder struct {
	in     *bufio.Reader
	wasCR  bool
	wasEsc bool
}

func newDecoder(r io.Reader) *decoder { return &decoder{in: bufio.NewReader(r)} }

// next returns the next key. A UTF-8 character may arrive in pieces.
func (d *decoder) next() (key, error) {
	r, _, err := d.in.ReadRune()
	if err != nil {
		return 0, err
	}
	afterCR, afterEsc := d.wasCR, d.wasEsc
	d.wasCR, d.wasEsc = r == '\r', false
	switch {
	case r == '\n' && afterCR:
		return d.next()
	case r == '\n':
		return keyEnter, nil
	case r == '\b':
		return keyBackspace, nil
	case r == '\x1b':
		return d.escape()
	case afterEsc && (r == '[' || r == 'O'):
		// The sequence came in two packets; its Escape was given out.
		return d.sequence()
	}
	return key(r), nil
}

// escape reads what follows ESC. Terminals send a sequence in one piece, so if
// nothing is there, it was the key.
func (d *decoder) escape() (key, error) {
	if d.in.Buffered() == 0 {
		d.wasEsc = true
		return keyEscape, nil
	}
	r, _, err := d.in.ReadRune()
	switch {
	case err != nil:
		return 0, err
	case r == '[' || r == 'O':
		return d.sequence()
	case r == '\x1b':
		d.in.UnreadRune()
		return keyEscape, nil
	}
	return keyOther, nil // Alt and a character
}

// sequence reads a control sequence (ECMA-48 section 5.4) up to its final byte.
func (d *decoder) sequence() (key, error) {
	const longest = 32
	var params []byte
	for range longest {
		b, err := d.in.ReadByte()
		if err != nil {
			return 0, err
		}
		if b >= 0x40 && b <= 0x7e {
			return named(string(params), b), nil
		}
		params = append(params, b)
	}
	return keyOther, nil
}

func named(params string, final byte) key {
	switch final {
	case 'A':
		return keyUp
	case 'B':
		return keyDown
	case 'C':
		return keyRight
	case 'D':
		return keyLeft
	case 'H':
		return keyHome
	case 'F':
		return keyEnd
	case '~':
		switch params {
		case "1", "7":
			return keyHome
		case "4", "8":
			return keyEnd
		case "3":
			return keyDelete
		}
	}
	return keyOther
}
