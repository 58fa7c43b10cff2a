package main

import (
	"context"
	"fmt"
	"net"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/proxy"
	"github.com/wasmiko/wasmiko/sshcore/server/demo"
)

type demoCommand struct{ options }

// Run serves with the demo server beside it, until a signal.
func (c *demoCommand) Run(s streams) error {
	pl, err := c.plan()
	if err != nil {
		return err
	}
	if !pl.local {
		return mistakes{"the demo serves this machine only, because everybody knows its password: listen on 127.0.0.1 without --host and --behind-tls-proxy, or use wasmiko serve"}
	}
	board, err := demo.Start(context.Background(), demo.Options{Addr: fmt.Sprintf("127.0.0.1:%d", proxy.DemoPort)})
	if err != nil {
		return err
	}
	defer board.Close()
	info := describe(board)
	newLogger(c.LogFormat, s.err, s.err).Info("demo SSH server: log in as "+info.Username+" with the password "+info.Password,
		"addr", board.Addr().String(), "fingerprint", info.Fingerprint)
	return c.serve(s, pl, info)
}

// describe tells the page what it needs to offer the demo with one click.
func describe(board *demo.Demo) *proxy.Demo {
	addr := board.Addr().(*net.TCPAddr)
	key := board.HostKey()
	return &proxy.Demo{
		Host:           addr.IP.String(),
		Port:           uint16(addr.Port),
		Username:       "robey",
		Password:       "foo",
		Fingerprint:    ssh.FingerprintSHA256(key),
		KnownHostsLine: knownHostsLine(addr, key),
	}
}

// knownHostsLine is the line for known_hosts; the port is part of the name
// unless it is 22 (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT).
func knownHostsLine(addr *net.TCPAddr, key ssh.PublicKey) string {
	name := addr.IP.String()
	if addr.Port != 22 {
		name = fmt.Sprintf("[%s]:%d", name, addr.Port)
	}
	return name + " " + strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
}
