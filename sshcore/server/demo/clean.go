package demo

import (
	"strings"
	"unicode"
)

// maxMarks is how many combining marks may follow a character; more climb over
// the lines above.
const maxMarks = 2

const joiner = '\u200d' // makes one emoji of several

// clean makes one line of text, of at most limit characters, that is safe to
// show on somebody else's terminal: no control characters (and so no escape
// sequences), no bidi overrides or other invisible formatting, no towers of
// combining marks.
func clean(s string, limit int) string {
	var b strings.Builder
	marks, n := 0, 0
	for _, r := range strings.ToValidUTF8(s, "\ufffd") {
		switch {
		case r == '\t' || r == '\n' || r == '\u2028' || r == '\u2029':
			r = ' '
		case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r):
			if marks++; marks > maxMarks {
				continue
			}
		case r != joiner && !unicode.IsPrint(r):
			continue
		}
		if !unicode.Is(unicode.M, r) {
			marks = 0
		}
		if n++; n > limit {
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}
