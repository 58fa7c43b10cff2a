package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"

	"github.com/wasmiko/wasmiko/proxy"
)

// gateway is what a reload renews.
type gateway struct {
	args  []string
	plan  *plan
	proxy *proxy.Proxy
	demo  *proxy.Demo
	cert  *certificate
	log   *slog.Logger
}

// reload reads the command line, the environment and the file again, and puts
// their targets, passwords and certificate into force. What else changed needs a
// restart. With a mistake in any of them nothing changes, and the log names it.
func (g *gateway) reload() {
	o, err := reread(g.args)
	if err == nil {
		err = g.fits(o)
	}
	if err == nil {
		err = g.renew(o)
	}
	if err != nil {
		g.log.Error("the configuration was not read again; the old one holds", "problem", err)
		return
	}
	g.log.Info("the list of allowed targets was read again", "targets", len(o.Allow))
}

// fits says why what was read is not for a gateway that listens as this one does: an
// empty list, which is fine on this machine alone, would open it to everybody.
func (g *gateway) fits(o *options) error {
	next, err := o.plan()
	if err == nil && next.local != g.plan.local {
		return errors.New("whether others can reach this gateway changes with a restart alone")
	}
	return err
}

// renew reads the files first: what is broken changes nothing.
func (g *gateway) renew(o *options) error {
	users, err := readPasswords(o.Passwords)
	if err != nil {
		return err
	}
	pair, err := o.readCertificate()
	if err != nil {
		return err
	}
	if err := g.proxy.Reload(o.targets(g.plan, g.demo)); err != nil {
		return err
	}
	if gate := g.proxy.Gate(); gate != nil && users != nil {
		gate.SetPasswords(users)
	}
	if pair != nil {
		g.cert.now.Store(pair)
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
