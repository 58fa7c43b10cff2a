package demo

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// who lists the sessions of the moment.
func (b *bbs) who(ctx context.Context) error {
	for {
		k, err := b.t.show(ctx, func(p *page) {
			p.title("Who is here")
			for _, v := range b.demo.people.list() {
				p.row("", fmt.Sprintf("%3d  %-8s %-8s %6s  %s", v.number, v.user, v.does,
					time.Since(v.since).Round(time.Second), v.client))
			}
			p.gap()
			p.row(dim, "Space looks again. "+back)
		})
		if err != nil || k != ' ' {
			return err
		}
	}
}

// resizeMe shows the size of the window, live.
func (b *bbs) resizeMe(ctx context.Context) error {
	_, err := b.t.show(ctx, func(p *page) {
		edge := strings.Repeat("─", max(p.cols-2, 0))
		size := fmt.Sprintf("%d cols x %d rows", p.cols, p.rows)
		p.raw("┌" + edge + "┐")
		// Top and bottom edge and the row where the cursor rests.
		inside := max(p.rows-3, 1)
		for i := range inside {
			text := ""
			switch i {
			case inside / 2:
				text = size
			case inside/2 + 1:
				text = "Pull at a corner of the window. " + back
			}
			p.raw("│" + middle(text, p.cols-2) + "│")
		}
		p.raw("└" + edge + "┘")
	})
	return err
}

// middle pads text on both sides to n columns.
func middle(text string, n int) string {
	n = max(n, 0)
	text = fit(text, n)
	left := max(n-cells(text), 0) / 2
	return strings.Repeat(" ", left) + text + strings.Repeat(" ", max(n-left-cells(text), 0))
}

// colors shows which colours arrive.
func (b *bbs) colors(ctx context.Context) error {
	_, err := b.t.show(ctx, func(p *page) {
		p.title("Colours")
		for line := range strings.Lines(colorTest(p.cols)) {
			p.raw(strings.TrimSuffix(line, "\n"))
		}
		p.row(dim, back)
	})
	return err
}

// colorTest is 16 colours, 256 and a truecolor ramp, width columns wide.
func colorTest(width int) string {
	var b strings.Builder
	for row := range 2 {
		for i := range 8 {
			fmt.Fprintf(&b, "\x1b[%dm%3d ", 40+60*row+i, row*8+i)
		}
		b.WriteString(reset + "\n")
	}
	across := 36
	if width < 72 {
		across = 18
	}
	for i := 16; i < 232; i++ {
		fmt.Fprintf(&b, "\x1b[48;5;%dm  ", i)
		if (i-15)%across == 0 {
			b.WriteString(reset + "\n")
		}
	}
	for i := 232; i < 256; i++ {
		fmt.Fprintf(&b, "\x1b[48;5;%dm ", i)
	}
	b.WriteString(reset + "\n")
	n := max(min(width-1, 72), 2)
	for i := range n {
		k := 255 * i / (n - 1)
		fmt.Fprintf(&b, "\x1b[48;2;%d;%d;%dm ", 255-k, min(2*k, 510-2*k), k)
	}
	b.WriteString(reset + "\n")
	b.WriteString("\x1b[1mbold\x1b[m \x1b[2mfaint\x1b[m \x1b[3mitalic\x1b[m \x1b[4munderline\x1b[m " +
		"\x1b[7mreverse\x1b[m \x1b[9mstruck\x1b[m \x1b[4:3mcurly\x1b[m\n")
	return b.String()
}

// unicode shows alphabets and a ruler for widths.
func (b *bbs) unicode(ctx context.Context) error {
	_, err := b.t.show(ctx, func(p *page) {
		p.title("Unicode and emoji")
		for line := range strings.Lines(alphabets + widthTest) {
			p.row("", strings.TrimSuffix(line, "\n"))
		}
		p.row(dim, back)
	})
	return err
}

// widthTest holds lines that end in the same column where widths are right.
const widthTest = `widths    ends in the same column:
          abcdefgh|
          日本語字|
          한국어글|
          🦊🌊🚀🎉|
          e` + "\u0301" + `bcdefgh|   (one accent is a combining mark)
boxes     ┌─┬─┐ ╔═╦═╗ ▁▂▃▄▅▆▇█ ░▒▓█ ⠁⠃⠇⡇⣇⣧⣷⣿
`
