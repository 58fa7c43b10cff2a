package server

import (
	"encoding/binary"
	"errors"

	"golang.org/x/crypto/ssh"
)

// A PTY is the terminal that a client asked for (RFC 4254 section 6.2).
type PTY struct {
	// Term is TERM as the client gave it, at most 64 bytes.
	Term string
	Window
	// Modes are the encoded terminal modes; nil if there were none.
	Modes ssh.TerminalModes
}

// A Window is the size of a terminal. Cols and Rows are at least 1 and at most
// 65535, as in a tty; 80 and 24 stand in where the client named none. Width and
// Height are pixels, or zero.
type Window struct {
	Cols, Rows, Width, Height int
}

type ptyRequest struct {
	Term                      string
	Cols, Rows, Width, Height uint32
	Modes                     string
}

type windowRequest struct{ Cols, Rows, Width, Height uint32 }

const maxTermName = 64

func parsePTY(payload []byte) (PTY, error) {
	var r ptyRequest
	if err := ssh.Unmarshal(payload, &r); err != nil {
		return PTY{}, err
	}
	if len(r.Term) > maxTermName {
		return PTY{}, errors.New("terminal name is too long")
	}
	w := windowRequest{r.Cols, r.Rows, r.Width, r.Height}
	return PTY{Term: r.Term, Window: w.window(), Modes: parseModes(r.Modes)}, nil
}

func parseWindow(payload []byte) (Window, error) {
	var r windowRequest
	if err := ssh.Unmarshal(payload, &r); err != nil {
		return Window{}, err
	}
	return r.window(), nil
}

func (r windowRequest) window() Window {
	const widest = 65535
	return Window{
		Cols:   int(min(or(r.Cols, 80), widest)),
		Rows:   int(min(or(r.Rows, 24), widest)),
		Width:  int(min(r.Width, widest)),
		Height: int(min(r.Height, widest)),
	}
}

// parseModes reads opcode and value pairs. Zero ends the list, and so do the
// opcodes from 160 on, whose arguments are not defined (RFC 4254 section 8).
func parseModes(s string) ssh.TerminalModes {
	const size, undefined = 5, 160
	var modes ssh.TerminalModes
	for len(s) >= size && s[0] != 0 && s[0] < undefined {
		if modes == nil {
			modes = make(ssh.TerminalModes)
		}
		modes[s[0]] = binary.BigEndian.Uint32([]byte(s[1:size]))
		s = s[size:]
	}
	return modes
}
