package demo

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/wasmiko/wasmiko/sshcore/server"
)

const plainMenu = `The board on port 2200. You have no terminal here, so this is the plain one.
  messages         read the messages
  post TITLE: TEXT write one
  guests           read the guest book
  sign NAME: TEXT  sign it
  who              who is here
  help             the commands, which work here too
  exit             leave
`

// plain is the board for sessions without a terminal: a line in, lines out.
func (d *Demo) plain(ctx context.Context, s *server.Session) int {
	c := &call{demo: d, session: s, stdin: bytes.NewReader(nil), stdout: s.Stdout(), stderr: s.Stderr()}
	c.print(plainMenu)
	in := bufio.NewScanner(s.Stdin())
	in.Buffer(nil, 16<<10)
	status := statusOK
	for !c.left && ctx.Err() == nil && c.print("> ") == statusOK && in.Scan() {
		status = d.plainLine(ctx, c, strings.TrimSpace(in.Text()))
	}
	if c.left {
		return status
	}
	return statusOK
}

func (d *Demo) plainLine(ctx context.Context, c *call, line string) int {
	verb, rest, _ := strings.Cut(line, " ")
	name, text, _ := strings.Cut(rest, ":")
	switch verb {
	case "messages":
		for _, m := range d.board.list() {
			fmt.Fprintf(c.stdout, "#%d %s (%s)\n%s\n\n", m.number, m.title, m.author, strings.Join(wrap(m.text, 72), "\n"))
		}
	case "post":
		if !d.board.post(c.session.Login().User, name, text) {
			return c.complain(statusUsage, "post: write it as post TITLE: TEXT")
		}
	case "guests":
		for _, g := range d.guests.read(maxGuestLines) {
			fmt.Fprintf(c.stdout, "%s  %s: %s\n", ago(g.when), g.name, g.text)
		}
	case "sign":
		if !d.guests.sign(name, text) {
			return c.complain(statusUsage, "sign: write it as sign NAME: TEXT")
		}
	case "who":
		for _, v := range d.people.list() {
			fmt.Fprintf(c.stdout, "%3d  %s  %s\n", v.number, v.user, v.does)
		}
	case "menu":
		io.WriteString(c.stdout, plainMenu)
	default:
		return c.run(ctx, line)
	}
	return statusOK
}
