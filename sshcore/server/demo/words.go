package demo

import (
	"errors"
	"strings"
)

var errQuote = errors.New("a quotation mark is not closed")

// words splits a command line as a shell does, as far as quotes and
// backslashes go; there are no variables, patterns or pipes.
func words(line string) ([]string, error) {
	var (
		all    []string
		word   strings.Builder
		inWord bool
		quote  rune
		escape bool
	)
	for _, r := range line {
		switch {
		case escape:
			word.WriteRune(r)
			escape = false
		case r == '\\' && quote != '\'':
			escape, inWord = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, inWord = r, true
		case r == ' ' || r == '\t' || r == '\n' || r == '\r':
			if inWord {
				all = append(all, word.String())
				word.Reset()
			}
			inWord = false
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	switch {
	case quote != 0 || escape:
		return nil, errQuote
	case inWord:
		all = append(all, word.String())
	}
	return all, nil
}
