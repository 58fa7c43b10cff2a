package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
)

// listeners takes the sockets that systemd opened, or else opens the plan's.
// "localhost" is both families where the
// machine has both; a taken default port is replaced by a free one, but one
// that somebody asked for is not.
func (p *plan) listeners(ctx context.Context) (ls []net.Listener, moved bool, err error) {
	if ls, err := handedOver(); err != nil || len(ls) > 0 {
		if err == nil {
			err = p.judge(ls)
		}
		return ls, false, err
	}
	host := p.host
	if host == "localhost" {
		host = "127.0.0.1"
	}
	var lc net.ListenConfig
	first, err := lc.Listen(ctx, "tcp", net.JoinHostPort(host, p.port))
	if p.byDefault && errors.Is(err, syscall.EADDRINUSE) {
		moved = true
		first, err = lc.Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
	}
	if err != nil {
		return nil, false, mistakes{listenProblem(net.JoinHostPort(p.host, p.port), err)}
	}
	ls = []net.Listener{first}
	if p.host == "localhost" {
		// A browser may try ::1 first. Without IPv6 there is nothing to try.
		if second, err := lc.Listen(ctx, "tcp", net.JoinHostPort("::1", portOf(first))); err == nil {
			ls = append(ls, second)
		}
	}
	return ls, moved, nil
}

// judge refuses sockets that reach further than --listen says: whether others
// can come decides what they may do.
func (p *plan) judge(ls []net.Listener) error {
	for _, at := range addrPorts(ls) {
		if p.loopback && !at.Addr().IsLoopback() {
			return mistakes{fmt.Sprintf("the socket from systemd is at %v, beyond this machine: say so with --listen %v", at, at)}
		}
	}
	return nil
}

func listenProblem(addr string, err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Sprintf("--listen %s: another program listens there; choose another port, or 0 for a free one", addr)
	case errors.Is(err, syscall.EACCES):
		return fmt.Sprintf("--listen %s: this user may not listen there; choose a port above 1023", addr)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Sprintf("--listen %s: this machine does not have that address", addr)
	}
	return fmt.Sprintf("--listen %s: %v", addr, err)
}

func portOf(l net.Listener) string {
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

func addrPorts(ls []net.Listener) []netip.AddrPort {
	out := make([]netip.AddrPort, len(ls))
	for i, l := range ls {
		ap := l.Addr().(*net.TCPAddr).AddrPort()
		out[i] = netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	}
	return out
}

// url is what people open.
func (p *plan) url(named []string, l net.Listener, base string) string {
	scheme := "http"
	if p.tls {
		scheme = "https"
	}
	host := net.JoinHostPort(p.host, portOf(l))
	if len(named) > 0 && !p.local {
		host = named[0]
	}
	return scheme + "://" + host + strings.TrimSuffix(base, "/") + "/"
}
