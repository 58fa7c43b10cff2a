package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// messages lists the board's messages, and reads and posts them.
func (b *bbs) messages(ctx context.Context) error {
	at := 0 // counted from the newest
	for {
		posts := b.demo.board.list()
		at = min(max(at, 0), len(posts)-1)
		k, err := b.t.show(ctx, func(p *page) { listPosts(p, posts, at) })
		if err != nil {
			return err
		}
		switch lower(k) {
		case keyUp, 'k':
			at--
		case keyDown, 'j':
			at++
		case keyEnter, ' ', keyRight:
			err = b.read(ctx, posts[len(posts)-1-at])
		case 'p', 'n':
			err = b.write(ctx)
			at = 0
		case 'q', 'b', keyEscape, keyLeft, keyCtrlC, keyCtrlD:
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// listPosts draws the titles, newest first, around the chosen one.
func listPosts(p *page, posts []post, at int) {
	p.title("Messages")
	const around = 5 // heading, rule, gap, help, cursor
	room := max(p.rows-around, 1)
	first := max(min(at-room/2, len(posts)-room), 0)
	for i := first; i < min(first+room, len(posts)); i++ {
		m := posts[len(posts)-1-i]
		style, mark := "", "  "
		if i == at {
			style, mark = "\x1b[7m", "> "
		}
		p.row(style, fmt.Sprintf("%s%3d  %-12s %s", mark, m.number, fit(m.author, 12), m.title))
	}
	p.gap()
	p.row(dim, "Arrows choose, Enter reads, p posts, q goes back.")
}

// read shows one message.
func (b *bbs) read(ctx context.Context, m post) error {
	_, err := b.t.show(ctx, func(p *page) {
		p.title(m.title)
		p.row(warm, fmt.Sprintf("%s, %s", m.author, m.when.UTC().Format("2 January 15:04 UTC")))
		p.gap()
		p.say("", m.text)
		p.gap()
		p.row(dim, back)
	})
	return err
}

// write asks for a new message and posts it.
func (b *bbs) write(ctx context.Context) error {
	b.t.draw(func(p *page) {
		p.title("A new message")
		p.row(dim, "Ctrl-C takes it back.")
	})
	title, err := b.ask(ctx, "Title: ", maxTitleLetters)
	if title == "" || err != nil {
		return err
	}
	text, err := b.ask(ctx, "Text: ", maxPostLetters)
	if text == "" || err != nil {
		return err
	}
	b.demo.board.post(b.s.Login().User, title, text)
	return nil
}

// ask reads a line; Ctrl-C and Ctrl-D make it empty.
func (b *bbs) ask(ctx context.Context, prompt string, limit int) (string, error) {
	text, err := b.t.readLine(ctx, prompt, limit, nil)
	if ctx.Err() == nil && (errors.Is(err, errInterrupt) || errors.Is(err, io.EOF)) {
		return "", nil
	}
	return text, err
}

// guestBook shows the latest lines and lets the guest sign.
func (b *bbs) guestBook(ctx context.Context) error {
	for {
		k, err := b.t.show(ctx, func(p *page) {
			p.title("Guest book")
			for _, g := range b.demo.guests.read(max(p.rows-6, 1)) {
				p.row("", fmt.Sprintf("%s  %s: %s", ago(g.when), g.name, g.text))
			}
			p.gap()
			p.row(dim, "s signs, Space looks again, any other key goes back.")
		})
		switch {
		case err != nil:
			return err
		case k == ' ':
			continue
		case lower(k) != 's':
			return nil
		}
		if err := b.signBook(ctx); err != nil {
			return err
		}
	}
}

func (b *bbs) signBook(ctx context.Context) error {
	name, err := b.ask(ctx, "Your name: ", maxNameLetters)
	if name == "" || err != nil {
		return err
	}
	text, err := b.ask(ctx, "Your line: ", maxGuestLetter)
	if text == "" || err != nil {
		return err
	}
	b.demo.guests.sign(name, text)
	return nil
}

// ago is a time in five columns.
func ago(when time.Time) string {
	d := time.Since(when)
	switch {
	case d < time.Minute:
		return "  now"
	case d < time.Hour:
		return fmt.Sprintf("%3dm ", int(d.Minutes()))
	}
	return fmt.Sprintf("%3dh ", int(d.Hours()))
}
