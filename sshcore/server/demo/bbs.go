package demo

import (
	"context"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore/server"
)

// bbs is one guest's visit to the board.
type bbs struct {
	demo   *Demo
	t      *terminal
	typed  history
	s      *server.Session
	status int
}

// A choice is an entry of the menu. The menu ends when do reports that the
// guest leaves.
type choice struct {
	key  key
	name string
	do   func(context.Context) (leave bool, err error)
}

func newBBS(d *Demo, s *server.Session) *bbs { return &bbs{demo: d, s: s} }

// choices returns the menu.
func (b *bbs) choices() []choice {
	return []choice{
		{'m', "messages", stay(b.messages)},
		{'g', "guest book", stay(b.guestBook)},
		{'w', "who is here", stay(b.who)},
		{'c', "colours", stay(b.colors)},
		{'u', "unicode, emoji", stay(b.unicode)},
		{'r', "resize me", stay(b.resizeMe)},
		{'n', "number game", stay(b.game)},
		{'f', "fortune", stay(b.fortune)},
		{'/', "prompt", b.prompt},
		{'q', "leave", func(context.Context) (bool, error) { return true, nil }},
	}
}

// stay makes a choice of a page that comes back to the menu.
func stay(page func(context.Context) error) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) { return false, page(ctx) }
}

// visit shows the board until the guest leaves and returns the exit status.
func (b *bbs) visit(ctx context.Context) int {
	b.t = newTerminal(ctx, b.s)
	for {
		k, err := b.t.show(ctx, b.welcome)
		if err != nil {
			return statusOK // the guest hung up
		}
		leave, err := b.choose(ctx, k)
		if err != nil {
			return statusOK
		}
		if leave {
			b.t.print(reset + "Come back soon.\n")
			b.t.out.Flush()
			return b.status
		}
	}
}

// choose does what a key of the menu stands for; other keys do nothing.
func (b *bbs) choose(ctx context.Context, k key) (leave bool, err error) {
	switch k {
	case keyCtrlD:
		k = 'q'
	case 's', ':', '!':
		k = '/' // what people try when they look for a prompt
	}
	for _, c := range b.choices() {
		if c.key == lower(k) {
			return c.do(ctx)
		}
	}
	return false, nil
}

func lower(k key) key {
	if k >= 'A' && k <= 'Z' {
		return k + 'a' - 'A'
	}
	return k
}

// proofs tells how the guest logged in.
func (b *bbs) proofs() string {
	var how []string
	for _, f := range b.s.Login().Factors {
		text := f.Method
		if f.Key != nil {
			text += " " + ssh.FingerprintSHA256(f.Key)
		}
		how = append(how, text)
	}
	return "logged in by " + strings.Join(how, ", then ") + "."
}

// back tells how to leave a page.
const back = "Any key goes back."

// fortune tells one, and another for each space.
func (b *bbs) fortune(ctx context.Context) error {
	for {
		text := fortune()
		k, err := b.t.show(ctx, func(p *page) {
			p.title("Fortune")
			p.gap()
			p.say(warm, text)
			p.gap()
			p.row(dim, "Space tells another. "+back)
		})
		if err != nil || k != ' ' {
			return err
		}
	}
}
