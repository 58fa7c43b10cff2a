package netconn

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"syscall/js"
	"testing"
	"time"
)

// fakeWebSocket is a page's WebSocket as far as browserSocket uses it, for a
// JavaScript that has none. Two of them are joined by URL; events come in tasks
// of their own, as in a browser. A URL with "refuse" never opens.
const fakeWebSocket = `
const waiting = new Map();
globalThis.WebSocket = class extends EventTarget {
  constructor(url, protocol) {
    super();
    if (!url.startsWith("ws")) throw new SyntaxError("bad URL");
    this.protocol = url.includes("plain") ? "" : protocol;
    this.bufferedAmount = 0;
    this.sent = [];
    if (url.includes("hang")) return;
    if (url.includes("refuse")) { this.fire("close", { code: 1006, reason: "" }); return; }
    const peer = waiting.get(url);
    if (!peer) { waiting.set(url, this); }
    else { waiting.delete(url); this.peer = peer; peer.peer = this; }
    this.fire("open", {});
  }
  fire(type, fields) { setTimeout(() => this.dispatchEvent(Object.assign(new Event(type), fields))); }
  send(array) {
    if (this.closed) return;
    const data = typeof array === "string" ? array : array.slice().buffer;
    this.peer.fire("message", { data });
  }
  close(code, reason) {
    if (code !== 1000 && !(code >= 3000 && code <= 4999)) throw new RangeError("code " + code);
    if (new TextEncoder().encode(reason).length > 123) throw new SyntaxError("long reason");
    if (this.closed) return;
    this.closed = true;
    this.fire("close", { code, reason });
    this.peer?.fire("close", { code, reason });
  }
};`

func useFakeWebSocket(t *testing.T) {
	t.Helper()
	old := js.Global().Get("WebSocket")
	js.Global().Call("eval", fakeWebSocket)
	t.Cleanup(func() {
		js.Global().Set("WebSocket", old)
		if n := liveFuncs.Load(); n != 0 {
			t.Errorf("%d js.Funcs are not released", n)
		}
	})
}

func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// browserPair makes two Sockets over fake WebSockets.
func browserPair(t *testing.T) (a, b *browserSocket) {
	t.Helper()
	useFakeWebSocket(t)
	dial := func() *browserSocket {
		s, err := dialSocket(bounded(t), "ws://relay.example/", clientWindow, Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close(CodeNormal, "") })
		return s.(*browserSocket)
	}
	return dial(), dial()
}

func TestBytesArriveWholeThroughABrowsersWebSocket(t *testing.T) {
	a, b := browserPair(t)
	c, s := pair(t, a, b, Options{}, AcceptOptions{})
	data := bytes.Repeat([]byte("0123456789abcdef\n"), 1<<16)
	go func() {
		s.Write(data)
		s.CloseWrite()
	}()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	if got, err := io.ReadAll(c); err != nil || !bytes.Equal(got, data) {
		t.Errorf("read %d bytes of %d, %v", len(got), len(data), err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if n, err := s.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("the other side reads %d bytes, %v", n, err)
	}
	s.Close()
}

func TestABrowsersWebSocketThatDoesNotOpenIsUnreachable(t *testing.T) {
	for name, url := range map[string]string{
		"the upgrade is refused":     "ws://refuse.example/",
		"the URL is wrong":           "http://relay.example/",
		"the server has no relay.v1": "ws://plain.example/",
	} {
		t.Run(name, func(t *testing.T) {
			useFakeWebSocket(t)
			_, err := Dial(bounded(t), url, Target{Host: "h"}, Options{})
			wantCode(t, err, CodeUnreachable)
		})
	}
	t.Run("a cancelled Dial says so", func(t *testing.T) {
		useFakeWebSocket(t)
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
		defer cancel()
		_, err := Dial(ctx, "ws://hang.example/", Target{Host: "h"}, Options{})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func TestWhatABrowsersWebSocketMayNotCarry(t *testing.T) {
	for _, c := range []struct {
		name string
		data any
		want error
	}{
		{"a text message", "hello", ErrTextMessage},
		{"a message over the limit", js.Global().Get("Uint8Array").New(clientWindow + 1), ErrMessageTooBig},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := browserPair(t)
			b.ws.Call("send", c.data)
			if _, err := a.Receive(); err != c.want {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestABrowserSeesCloseCodes(t *testing.T) {
	a, b := browserPair(t)
	b.Send([]byte("first"))
	b.Close(CodeReset, "rst")
	if msg, err := a.Receive(); string(msg) != "first" || err != nil {
		t.Errorf("got %q, %v", msg, err)
	}
	var closed *CloseError
	if _, err := a.Receive(); !errors.As(err, &closed) || *closed != (CloseError{CodeReset, "rst"}) {
		t.Errorf("got %v", err)
	}
	if err := a.Send([]byte("x")); err == nil {
		t.Error("Send after close works")
	}
}

func TestABrowsersCloseUsesACodeThatItMay(t *testing.T) {
	a, b := browserPair(t)
	a.Close(CodeTooBig, strings.Repeat("ä", 100))
	var closed *CloseError
	if _, err := b.Receive(); !errors.As(err, &closed) || closed.Code != CodeProtocol {
		t.Errorf("got %v", err)
	}
	if _, err := a.Receive(); err != errClosedHere {
		t.Errorf("Receive after our Close returns %v", err)
	}
}

func TestABrowserTellsWhatItBuffers(t *testing.T) {
	a, _ := browserPair(t)
	a.ws.Set("bufferedAmount", 12345)
	if got := a.Buffered(); got != 12345 {
		t.Errorf("got %d", got)
	}
}
