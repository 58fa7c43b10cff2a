package demo

import "slices"

// maxLineLetters bounds a line of input.
const maxLineLetters = 4096

// line is text that is being typed. It knows nothing of a screen.
type line struct {
	text  []rune
	at    int // the cursor is before this character
	limit int
}

func (l *line) insert(r rune) bool {
	if len(l.text) >= l.limit {
		return false
	}
	l.text = slices.Insert(l.text, l.at, r)
	l.at++
	return true
}

// before returns where the character left of the cursor begins, with the marks
// and joined emoji that belong to it.
func (l *line) before() int {
	i := l.at
	for i > 0 {
		i--
		if !extends(l.text[i]) && (i == 0 || l.text[i-1] != joiner) {
			break
		}
	}
	return i
}

// after returns where the character at the cursor ends.
func (l *line) after() int {
	i := l.at
	for i < len(l.text) {
		i++
		if i < len(l.text) && !extends(l.text[i]) && l.text[i-1] != joiner {
			break
		}
	}
	return i
}

// cut removes what lies between two places and puts the cursor there.
func (l *line) cut(from, to int) {
	l.text = slices.Delete(l.text, from, to)
	l.at = from
}

// word returns where the word left of the cursor begins.
func (l *line) word() int {
	i := l.at
	for i > 0 && l.text[i-1] == ' ' {
		i--
	}
	for i > 0 && l.text[i-1] != ' ' {
		i--
	}
	return i
}

func (l *line) set(text string) {
	l.text = []rune(text)
	l.at = len(l.text)
}

// edit obeys an editing key and reports whether it was one.
func (l *line) edit(k key) bool {
	switch k {
	case keyBackspace:
		l.cut(l.before(), l.at)
	case keyDelete:
		l.cut(l.at, l.after())
	case keyLeft, keyCtrlB:
		l.at = l.before()
	case keyRight, keyCtrlF:
		l.at = l.after()
	case keyHome, keyCtrlA:
		l.at = 0
	case keyEnd, keyCtrlE:
		l.at = len(l.text)
	case keyCtrlU:
		l.cut(0, l.at)
	case keyCtrlK:
		l.cut(l.at, len(l.text))
	case keyCtrlW:
		l.cut(l.word(), l.at)
	default:
		return false
	}
	return true
}
