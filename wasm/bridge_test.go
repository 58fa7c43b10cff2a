//go:build js

package main

import (
	"context"
	"errors"
	"syscall/js"
	"testing"

	"github.com/wasmiko/wasmiko/wasm/wire"
)

// newBridgePeer returns a bridge and the page's end of it.
func newBridgePeer(t *testing.T) (*bridge, *peer) {
	t.Helper()
	wantNoFuncsLeft(t)
	channel := js.Global().Get("MessageChannel").New()
	b := newBridge(channel.Get("port1"), func(err error) *wire.Error {
		return &wire.Error{Code: "internal", Message: err.Error()}
	})
	page := &peer{js: channel.Get("port2"), messages: make(chan js.Value, 16)}
	onMessage := newCallback(func(event js.Value) { page.messages <- event.Get("data") })
	page.js.Set("onmessage", onMessage.Value)
	t.Cleanup(func() {
		b.stop()
		page.js.Call("close")
		onMessage.release()
	})
	return b, page
}

func call(id int, method string, params any) map[string]any {
	return map[string]any{"id": id, "method": method, "params": toJS(params)}
}

func TestBridgeAnswersCalls(t *testing.T) {
	b, page := newBridgePeer(t)
	handle(b, "resize", func(_ context.Context, p wire.Resize) (wire.Session, error) {
		if p.Cols == 0 {
			return wire.Session{}, errors.New("no columns")
		}
		return wire.Session{Session: p.Cols + p.Rows}, nil
	})
	b.run()
	for _, c := range []struct {
		name    string
		message map[string]any
		result  int
		failure string
	}{
		{"with the result", call(1, "resize", wire.Resize{Cols: 80, Rows: 24}), 104, ""},
		{"with the handler's error", call(2, "resize", wire.Resize{}), 0, "no columns"},
		{"with an error when the method is unknown", call(3, "rezise", wire.Resize{}), 0, `no call "rezise"`},
		{"with an error when the parameters are wrong", call(4, "resize", wire.Session{}), 0, "parameters of resize: cols: want number, have undefined"},
	} {
		t.Run(c.name, func(t *testing.T) {
			page.send(c.message)
			answer := <-page.messages
			if answer.Get("id").Int() != c.message["id"] {
				t.Errorf("answered call %v", answer.Get("id"))
			}
			if c.failure != "" {
				if got := answer.Get("error").Get("message").String(); got != c.failure {
					t.Errorf("failed with %q", got)
				}
				return
			}
			if got := answer.Get("result").Get("session").Int(); got != c.result {
				t.Errorf("answered %d", got)
			}
		})
	}
}

func TestBridgeCancelsACall(t *testing.T) {
	b, page := newBridgePeer(t)
	handle(b, "info", func(ctx context.Context, _ wire.None) (wire.None, error) {
		<-ctx.Done()
		return wire.None{}, ctx.Err()
	})
	b.run()
	// In one go: the cancellation may come before the handler runs.
	page.send(call(1, "info", wire.None{}))
	page.send(map[string]any{"id": 1, "cancel": true})
	if got := (<-page.messages).Get("error").Get("message").String(); got != context.Canceled.Error() {
		t.Errorf("answered %q", got)
	}
	if len(b.serving) != 0 {
		t.Errorf("%d calls are still being served", len(b.serving))
	}
}

func TestBridgeAsksThePage(t *testing.T) {
	b, page := newBridgePeer(t)
	b.run()
	type answer struct {
		secret wire.Secret
		err    error
	}
	asking := func(ctx context.Context) <-chan answer {
		answers := make(chan answer, 1)
		go func() {
			s, err := ask[wire.Secret](ctx, b, "askPassword", wire.AskSecret{Attempt: 1})
			answers <- answer{s, err}
		}()
		return answers
	}
	t.Run("and gets its answer", func(t *testing.T) {
		answers := asking(t.Context())
		id := (<-page.messages).Get("id")
		page.send(map[string]any{"id": id, "result": toJS(wire.Secret{Secret: []byte("foo")})})
		if a := <-answers; a.err != nil || string(a.secret.Secret) != "foo" {
			t.Errorf("%q, %v", a.secret.Secret, a.err)
		}
	})
	t.Run("and gets its error", func(t *testing.T) {
		answers := asking(t.Context())
		id := (<-page.messages).Get("id")
		page.send(map[string]any{"id": id, "error": toJS(wire.Error{Code: "aborted", Message: "no"})})
		var e *pageError
		if a := <-answers; !errors.As(a.err, &e) || e.failure.Code != "aborted" {
			t.Errorf("%v", a.err)
		}
	})
	t.Run("and takes the question back when it is not wanted any more", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		answers := asking(ctx)
		id := (<-page.messages).Get("id").Int()
		lost := errors.New("connection lost")
		cancel(lost)
		if a := <-answers; !errors.Is(a.err, lost) {
			t.Errorf("%v", a.err)
		}
		if m := <-page.messages; m.Get("id").Int() != id || !m.Get("cancel").Bool() {
			t.Errorf("the page was told %v", m)
		}
		if len(b.waiting) != 0 {
			t.Errorf("%d questions still wait", len(b.waiting))
		}
	})
}
