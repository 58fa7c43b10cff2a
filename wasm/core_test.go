//go:build js

package main

import (
	"context"
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall/js"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore"
	"github.com/wasmiko/wasmiko/sshcore/server"
	"github.com/wasmiko/wasmiko/wasm/wire"
)

// fakePage is the page's side of a core: a bridge of the same kind, and what
// it was told and asked.
type fakePage struct {
	*bridge
	core     *core
	password func(context.Context, wire.AskSecret) (wire.Secret, error)
	decision string
	steps    []string
	banners  []string
	learned  []string
	closed   chan wire.Closed
}

func newFakePage(t *testing.T) *fakePage {
	t.Helper()
	wantNoFuncsLeft(t)
	channel := js.Global().Get("MessageChannel").New()
	p := &fakePage{
		core:     newCore(channel.Get("port1")),
		closed:   make(chan wire.Closed, 1),
		decision: "once",
		password: func(context.Context, wire.AskSecret) (wire.Secret, error) {
			return wire.Secret{Secret: []byte("foo")}, nil
		},
	}
	p.bridge = newBridge(channel.Get("port2"), func(err error) *wire.Error {
		return &wire.Error{Code: "aborted", Message: err.Error()}
	})
	handle(p.bridge, "askPassword", func(ctx context.Context, a wire.AskSecret) (wire.Secret, error) { return p.password(ctx, a) })
	handle(p.bridge, "askHostKey", func(context.Context, wire.HostKey) (wire.HostKeyAnswer, error) {
		return wire.HostKeyAnswer{Decision: p.decision}, nil
	})
	noted(p, "progress", func(m wire.Progress) { p.steps = append(p.steps, m.Step) })
	noted(p, "banner", func(m wire.Banner) { p.banners = append(p.banners, m.Message) })
	noted(p, "hostKeyLearned", func(m wire.HostKeyLearned) { p.learned = append(p.learned, m.Line) })
	noted(p, "closed", func(m wire.Closed) { p.closed <- m })
	p.run()
	p.core.run()
	t.Cleanup(func() {
		settle()
		p.stop()
		p.core.bridge.stop()
	})
	return p
}

// noted handles news.
func noted[P any](p *fakePage, method string, note func(P)) {
	handle(p.bridge, method, func(_ context.Context, m P) (wire.None, error) {
		note(m)
		return wire.None{}, nil
	})
}

// ask calls the core, with ports.
func askCore[R any](p *fakePage, method string, params any, ports ...js.Value) (R, error) {
	var r R
	list := jsArray.New()
	for _, port := range ports {
		list.Call("push", port)
	}
	answers := make(chan js.Value, 1)
	p.mu.Lock()
	p.lastID++
	p.waiting[p.lastID] = answers
	message := jsObject.New()
	message.Set("id", p.lastID)
	message.Set("method", method)
	message.Set("params", toJS(params))
	message.Set("ports", list)
	p.js.Call("postMessage", message, list)
	p.mu.Unlock()
	answer := <-answers
	if failure := answer.Get("error"); !failure.IsUndefined() {
		e := new(pageError)
		return r, errors.Join(fromJS(failure, &e.failure), e)
	}
	return r, fromJS(answer.Get("result"), &r)
}

// serverLine is the line of known_hosts for newServer's key, as dial calls it.
func serverLine(t *testing.T) string {
	t.Helper()
	return sshcore.KnownHostsLine("db1.example:2222", newServer(t).HostKeys[0].PublicKey())
}

