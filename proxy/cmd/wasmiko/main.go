// Command wasmiko serves an SSH client as a web page, and relays its bytes.
//
//	wasmiko serve     the page and the relay
//	wasmiko demo      the same, with an SSH server to play with
//	wasmiko config    whether the options are right, and where each comes from
//	wasmiko healthcheck  whether a gateway is well, for containers
//	wasmiko ticket    a ticket, as a portal would give it
//	wasmiko passwd    a line for the file of passwords
//	wasmiko version   what this is
//
// Options come from flags, from the environment (WASMIKO_LISTEN for --listen,
// and so on), from a JSON file (--config) and from defaults, in this order.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// Exit codes: 2 is for what the user can mend in the command line, the
// environment or the file.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

type commands struct {
	Serve       serveCommand       `cmd:"" help:"Serve the page and the relay."`
	Demo        demoCommand        `cmd:"" help:"Serve the page, the relay and a demo SSH server, on this machine only."`
	Ticket      ticketCommand      `cmd:"" help:"Print a ticket for one connection, as a portal would give it."`
	Config      configCommand      `cmd:"" help:"Check or print what serve would be told."`
	Passwd      passwdCommand      `cmd:"" help:"Print a line for the file of --passwords."`
	Healthcheck healthcheckCommand `cmd:"" help:"Ask a gateway whether it is well; the answer is the exit code."`

	Version versionCommand `cmd:"" help:"Print the version."`
}

// streams are where a command writes: stdout is for programs, stderr for people.
// args are read again for a reload.
type streams struct {
	out, err io.Writer
	args     []string
}

// mistakes are errors of the configuration, one sentence each.
type mistakes []string

func (m mistakes) Error() string { return strings.Join(m, "\n") }

func run(args []string, stdout, stderr io.Writer) int {
	ctx, done, err := parse(args, stdout, stderr)
	if done {
		return exitOK
	}
	if err == nil {
		err = ctx.Run(streams{stdout, stderr, args})
	} else {
		err = mistakes{sentence(err)}
	}
	var wrong mistakes
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &wrong):
		for _, m := range wrong {
			fmt.Fprintf(stderr, "wasmiko: %s\n", m)
		}
		return exitUsage
	}
	fmt.Fprintf(stderr, "wasmiko: %v\n", err)
	return exitFailure
}

// sentence words a parser's error; kong's suggestions are kept.
func sentence(err error) string {
	var parse *kong.ParseError
	if errors.As(err, &parse) && strings.HasPrefix(err.Error(), "expected one of") {
		return "a command is missing: serve, demo, config, ticket, passwd, healthcheck or version (wasmiko --help says more)"
	}
	return err.Error()
}

// parse reads the command line twice: the first time to learn which file to
// read, the second time with the file's values below the environment's.
func parse(args []string, stdout, stderr io.Writer) (ctx *kong.Context, done bool, err error) {
	var first commands
	parser, exited := newParser(&first, stdout, stderr)
	ctx, err = parser.Parse(args)
	if *exited || err != nil {
		return ctx, *exited, err
	}
	name := first.configFile(ctx.Command())
	if name == "" {
		return ctx, false, nil
	}
	values, err := readFile(name, ctx.Selected())
	if err != nil {
		return nil, false, err
	}
	var second commands
	parser, _ = newParser(&second, stdout, stderr, kong.Resolvers(values))
	ctx, err = parser.Parse(args)
	if err != nil {
		err = fmt.Errorf("%w (from the command line, the environment or %s)", err, name)
	}
	return ctx, false, err
}

func newParser(c *commands, stdout, stderr io.Writer, more ...kong.Option) (*kong.Kong, *bool) {
	exited := new(bool)
	options := append([]kong.Option{
		kong.Name("wasmiko"),
		kong.Description("An SSH client in a web page. The relay carries bytes that it cannot read."),
		kong.DefaultEnvars("WASMIKO"),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { *exited = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true}),
	}, more...)
	return kong.Must(c, options...), exited
}

func (c *commands) configFile(command string) string {
	switch command {
	case "serve":
		return c.Serve.Config
	case "demo":
		return c.Demo.Config
	case "config check":
		return c.Config.Check.Config
	case "config print":
		return c.Config.Print.Config
	}
	return ""
}
