package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"

	"github.com/wasmiko/wasmiko/proxy"
)

// reload reads the command line, the environment and the file again, and puts
// their list of targets into force. What else changed needs a restart. A list
// with a mistake changes nothing, and the log says what is wrong with it.
func reload(args []string, pl *plan, p *proxy.Proxy, demo *proxy.Demo, log *slog.Logger) {
	o, err := reread(args)
	if err == nil {
		if _, err = o.plan(); err == nil {
			err = renew(o, pl, p, demo)
		}
	}
	if err != nil {
		log.Error("the configuration was not read again; the old one holds", "problem", err)
		return
	}
	log.Info("the list of allowed targets was read again", "targets", len(o.Allow))
}

// renew reads the files first: what is broken changes nothing.
func renew(o *options, pl *plan, p *proxy.Proxy, demo *proxy.Demo) error {
	users, err := readPasswords(o.Passwords)
	if err != nil {
		return err
	}
	if err := p.Reload(o.targets(pl, demo)); err != nil {
		return err
	}
	if gate := p.Gate(); gate != nil && users != nil {
		gate.SetPasswords(users)
	}
	return nil
}

func reread(args []string) (*options, error) {
	ctx, _, err := parse(args, io.Discard, io.Discard)
	if err != nil {
		return nil, err
	}
	switch c := ctx.Selected().Target.Interface().(type) {
	case serveCommand:
		return &c.options, nil
	case demoCommand:
		return &c.options, nil
	}
	return nil, fmt.Errorf("%s has no targets", ctx.Command())
}

// targets lists what may be connected.
func (o *options) targets(pl *plan, demo *proxy.Demo) []string {
	allow := o.Allow
	if len(allow) == 0 && !pl.local {
		allow = []string{"*"} // --i-run-an-open-relay
	}
	if len(allow) > 0 && demo != nil {
		allow = append(allow[:len(allow):len(allow)], net.JoinHostPort(demo.Host, fmt.Sprint(demo.Port)))
	}
	return allow
}
