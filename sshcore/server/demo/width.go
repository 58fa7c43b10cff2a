package demo

import (
	"unicode"
	"unicode/utf8"
)

// wide are the characters that take two columns: what Unicode calls East Asian
// Wide (UAX #11), with the emoji that terminals draw in colour. Coarse, as it
// only has to place a cursor.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x1100, Hi: 0x115f, Stride: 1}, // Hangul
		{Lo: 0x231a, Hi: 0x231b, Stride: 1}, // watch, hourglass
		{Lo: 0x23e9, Hi: 0x23ec, Stride: 1},
		{Lo: 0x25fd, Hi: 0x25fe, Stride: 1},
		{Lo: 0x2614, Hi: 0x2615, Stride: 1},
		{Lo: 0x2648, Hi: 0x2653, Stride: 1},
		{Lo: 0x26bd, Hi: 0x26be, Stride: 1},
		{Lo: 0x26c4, Hi: 0x26c5, Stride: 1},
		{Lo: 0x2705, Hi: 0x2705, Stride: 1},
		{Lo: 0x2728, Hi: 0x2728, Stride: 1},
		{Lo: 0x274c, Hi: 0x274c, Stride: 1},
		{Lo: 0x2753, Hi: 0x2755, Stride: 1},
		{Lo: 0x2b50, Hi: 0x2b50, Stride: 1},
		{Lo: 0x2e80, Hi: 0x303e, Stride: 1}, // CJK
		{Lo: 0x3041, Hi: 0xa4cf, Stride: 1},
		{Lo: 0xac00, Hi: 0xd7a3, Stride: 1},
		{Lo: 0xf900, Hi: 0xfaff, Stride: 1},
		{Lo: 0xfe30, Hi: 0xfe6f, Stride: 1},
		{Lo: 0xff00, Hi: 0xff60, Stride: 1}, // fullwidth forms
		{Lo: 0xffe0, Hi: 0xffe6, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x1f1e6, Hi: 0x1f1ff, Stride: 1}, // flags, in halves
		{Lo: 0x1f300, Hi: 0x1f64f, Stride: 1},
		{Lo: 0x1f680, Hi: 0x1f6ff, Stride: 1},
		{Lo: 0x1f900, Hi: 0x1f9ff, Stride: 1},
		{Lo: 0x1fa70, Hi: 0x1faff, Stride: 1},
		{Lo: 0x20000, Hi: 0x3fffd, Stride: 1},
	},
}

// extends reports a character that belongs to the one before it.
func extends(r rune) bool {
	return r == joiner || unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) ||
		r >= 0x1f3fb && r <= 0x1f3ff // skin tones
}

// runeCells is how many columns a character takes.
func runeCells(r rune) int {
	switch {
	case r < 0x20 || r == 0x7f || extends(r):
		return 0
	case unicode.Is(wide, r):
		return 2
	}
	return 1
}

// cells is how many columns text takes.
func cells(text string) int {
	n := 0
	var before rune
	for _, r := range text {
		if before != joiner {
			n += runeCells(r)
		}
		before = r
	}
	return n
}

// fit cuts text to at most n columns.
func fit(text string, n int) string {
	if cells(text) <= n {
		return text
	}
	used := 0
	for i, r := range text {
		if used += runeCells(r); used > n-1 {
			return text[:i] + "…"
		}
	}
	return text
}

// wrap breaks text into lines of at most n columns, between words if it can.
func wrap(text string, n int) []string {
	n = max(n, 1)
	var all []string
	line, used := "", 0
	for _, word := range splitWords(text, n) {
		w := cells(word)
		switch {
		case used == 0:
			line, used = word, w
		case used+1+w <= n:
			line, used = line+" "+word, used+1+w
		default:
			all = append(all, line)
			line, used = word, w
		}
	}
	return append(all, line)
}

// splitWords splits at spaces, and words that are longer than n columns too.
func splitWords(text string, n int) []string {
	var words []string
	start, used := 0, 0
	end := func(i int) {
		if i > start {
			words = append(words, text[start:i])
		}
		start, used = i, 0
	}
	for i, r := range text {
		if r == ' ' {
			end(i)
			start = i + utf8.RuneLen(r)
			continue
		}
		if used+runeCells(r) > n {
			end(i)
		}
		used += runeCells(r)
	}
	end(len(text))
	return words
}
