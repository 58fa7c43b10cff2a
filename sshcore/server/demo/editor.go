package demo

import (
	"context"
	"io"
	"strconv"
	"strings"
	"unicode"
)

// history is what was typed before, oldest first.
type history struct{ lines []string }

const maxHistory = 100

func (h *history) add(text string) {
	if text == "" || len(h.lines) > 0 && h.lines[len(h.lines)-1] == text {
		return
	}
	h.lines = append(h.lines, text)
	h.lines = h.lines[max(0, len(h.lines)-maxHistory):]
}

// readLine lets the guest type a line: errInterrupt for Ctrl-C, io.EOF for
// Ctrl-D on an empty line. h may be nil.
func (t *terminal) readLine(ctx context.Context, prompt string, limit int, h *history) (string, error) {
	e := editor{t: t, prompt: prompt, line: line{limit: limit}, past: h}
	if h != nil {
		e.place = len(h.lines)
	}
	e.draw()
	for {
		k, err := t.key(ctx)
		if err != nil {
			return "", err
		}
		switch k {
		case keyEnter:
			text := string(e.line.text)
			if h != nil {
				h.add(text)
			}
			e.leave("\n")
			return text, nil
		case keyCtrlC:
			e.leave("^C\n")
			return "", errInterrupt
		case keyCtrlD:
			if len(e.line.text) == 0 {
				e.leave("\n")
				return "", io.EOF
			}
			e.press(keyDelete)
		default:
			e.press(k)
		}
	}
}

// editor shows a line on one row of the screen, scrolled sideways if it is
// longer.
type editor struct {
	t      *terminal
	prompt string
	line   line
	past   *history
	place  int    // in past
	draft  string // what was typed before going up
}

// press obeys any key that does not end the line.
func (e *editor) press(k key) {
	switch {
	case k == keyUp || k == keyCtrlP:
		e.recall(-1)
	case k == keyDown || k == keyCtrlN:
		e.recall(+1)
	case k == keyCtrlL:
		e.t.print("\x1b[2J\x1b[H")
	case unicode.IsPrint(rune(k)) || k > 0 && extends(rune(k)):
		if e.line.insert(rune(k)) && e.appended(rune(k)) {
			return
		}
	case k != keyResize && !e.line.edit(k):
		return
	}
	e.draw()
}

// appended prints a character that went to the end of a line with room for it:
// pasted text need not be drawn again for every letter.
func (e *editor) appended(r rune) bool {
	cols, _ := e.t.size()
	if e.line.at != len(e.line.text) || len(e.line.text) > cols ||
		cells(e.prompt)+cells(string(e.line.text)) >= cols-1 {
		return false
	}
	e.t.print(string(r))
	return true
}

func (e *editor) recall(step int) {
	if e.past == nil || e.place+step < 0 || e.place+step > len(e.past.lines) {
		return
	}
	if e.place == len(e.past.lines) {
		e.draft = string(e.line.text)
	}
	e.place += step
	if e.place == len(e.past.lines) {
		e.line.set(e.draft)
		return
	}
	e.line.set(e.past.lines[e.place])
}

// draw writes the prompt and as much of the line as fits, cursor in place.
func (e *editor) draw() {
	cols, _ := e.t.size()
	room := max(cols-cells(e.prompt)-1, 1)
	from, used := e.line.at, 0
	for from > 0 && used+runeCells(e.line.text[from-1]) <= room {
		from--
		used += runeCells(e.line.text[from])
	}
	shown := trim(e.line.text[from:], room)
	var b strings.Builder
	b.WriteString("\r" + accent + e.prompt + reset + string(shown) + "\x1b[K\r")
	if n := cells(e.prompt) + cells(string(e.line.text[from:e.line.at])); n > 0 {
		b.WriteString("\x1b[" + strconv.Itoa(n) + "C")
	}
	e.t.print(b.String())
}

// trim cuts text to at most room columns.
func trim(text []rune, room int) []rune {
	used := 0
	for i, r := range text {
		if used += runeCells(r); used > room {
			return text[:i]
		}
	}
	return text
}

// leave puts the cursor behind the whole line and goes on below it.
func (e *editor) leave(ending string) {
	e.line.at = len(e.line.text)
	e.draw()
	e.t.print(ending)
}
