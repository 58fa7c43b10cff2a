package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// game lets the guest guess a number from 1 to 100.
func (b *bbs) game(ctx context.Context) error {
	number := 1 + rand.IntN(100)
	b.t.draw(func(p *page) {
		p.title("The number game")
		p.say("", "I am thinking of a number from 1 to 100. An empty line gives up.")
	})
	for tries := 1; ; tries++ {
		text, err := b.ask(ctx, fmt.Sprintf("Guess %d: ", tries), 10)
		if err != nil {
			return err
		}
		guess, bad := strconv.Atoi(strings.TrimSpace(text))
		switch {
		case text == "":
			b.t.print(fmt.Sprintf("It was %d.\n", number))
		case bad != nil:
			b.t.print("That is not a number that I know.\n")
			continue
		case guess < number:
			b.t.print("More.\n")
			continue
		case guess > number:
			b.t.print("Less.\n")
			continue
		default:
			b.t.print(fmt.Sprintf("%sYes! It took you %d.%s\n", warm, tries, reset))
		}
		return b.pause(ctx)
	}
}

// pause waits for a key.
func (b *bbs) pause(ctx context.Context) error {
	b.t.print(dim + back + reset)
	for {
		if k, err := b.t.key(ctx); err != nil || k != keyResize {
			return err
		}
	}
}
