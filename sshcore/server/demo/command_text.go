package demo

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

func echo(_ context.Context, c *call) int {
	return c.print(strings.Join(c.args, " ") + "\n")
}

func date(_ context.Context, c *call) int {
	return c.print(time.Now().UTC().Format("Mon Jan _2 15:04:05 UTC 2006") + "\n")
}

func whoami(_ context.Context, c *call) int {
	l := c.session.Login()
	var b strings.Builder
	b.WriteString(l.User + "\n")
	for _, f := range l.Factors {
		b.WriteString("  by " + f.Method)
		if f.Key != nil {
			fmt.Fprintf(&b, ", %s %s", f.Key.Type(), ssh.FingerprintSHA256(f.Key))
		}
		b.WriteString("\n")
	}
	return c.print(b.String())
}

func uname(_ context.Context, c *call) int {
	return c.print("DemoBoard lighthouse 22.00 paper-and-string #1 PREEMPT_TEA imaginary\n")
}

func env(_ context.Context, c *call) int {
	vars := c.session.Env()
	if pty, ok := c.session.PTY(); ok {
		vars["TERM"] = pty.Term
	}
	vars["USER"] = c.session.Login().User
	lines := make([]string, 0, len(vars))
	for name, value := range vars {
		lines = append(lines, name+"="+clean(value, 1000)+"\n")
	}
	slices.Sort(lines)
	return c.print(strings.Join(lines, ""))
}

func size(_ context.Context, c *call) int {
	pty, ok := c.session.PTY()
	if !ok {
		return c.complain(statusFailed, "size: you have no terminal here; try ssh -t")
	}
	return c.print(fmt.Sprintf("%d cols x %d rows\n", pty.Cols, pty.Rows))
}

func clearScreen(_ context.Context, c *call) int { return c.print(wipe) }

func tellFortune(_ context.Context, c *call) int { return c.print(fortune() + "\n") }

func colors(_ context.Context, c *call) int { return c.print(colorTest(c.width())) }

func unicodeTest(_ context.Context, c *call) int { return c.print(alphabets + "\n" + widthTest) }

// width is the terminal's, or 80.
func (c *call) width() int {
	if pty, ok := c.session.PTY(); ok {
		return pty.Cols
	}
	return 80
}

func both(_ context.Context, c *call) int {
	status := c.print("this line went to standard output\n")
	c.complain(status, "this line went to standard error")
	return status
}

func fail(_ context.Context, c *call) int {
	n := statusFailed
	if len(c.args) > 0 {
		var err error
		if n, err = strconv.Atoi(c.args[0]); err != nil || n < 0 || n > 255 {
			return c.complain(statusUsage, "fail: a status is a number from 0 to 255")
		}
	}
	return c.complain(n, "fail: failing with %d, as you wished", n)
}

func exit(_ context.Context, c *call) int {
	n := statusOK
	if len(c.args) > 0 {
		var err error
		if n, err = strconv.Atoi(c.args[0]); err != nil || n < 0 || n > 255 {
			return c.complain(statusUsage, "exit: a status is a number from 0 to 255")
		}
	}
	c.left = true
	return n
}

func disconnect(_ context.Context, c *call) int {
	c.session.CloseConn()
	c.left = true
	return statusFailed
}
