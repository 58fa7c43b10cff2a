package demo

import (
	"slices"
	"sync"
	"time"
)

const (
	maxGuestLines  = 200
	maxGuestLetter = 240
	maxNameLetters = 24
)

// guestLine is what one guest wrote.
type guestLine struct {
	name, text string
	when       time.Time
}

// guestBook is shared by all sessions. It forgets the oldest lines.
type guestBook struct {
	mu    sync.Mutex
	lines []guestLine
}

func newGuestBook() *guestBook {
	g := &guestBook{}
	g.sign("the board", "Somebody has to be first. Your turn.")
	return g
}

// sign adds a line, cleaned and cut, and reports whether anything was left.
func (g *guestBook) sign(name, text string) bool {
	name, text = clean(name, maxNameLetters), clean(text, maxGuestLetter)
	if text == "" {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lines = append(g.lines, guestLine{or(name, "somebody"), text, time.Now()})
	if over := len(g.lines) - maxGuestLines; over > 0 {
		g.lines = slices.Delete(g.lines, 0, over)
	}
	return true
}

// read returns the latest lines, newest last.
func (g *guestBook) read(atMost int) []guestLine {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.lines[max(0, len(g.lines)-atMost):])
}

// or returns s, or d if s is empty.
func or(s, d string) string {
	if s == "" {
		return d
	}
	return s
}
