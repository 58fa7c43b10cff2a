package demo

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"net"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore/server"
)

// DefaultAddr is where Paramiko's demo_server has always been.
const DefaultAddr = "127.0.0.1:2200"

const banner = `This is Wasmiko's demo board: a toy, on this machine only.
Login robey, password foo. Nothing you do here touches a real file.`

// Options are how a demo may differ from the usual one.
type Options struct {
	// Addr is where Start listens. Empty: DefaultAddr. It must be a loopback
	// address. If the port is taken, a free one is used instead.
	Addr string
	// HostKey is the server's key. Nil: a fresh Ed25519 key.
	HostKey ssh.Signer
	// Logger is told about logins and failures. Nil: nobody is.
	Logger Logger
}

// A Logger is what *slog.Logger is. It is an interface so that log/slog stays
// out of the page's wasm.
type Logger interface {
	Info(msg string, args ...any)
}

// A Demo is a running board.
type Demo struct {
	server   *server.Server
	hostKey  ssh.PublicKey
	logger   Logger
	listener net.Listener // nil if there is none
	board    *board
	guests   *guestBook
	people   *people
	files    *tree
}

// New makes a board that has no listener; see [Demo.Serve] and
// [Demo.ServeConn].
func New(o Options) (*Demo, error) {
	if o.HostKey == nil {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return nil, fmt.Errorf("demo: host key: %w", err)
		}
		if o.HostKey, err = ssh.NewSignerFromSigner(key); err != nil {
			return nil, fmt.Errorf("demo: host key: %w", err)
		}
	}
	files, err := newDemoTree(time.Now())
	if err != nil {
		return nil, fmt.Errorf("demo: files: %w", err)
	}
	d := &Demo{
		hostKey: o.HostKey.PublicKey(),
		logger:  o.Logger,
		board:   newBoard(),
		guests:  newGuestBook(),
		people:  newPeople(),
		files:   files,
	}
	d.server = &server.Server{
		HostKeys:         []ssh.Signer{o.HostKey},
		PasswordAuth:     passwordAuth,
		PublicKeyAuth:    publicKeyAuth,
		InteractiveAuth:  interactiveAuth,
		Banner:           banner,
		Version:          "WasmikoDemo",
		Handler:          d.handle,
		Subsystems:       map[string]server.Handler{"sftp": d.sftp()},
		Forward:          forward,
		OnError:          d.failed,
		HandshakeTimeout: 10 * time.Minute, // people read the page while they log in
		MaxConns:         64,
	}
	return d, nil
}

// Start makes a board and serves it at o.Addr until Close. ctx bounds the
// start only.
func Start(ctx context.Context, o Options) (*Demo, error) {
	d, err := New(o)
	if err != nil {
		return nil, err
	}
	addr := o.Addr
	if addr == "" {
		addr = DefaultAddr
	}
	d.listener, err = listen(ctx, addr)
	if err != nil {
		return nil, err
	}
	go d.server.Serve(d.listener)
	d.info("demo board is open", "addr", d.listener.Addr().String())
	return d, nil
}

// Serve serves a loopback TCP listener until Close; it refuses any other.
func (d *Demo) Serve(l net.Listener) error {
	if err := onlyLoopback(l.Addr()); err != nil {
		l.Close()
		return err
	}
	return d.server.Serve(l)
}

// ServeConn serves one connection, such as an end of an in-memory pipe, and
// returns when it has ended. It refuses TCP from anywhere but loopback.
func (d *Demo) ServeConn(ctx context.Context, c net.Conn) error {
	if tcp, ok := c.RemoteAddr().(*net.TCPAddr); ok && !tcp.IP.IsLoopback() {
		c.Close()
		return onlyLoopback(tcp)
	}
	return d.server.ServeConn(ctx, c)
}

// Addr is the address that Start listens on, or nil.
func (d *Demo) Addr() net.Addr {
	if d.listener == nil {
		return nil
	}
	return d.listener.Addr()
}

// HostKey is the public half of the host key.
func (d *Demo) HostKey() ssh.PublicKey { return d.hostKey }

// Close ends the board and everybody's sessions.
func (d *Demo) Close() error { return d.server.Close() }

func (d *Demo) sftp() server.Handler {
	serve := server.SFTP(func(server.Login) sftp.Handlers { return d.files.handlers() })
	return func(ctx context.Context, s *server.Session) {
		defer d.people.enter(s, "files")()
		d.info("files opened", "user", s.Login().User)
		serve(ctx, s)
	}
}

func (d *Demo) failed(remote net.Addr, err error) {
	d.info("connection failed", "remote", remote.String(), "error", err)
}

func (d *Demo) info(msg string, args ...any) {
	if d.logger != nil {
		d.logger.Info(msg, args...)
	}
}
