package demo

import (
	"fmt"
	"strings"
)

// sign is the board's name, for windows that are wide enough.
var sign = []string{
	`██╗    ██╗ █████╗ ███████╗███╗   ███╗██╗██╗  ██╗ ██████╗ `,
	`██║    ██║██╔══██╗██╔════╝████╗ ████║██║██║ ██╔╝██╔═══██╗`,
	`██║ █╗ ██║███████║███████╗██╔████╔██║██║█████╔╝ ██║   ██║`,
	`██║███╗██║██╔══██║╚════██║██║╚██╔╝██║██║██╔═██╗ ██║   ██║`,
	`╚███╔███╔╝██║  ██║███████║██║ ╚═╝ ██║██║██║  ██╗╚██████╔╝`,
	` ╚══╝╚══╝ ╚═╝  ╚═╝╚══════╝╚═╝     ╚═╝╚═╝╚═╝  ╚═╝ ╚═════╝ `,
}

// dusk colours the sign from top to bottom: 256-colour indices.
var dusk = []int{227, 221, 215, 209, 203, 168}

// shortSign is its name in a narrow or low window.
const shortSign = "W A S M I K O"

// welcome draws the front page.
func (b *bbs) welcome(p *page) {
	width := cells(sign[0])
	if p.cols >= width+4 && p.rows >= 24 {
		left := strings.Repeat(" ", (p.cols-width)/2)
		p.gap()
		for i, line := range sign {
			p.raw(fmt.Sprintf("%s\x1b[38;5;%dm%s%s", left, dusk[i], line, reset))
		}
	} else {
		p.raw(strings.Repeat(" ", max((p.cols-len(shortSign))/2, 0)) + accent + fit(shortSign, p.cols) + reset)
	}
	center(p, warm, "the board on port 2200")
	if p.rows >= 16 {
		p.gap()
		b.greet(p)
		p.gap()
	}
	b.menu(p)
}

func center(p *page, style, text string) {
	text = fit(text, p.cols-2)
	p.raw(strings.Repeat(" ", max((p.cols-cells(text))/2, 0)) + style + text + reset)
}

// greet says who came in, and how.
func (b *bbs) greet(p *page) {
	l := b.t.session.Login()
	text := fmt.Sprintf("Hello %s. %d online, %d messages, %s", clean(l.User, 16),
		len(b.demo.people.list()), len(b.demo.board.list()), b.proofs())
	p.say("", text)
}

// menu draws the choices, in as many columns as there is room for.
func (b *bbs) menu(p *page) {
	const cell = 19
	across := min(max((p.cols-2)/cell, 1), 3)
	var row strings.Builder
	items := b.choices()
	for i, c := range items {
		text := fit(c.name, cell-5)
		row.WriteString(" " + accent + "[" + string(rune(c.key)) + "]" + reset + " " + text)
		if last := i == len(items)-1; last || (i+1)%across == 0 {
			p.raw(row.String())
			row.Reset()
			continue
		}
		row.WriteString(strings.Repeat(" ", cell-5-cells(text)))
	}
	p.row(dim, "Press a key.")
}
