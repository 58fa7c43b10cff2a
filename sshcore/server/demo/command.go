package demo

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/wasmiko/wasmiko/sshcore/server"
)

// A command is what can be typed at the prompt and given to exec. There is no
// other list of them.
type command struct {
	name, args, about string
	run               func(ctx context.Context, c *call) int
}

// commands returns the table, in the order in which help shows it.
func commands() []command {
	return []command{
		{"help", "", "this list", help},
		{"ls", "[-l] [PATH]", "list files", ls},
		{"cat", "[FILE...]", "print files, or what you type up to Ctrl-D", cat},
		{"sha256", "[FILE...]", "hash files, or what you type up to Ctrl-D", sha256sum},
		{"echo", "[WORDS...]", "print words", echo},
		{"date", "", "the time, in UTC", date},
		{"whoami", "", "how you logged in", whoami},
		{"uname", "", "the machine, which is not real", uname},
		{"env", "", "the variables that your client sent", env},
		{"size", "", "columns and rows of your terminal", size},
		{"colors", "", "16, 256 and millions of colours", colors},
		{"unicode", "", "alphabets, widths and emoji", unicodeTest},
		{"clear", "", "wipe the screen", clearScreen},
		{"fortune", "", "a sentence to take along", tellFortune},
		{"count", "[N]", "count to N, one each tenth of a second", count},
		{"slow", "[WORDS...]", "drip letters", slow},
		{"sleep", "SECONDS", "do nothing for a while", sleep},
		{"stress", "N or SIZE", "N numbered lines, or as many as fill e.g. 100M", stress},
		{"flood", "", "lines until Ctrl-C", flood},
		{"yes", "[WORDS...]", "the same words until Ctrl-C", yes},
		{"both", "", "a line on stdout and one on stderr", both},
		{"fail", "[N]", "complain on stderr and exit with N", fail},
		{"exit", "[N]", "leave, with status N", exit},
		{"disconnect", "", "cut the connection without a word", disconnect},
	}
}

// A call is one command that runs.
type call struct {
	demo           *Demo
	session        *server.Session
	args           []string
	stdin          io.Reader
	stdout, stderr io.Writer
	left           bool // exit was called: the prompt ends
}

// Exit statuses as shells give them.
const (
	statusOK          = 0
	statusFailed      = 1
	statusUsage       = 2
	statusNotFound    = 127
	statusInterrupted = 130
)

// run runs a command line and returns its exit status.
func (c *call) run(ctx context.Context, line string) int {
	args, err := words(line)
	if err != nil {
		return c.complain(statusUsage, "%v", err)
	}
	if len(args) == 0 {
		return statusOK
	}
	for _, cmd := range commands() {
		if cmd.name == args[0] {
			c.args = args[1:]
			return cmd.run(ctx, c)
		}
	}
	return c.complain(statusNotFound, "%s: no such command; try help", clean(args[0], 40))
}

// complain writes one line to stderr and returns status.
func (c *call) complain(status int, format string, args ...any) int {
	fmt.Fprintf(c.stderr, format+"\n", args...)
	return status
}

// print writes to stdout and returns the status that follows from it.
func (c *call) print(text string) int {
	if _, err := io.WriteString(c.stdout, text); err != nil {
		return statusFailed
	}
	return statusOK
}

func help(_ context.Context, c *call) int {
	var b strings.Builder
	for _, cmd := range commands() {
		fmt.Fprintf(&b, "  %-24s %s\n", cmd.name+" "+cmd.args, cmd.about)
	}
	return c.print(b.String())
}
