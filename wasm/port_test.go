//go:build js

package main

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"syscall/js"
	"testing"
	"time"

	"github.com/wasmiko/wasmiko/wasm/wire"
)

// wantNoFuncsLeft fails the test if it leaves callbacks behind.
func wantNoFuncsLeft(t *testing.T) {
	t.Helper()
	before := liveFuncs.Load()
	t.Cleanup(func() {
		if left := liveFuncs.Load() - before; left != 0 {
			t.Errorf("%d callbacks were not released", left)
		}
	})
}

// newPortPair returns the two ends of a stream.
func newPortPair(t *testing.T) (a, b *port) {
	t.Helper()
	wantNoFuncsLeft(t)
	channel := js.Global().Get("MessageChannel").New()
	a, b = newPort(channel.Get("port1")), newPort(channel.Get("port2"))
	t.Cleanup(func() { a.Close(); b.Close(); settle() })
	return a, b
}

// peer is the other end of a port, message by message.
type peer struct {
	js       js.Value
	messages chan js.Value
}

func newPeer(t *testing.T) (*port, *peer) {
	t.Helper()
	wantNoFuncsLeft(t)
	channel := js.Global().Get("MessageChannel").New()
	p := &peer{js: channel.Get("port2"), messages: make(chan js.Value, 64)}
	onMessage := newCallback(func(event js.Value) { p.messages <- event.Get("data") })
	p.js.Set("onmessage", onMessage.Value)
	own := newPort(channel.Get("port1"))
	t.Cleanup(func() {
		own.Close()
		settle()
		p.js.Call("close")
		onMessage.release()
	})
	if first := <-p.messages; first.Int() != window {
		t.Fatalf("the first message is %v and not the first credit", first)
	}
	return own, p
}

func (p *peer) send(v any) { p.js.Call("postMessage", v) }

// settle lets every event that is under way be delivered.
func settle() {
	for range 3 {
		done := make(chan struct{})
		turn := newCallback(func(js.Value) { close(done) })
		js.Global().Call("setTimeout", turn.Value, 0, 0)
		<-done
		turn.release()
	}
}

func TestPortCarriesBytesBothWays(t *testing.T) {
	a, b := newPortPair(t)
	const size = 3 << 20
	want := make([]byte, size)
	for i := range want {
		want[i] = byte(i * 7 >> 3)
	}
	for _, way := range []struct {
		name     string
		from, to *port
	}{{"there", a, b}, {"back", b, a}} {
		t.Run(way.name, func(t *testing.T) {
			errs := make(chan error, 1)
			go func() {
				n, err := way.from.Write(want)
				if err == nil && n != size {
					err = io.ErrShortWrite
				}
				way.from.CloseWrite()
				errs <- err
			}()
			got, err := io.ReadAll(way.to)
			if err := errors.Join(err, <-errs); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%d bytes came, and not the ones sent", len(got))
			}
		})
	}
}

func TestPortSendsNoMoreThanItsCredit(t *testing.T) {
	p, other := newPeer(t)
	wrote := make(chan int, 1)
	go func() {
		n, _ := p.Write(make([]byte, 100))
		wrote <- n
	}()
	other.send(30)
	if got := (<-other.messages).Length(); got != 30 {
		t.Fatalf("with a credit of 30, %d bytes came", got)
	}
	settle()
	if len(other.messages) != 0 {
		t.Fatal("more came without credit")
	}
	other.send(50)
	other.send(50)
	if got := (<-other.messages).Length() + (<-other.messages).Length(); got != 70 {
		t.Fatalf("the rest is %d bytes", got)
	}
	if n := <-wrote; n != 100 {
		t.Errorf("Write returned %d", n)
	}
}

func TestPortGrantsWhatWasReadAndNothingElse(t *testing.T) {
	p, other := newPeer(t)
	other.send(bytesToJS(make([]byte, window)))
	settle()
	if len(other.messages) != 0 {
		t.Fatal("credit was granted before anything was read")
	}
	buf := make([]byte, grantStep-1)
	io.ReadFull(p, buf)
	settle()
	if len(other.messages) != 0 {
		t.Fatal("credit was granted for less than a step")
	}
	io.ReadFull(p, buf[:10])
	if got := (<-other.messages).Int(); got != grantStep+9 {
		t.Errorf("granted %d", got)
	}
}

func TestPortEnds(t *testing.T) {
	failure := wire.Error{Code: "aborted", Message: "broken off"}
	for _, c := range []struct {
		name      string
		act       func(p *port, other *peer)
		wantRead  error // io.EOF as it stands
		wantWrite error // nil: writing still works
	}{
		{"EOF leaves the other direction open", func(_ *port, o *peer) { o.send(100); o.send(nil) }, io.EOF, nil},
		{"a failure ends both", func(_ *port, o *peer) { o.send(100); o.send(toJS(failure)) }, &portError{}, &portError{}},
		{"Close ends both", func(p *port, _ *peer) { p.Close() }, net.ErrClosed, net.ErrClosed},
		{"a read deadline ends a read", func(p *port, o *peer) { o.send(100); p.SetReadDeadline(time.Now()) }, os.ErrDeadlineExceeded, nil},
		{"a deadline ends both", func(p *port, _ *peer) { p.SetDeadline(time.Unix(1, 0)) }, os.ErrDeadlineExceeded, os.ErrDeadlineExceeded},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, other := newPeer(t)
			read := make(chan error, 1)
			go func() {
				_, err := p.Read(make([]byte, 1))
				read <- err
			}()
			settle()
			c.act(p, other)
			if err := <-read; !sameError(err, c.wantRead) {
				t.Errorf("Read returned %v", err)
			}
			if _, err := p.Write([]byte("x")); !sameError(err, c.wantWrite) {
				t.Errorf("Write returned %v", err)
			}
		})
	}
}

func sameError(got, want error) bool {
	if _, ok := want.(*portError); ok {
		var e *portError
		return errors.As(got, &e) && e.code == "aborted"
	}
	return errors.Is(got, want)
}

func TestPortGivesWhatCameBeforeEOF(t *testing.T) {
	p, other := newPeer(t)
	other.send(bytesToJS([]byte("last ")))
	other.send(bytesToJS([]byte("words")))
	other.send(nil)
	settle()
	if got, err := io.ReadAll(p); err != nil || string(got) != "last words" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestPortDeadlineCanBeMovedBack(t *testing.T) {
	p, other := newPeer(t)
	p.SetReadDeadline(time.Unix(1, 0))
	if _, err := p.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	p.SetReadDeadline(time.Time{})
	other.send(bytesToJS([]byte("x")))
	if n, err := p.Read(make([]byte, 8)); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

func TestPortSaysWhyItWasReset(t *testing.T) {
	p, other := newPeer(t)
	p.Reset(&wire.Error{Code: "closed", Reason: "lost", Message: "gone"})
	message := <-other.messages
	if message.Get("code").String() != "closed" || message.Get("message").String() != "gone" {
		t.Errorf("the other side was told %v", message)
	}
}