// newServer returns an SSH server for robey with the password foo. Its
// commands: "echo" copies input to output and says so on stderr, "drop" ends
// the connection, "wait" waits for the session's end.
func newServer(t *testing.T) *server.Server {
	t.Helper()
	signer, err := ssh.NewSignerFromSigner(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	return &server.Server{
		HostKeys: []ssh.Signer{signer},
		Banner:   "be good",
		PasswordAuth: func(_ context.Context, l server.Login, password []byte) error {
			if l.User != "robey" || string(password) != "foo" {
				return errors.New("wrong name or password")
			}
			return nil
		},
		Handler: func(ctx context.Context, s *server.Session) {
			switch s.Command() {
			case "echo":
				io.Copy(s.Stdout(), s.Stdin())
				fmt.Fprint(s.Stderr(), "copied")
				s.Exit(7)
			case "drop":
				fmt.Fprint(s.Stdout(), "last words")
				s.CloseConn()
			case "wait":
				<-ctx.Done()
			}
		},
	}
}

// dial connects p to srv over a stream of the page's own.
func (p *fakePage) dial(t *testing.T, srv *server.Server, change func(*wire.Connect)) (wire.Info, error) {
	t.Helper()
	channel := js.Global().Get("MessageChannel").New()
	far := newPort(channel.Get("port1"))
	served := make(chan struct{})
	go func() {
		srv.ServeConn(context.Background(), far)
		far.Close()
		close(served)
	}()
	t.Cleanup(func() {
		if p.core.client != nil {
			p.core.client.Close()
		}
		far.Close()
		<-served
	})
	params := wire.Connect{
		Host: "db1.example", Port: 2222, User: "robey",
		Auth:        []wire.Auth{{Type: "password"}},
		HostKey:     wire.HostKeyPolicy{OnUnknown: "ask"},
		KeepAliveMs: -1,
	}
	if change != nil {
		change(&params)
	}
	info, err := askCore[wire.Info](p, "connect", params, channel.Get("port2"))
	if err != nil {
		// A transport that was never taken over.
		settle()
	}
	return info, err
}

// start opens a session with the page's ends of its streams.
func (p *fakePage) start(t *testing.T, line string) (id int, main, errs *port) {
	t.Helper()
	a, b := js.Global().Get("MessageChannel").New(), js.Global().Get("MessageChannel").New()
	main, errs = newPort(a.Get("port1")), newPort(b.Get("port1"))
	s, err := askCore[wire.Session](p, "start", wire.Start{Line: line}, a.Get("port2"), b.Get("port2"))
	if err != nil {
		t.Fatal(err)
	}
	errs.CloseWrite()
	t.Cleanup(func() { main.Close(); errs.Close(); settle() })
	return s.Session, main, errs
}

func TestEveryCallHasAHandler(t *testing.T) {
	p := newFakePage(t)
	for _, c := range wire.ToCore {
		if p.core.bridge.handlers[c.Method] == nil {
			t.Errorf("nobody serves %s", c.Method)
		}
	}
	if have, want := len(p.core.bridge.handlers), len(wire.ToCore); have != want {
		t.Errorf("%d handlers for %d calls", have, want)
	}
}

func TestASessionFromConnectToDisconnect(t *testing.T) {
	p := newFakePage(t)
	p.decision = "remember"
	info, err := p.dial(t, newServer(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	if info.HostKeyType != "ssh-ed25519" || !info.PostQuantum || !info.StrictKex {
		t.Errorf("%+v", info)
	}
	if want := []string{"kex", "hostkey", "auth", "ready"}; !slices.Equal(p.steps, want) {
		t.Errorf("steps %v", p.steps)
	}
	if !slices.Equal(p.banners, []string{"be good\r\n"}) {
		t.Errorf("banners %q", p.banners)
	}
	if len(p.learned) != 1 || !strings.HasPrefix(p.learned[0], "[db1.example]:2222 ssh-ed25519 ") {
		t.Errorf("learned %q", p.learned)
	}
	id, main, errs := p.start(t, "echo")
	const size = 1 << 20
	go func() {
		main.Write(make([]byte, size))
		main.CloseWrite()
	}()
	out, err := io.ReadAll(main)
	if len(out) != size || err != nil {
		t.Errorf("stdout brought %d bytes, %v", len(out), err)
	}
	if text, err := io.ReadAll(errs); string(text) != "copied" || err != nil {
		t.Errorf("stderr said %q, %v", text, err)
	}
	exit, err := askCore[wire.Exit](p, "wait", wire.Session{Session: id})
	if err != nil || exit.Status == nil || *exit.Status != 7 {
		t.Errorf("exit %+v, %v", exit, err)
	}
	if len(p.core.sessions) != 0 {
		t.Error("the session was not forgotten")
	}
	if _, err := askCore[wire.None](p, "disconnect", wire.None{}); err != nil {
		t.Error(err)
	}
	if end := <-p.closed; end.Error != nil {
		t.Errorf("closed with %+v", end.Error)
	}
}

func TestConnectFails(t *testing.T) {
	public := []byte("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f")
	for _, c := range []struct {
		name, decision, password string
		change                   func(*wire.Connect)
		want                     string
		asked                    int // for a password
	}{
		{"when the password is wrong three times", "once", "bar", nil, "auth/denied", 3},
		{"when the key is rejected", "reject", "foo", nil, "hostkey/unknown", 0},
		{"when the key is not the pinned one", "once", "foo", func(p *wire.Connect) {
			p.HostKey.Pins = []string{"SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
		}, "hostkey/mismatch", 0},
		{"when the key is the known one and not the pinned one", "once", "foo", func(p *wire.Connect) {
			p.HostKey.KnownHosts = serverLine(t)
			p.HostKey.Pins = []string{"SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
		}, "hostkey/disputed", 0},
		{"when nobody may be asked about the key", "once", "foo", func(p *wire.Connect) { p.HostKey.OnUnknown = "reject" }, "hostkey/unknown", 0},
		{"when the question is not answered", "once", "", nil, "auth/cancelled", 1},
		{"before it sends anything when a key is none", "once", "foo", func(p *wire.Connect) {
			p.Auth = append(p.Auth, wire.Auth{Type: "publickey", Name: "work", Key: public})
		}, "auth/public-not-private", 0},
		{"when there is no port 0", "once", "foo", func(p *wire.Connect) { p.Port = 0 }, "internal/", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newFakePage(t)
			p.decision = c.decision
			asked := 0
			p.password = func(_ context.Context, a wire.AskSecret) (wire.Secret, error) {
				asked++
				if a.Attempt != asked || a.Host != "db1.example" || a.User != "robey" {
					t.Errorf("question %d: %+v", asked, a)
				}
				if c.password == "" {
					return wire.Secret{}, errors.New("dialog closed")
				}
				return wire.Secret{Secret: []byte(c.password)}, nil
			}
			_, err := p.dial(t, newServer(t), c.change)
			var e *pageError
			if !errors.As(err, &e) {
				t.Fatalf("returned %v", err)
			}
			if got := e.failure.Code + "/" + e.failure.Reason; got != c.want {
				t.Errorf("failed with %s: %s", got, e.failure.Message)
			}
			if asked != c.asked {
				t.Errorf("asked for the password %d times", asked)
			}
		})
	}
}

func TestKeysAreCheckedWithoutTheirPassphrase(t *testing.T) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	block, err := ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	if err := checkKey(pem.EncodeToMemory(block), nil); err != nil {
		t.Errorf("an encrypted key is refused: %v", err)
	}
}

func TestALostConnectionTellsEveryone(t *testing.T) {
	p := newFakePage(t)
	srv := newServer(t)
	if _, err := p.dial(t, srv, nil); err != nil {
		t.Fatal(err)
	}
	waiting, waitingPort, _ := p.start(t, "wait")
	_, dropping, _ := p.start(t, "drop")
	out, err := io.ReadAll(dropping)
	if string(out) != "last words" {
		t.Errorf("stdout brought %q before %v", out, err)
	}
	var broken *portError
	if _, err := waitingPort.Read(make([]byte, 1)); !errors.As(err, &broken) || broken.code != "closed" {
		t.Errorf("the other session's output ended with %v", err)
	}
	var e *pageError
	if _, err := askCore[wire.Exit](p, "wait", wire.Session{Session: waiting}); !errors.As(err, &e) || e.failure.Code != "closed" {
		t.Errorf("wait returned %v", err)
	}
	if end := <-p.closed; end.Error == nil || end.Error.Code != "closed" || end.Error.Reason != "server" {
		t.Errorf("closed with %+v", end.Error)
	}
}

func TestAQuestionIsTakenBackWhenTheConnectionEnds(t *testing.T) {
	p := newFakePage(t)
	srv := newServer(t)
	takenBack := make(chan struct{})
	p.password = func(ctx context.Context, _ wire.AskSecret) (wire.Secret, error) {
		srv.Close()
		<-ctx.Done()
		close(takenBack)
		return wire.Secret{}, ctx.Err()
	}
	if _, err := p.dial(t, srv, nil); err == nil {
		t.Error("connected")
	}
	<-takenBack
}

func TestBreakingTheInputOffClosesTheSession(t *testing.T) {
	p := newFakePage(t)
	if _, err := p.dial(t, newServer(t), nil); err != nil {
		t.Fatal(err)
	}
	id, main, _ := p.start(t, "wait")
	main.Reset(&wire.Error{Code: "aborted", Message: "broken off"})
	if _, err := askCore[wire.Exit](p, "wait", wire.Session{Session: id}); err != nil {
		t.Errorf("wait returned %v", err)
	}
}
