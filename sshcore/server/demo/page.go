package demo

import (
	"context"
	"strings"
)

// How the board looks. The 16 basic colours follow the guest's own theme.
const (
	accent = "\x1b[1;36m"
	warm   = "\x1b[33m"
	dim    = "\x1b[2m"
	strong = "\x1b[1m"
	reset  = "\x1b[m"
	wipe   = "\x1b[2J\x1b[H"
)

// A page is one screenful, drawn for the size that the window has now.
type page struct {
	cols, rows int
	lines      []string
}

// say adds lines that are wrapped to the width.
func (p *page) say(style, text string) {
	for _, line := range wrap(text, p.cols-2) {
		p.lines = append(p.lines, " "+style+line+reset)
	}
}

// row adds a line that is cut to the width.
func (p *page) row(style, text string) {
	p.lines = append(p.lines, " "+style+fit(text, p.cols-2)+reset)
}

// raw adds a line as it is, if the caller knows that it fits.
func (p *page) raw(line string) { p.lines = append(p.lines, line) }

func (p *page) gap() { p.lines = append(p.lines, "") }

// title adds a heading with a rule as wide as the window.
func (p *page) title(text string) {
	p.row(accent, text)
	p.row(dim, strings.Repeat("─", max(p.cols-2, 1)))
}

// show draws the page that fill describes and waits for a key, drawing again
// whenever the window changes.
func (t *terminal) show(ctx context.Context, fill func(*page)) (key, error) {
	for {
		t.draw(fill)
		k, err := t.key(ctx)
		if err != nil || k != keyResize {
			return k, err
		}
	}
}

// draw draws a page once. One that is too tall loses its last lines: the
// first say what the page is.
func (t *terminal) draw(fill func(*page)) {
	p := page{}
	p.cols, p.rows = t.size()
	fill(&p)
	if len(p.lines) > p.rows-1 {
		p.lines = p.lines[:max(p.rows-1, 1)]
	}
	t.print(wipe + strings.Join(p.lines, "\n") + "\n")
}
