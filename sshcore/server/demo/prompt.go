package demo

import (
	"context"
	"errors"
	"io"
)

// prompt is the toy shell. It leaves the board if the guest typed exit, and
// goes back to the menu on Ctrl-D or "menu".
func (b *bbs) prompt(ctx context.Context) (leave bool, err error) {
	b.t.print(wipe + "Type help for the commands, menu or Ctrl-D to go back.\n")
	for {
		line, err := b.t.readLine(ctx, "board> ", maxLineLetters, &b.typed)
		switch {
		case ctx.Err() != nil:
			return false, ctx.Err()
		case errors.Is(err, errInterrupt):
			continue
		case errors.Is(err, io.EOF) || line == "menu":
			return false, nil
		case err != nil:
			return false, err
		}
		if b.obey(ctx, line) {
			return true, nil
		}
	}
}

// obey runs one line and reports whether the guest leaves.
func (b *bbs) obey(ctx context.Context, line string) (leave bool) {
	b.t.foreground(ctx, func(ctx context.Context) int {
		c := b.t.call(ctx, b.demo)
		status := c.run(ctx, line)
		if leave = c.left; leave {
			b.status = status
		}
		return status
	})
	return leave
}
