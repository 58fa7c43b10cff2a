package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/alecthomas/kong"
)

type configCommand struct {
	Check configCheck `cmd:"" help:"Say whether serve would take these options and their files; nothing is started."`
	Print configPrint `cmd:"" help:"Print every option of serve, its value and where that comes from."`
}

type configCheck struct{ options }

// Run checks what serve would check before it listens. Redis and OpenID
// providers are not asked: they may be down for a moment.
func (c *configCheck) Run(s streams) error {
	pl, err := c.plan()
	if err == nil {
		err = c.checkFiles(pl)
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(s.out, "wasmiko: the configuration is fine")
	return nil
}

// checkFiles names what is wrong with the files that options name, and with the
// rules that only the proxy understands.
func (o *options) checkFiles(pl *plan) error {
	var wrong mistakes
	note := func(err error) {
		var more mistakes
		switch {
		case errors.As(err, &more):
			wrong = append(wrong, more...)
		case err != nil:
			wrong = append(wrong, err.Error())
		}
	}
	_, err := o.readCertificate()
	note(err)
	_, err = o.healthPlan()
	note(err)
	_, err = o.newProxy(pl, nil, nil, slog.New(slog.DiscardHandler), nil)
	note(err)
	if wrong == nil {
		return nil
	}
	return wrong
}

type configPrint struct{ options }

// Run prints a line an option: the name, the value, the source.
func (c *configPrint) Run(s streams, ctx *kong.Context) error {
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	for _, flag := range ctx.Selected().Flags {
		if flag.Name == "help" {
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", flag.Name, forPeople(flag, ctx.FlagValue(flag)), source(ctx, flag))
	}
	return w.Flush()
}

// forPeople is a value as it may be shown: a password in a URL may not. What was
// not set is "-"; zero stands for a default of its own.
func forPeople(flag *kong.Flag, value any) string {
	switch v := value.(type) {
	case []string:
		if len(v) == 0 {
			return "-"
		}
		return strings.Join(v, " ")
	case string:
		if u, err := url.Parse(v); flag.Name == "redis" && err == nil {
			v = u.Redacted()
		}
		if v != "" {
			return v
		}
		return "-"
	}
	if flag.Target.IsZero() && flag.Target.Kind() != reflect.Bool {
		return "-"
	}
	return fmt.Sprint(value)
}

// source tells where a value comes from: the first that has one, in the order
// of precedence.
func source(ctx *kong.Context, flag *kong.Flag) string {
	at := slices.IndexFunc(ctx.Path, func(p *kong.Path) bool { return p.Flag == flag })
	if at >= 0 && !ctx.Path[at].Resolved {
		return "command line"
	}
	for _, env := range flag.Envs {
		if _, set := os.LookupEnv(env); set {
			return "environment (" + env + ")"
		}
	}
	if at >= 0 {
		return "file"
	}
	return "default"
}
