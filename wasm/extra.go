//go:build js && extra

package main

import (
	"context"
	"errors"
	"syscall/js"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore/server/demo"
	"github.com/wasmiko/wasmiko/sshcore/sshconfig"
	"github.com/wasmiko/wasmiko/wasm/wire"
)

// With the tag extra, this is the program of what a page seldom needs and the
// core therefore does without: the demo server, the same as the native one, and
// the reader of ssh_config files. Like the core it runs in a Worker of its own;
// wire.ToExtra lists its calls.
func main() {
	surroundings := js.Global().Get("wasmiko")
	js.Global().Delete("wasmiko")
	board, err := demo.New(demo.Options{})
	x := &extra{board: board, err: err}
	b := newBridge(surroundings.Get("port"), x.describe)
	handle(b, "board", x.open)
	handlePorts(b, "serve", x.serve)
	handle(b, "readConfig", x.readConfig)
	b.run()
	select {} // the page ends the Worker
}

type extra struct {
	board *demo.Demo
	err   error // why there is no board
}

func (x *extra) open(context.Context, wire.None) (wire.Board, error) {
	if x.err != nil {
		return wire.Board{}, x.err
	}
	return wire.Board{Fingerprint: ssh.FingerprintSHA256(x.board.HostKey())}, nil
}

// serve answers at the connection's end. The port is the transport.
func (x *extra) serve(ctx context.Context, _ wire.None, ports []js.Value) (wire.None, error) {
	stream, err := onlyPort(ports)
	if err != nil || x.err != nil {
		return wire.None{}, errors.Join(err, x.err)
	}
	defer stream.Close()
	x.board.ServeConn(ctx, stream) // how a guest leaves is no failure
	return wire.None{}, nil
}

func (x *extra) readConfig(_ context.Context, p wire.ConfigText) (wire.Config, error) {
	c, err := sshconfig.Parse(p.Text)
	if err != nil {
		return wire.Config{}, err
	}
	var told wire.Config
	for _, h := range c.Hosts {
		told.Hosts = append(told.Hosts, wire.ConfigHost{
			Alias: h.Alias, Host: h.HostName, Port: h.Port, User: h.User,
			Jump: h.ProxyJump, Keys: h.IdentityFiles, KeyAlias: h.HostKeyAlias,
		})
	}
	for _, i := range c.Ignored {
		told.Ignored = append(told.Ignored, wire.ConfigIgnored{Line: i.Line, Keyword: i.Keyword, Reason: i.Reason})
	}
	return told, nil
}

func (x *extra) describe(err error) *wire.Error {
	return &wire.Error{Code: "internal", Message: printable(err.Error())}
}
