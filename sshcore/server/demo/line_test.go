package demo

import (
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

// keysOf decodes all of s.
func keysOf(t *testing.T, r io.Reader) []key {
	t.Helper()
	d := newDecoder(r)
	var keys []key
	for {
		k, err := d.next()
		if err != nil {
			return keys
		}
		keys = append(keys, k)
	}
}

func TestDecoderKnowsKeys(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []key
	}{
		{"letters of any alphabet", "aä世🦊", []key{'a', 'ä', '世', '🦊'}},
		{"arrows in both modes", "\x1b[A\x1bOB\x1b[C\x1b[1;5D", []key{keyUp, keyDown, keyRight, keyLeft}},
		{"editing keys", "\x1b[H\x1b[4~\x1b[3~\x7f\b", []key{keyHome, keyEnd, keyDelete, keyBackspace, keyBackspace}},
		{"every kind of line end is one Enter", "\r\n\n\r\r", []key{keyEnter, keyEnter, keyEnter, keyEnter}},
		{"Escape alone", "\x1b", []key{keyEscape}},
		{"Escape twice", "\x1b\x1b", []key{keyEscape, keyEscape}},
		{"Alt and a letter types nothing", "\x1bx1", []key{keyOther, '1'}},
		{"unknown sequences are one key", "\x1b[200~a\x1b[?1;2c", []key{keyOther, 'a', keyOther}},
		{"a sequence without end is given up", "\x1b[" + strings.Repeat("1", 40), slices.Concat([]key{keyOther}, slices.Repeat([]key{'1'}, 8))},
	} {
		if got := keysOf(t, strings.NewReader(c.in)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	t.Run("characters and sequences may come byte by byte", func(t *testing.T) {
		got := keysOf(t, iotest.OneByteReader(strings.NewReader("🦊\x1b[Ax")))
		if want := []key{'🦊', keyEscape, keyUp, 'x'}; !slices.Equal(got, want) {
			t.Error(got)
		}
	})
}

func FuzzLine(f *testing.F) {
	f.Add("abc\x1b[D\x7f\x17\x15👩‍🚀\x1b[3~")
	f.Fuzz(func(t *testing.T, in string) {
		l := line{limit: 20}
		for _, k := range keysOf(t, strings.NewReader(in)) {
			if !l.edit(k) && k > 0 {
				l.insert(rune(k))
			}
			if l.at < 0 || l.at > len(l.text) || len(l.text) > l.limit {
				t.Fatalf("cursor %d in %d letters", l.at, len(l.text))
			}
		}
		for n := range 10 {
			fit(in, n)
			for _, row := range wrap(strings.ToValidUTF8(in, ""), n) {
				if cells(row) > max(n, 2) && utf8.RuneCountInString(row) > 2 && !strings.ContainsRune(row, joiner) {
					t.Errorf("row %q is %d wide, not %d", row, cells(row), n)
				}
			}
		}
	})
}

func TestWidths(t *testing.T) {
	for _, c := range []struct {
		text string
		want int
	}{
		{"abc", 3}, {"äöü", 3}, {"世界", 4}, {"한글", 4}, {"🦊", 2}, {"e\u0301", 1},
		{"👩‍🚀", 2}, {"🇺🇳", 4}, {"\x1b", 0}, {"", 0},
	} {
		if got := cells(c.text); got != c.want {
			t.Errorf("%q: %d", c.text, got)
		}
	}
}

func TestFitAndWrap(t *testing.T) {
	if got := fit("世界世界", 5); got != "世界…" {
		t.Errorf("fit %q", got)
	}
	got := wrap("one two  three abcdefghijkl 世界世界", 7)
	if want := []string{"one two", "three", "abcdefg", "hijkl", "世界世", "界"}; !slices.Equal(got, want) {
		t.Errorf("wrap %q", got)
	}
}

func TestWords(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
		ok   bool
	}{
		{"", nil, true},
		{"  a\tb  ", []string{"a", "b"}, true},
		{`'a b' "c d"e ''`, []string{"a b", "c de", ""}, true},
		{`a\ b "x\"y" 'x\'`, []string{"a b", `x"y`, `x\`}, true},
		{`$HOME *.go a|b;c`, []string{"$HOME", "*.go", "a|b;c"}, true},
		{`'a`, nil, false},
		{`a\`, nil, false},
	} {
		if got, err := words(c.in); !slices.Equal(got, c.want) || (err == nil) != c.ok {
			t.Errorf("%q: %q, %v", c.in, got, err)
		}
	}
}
