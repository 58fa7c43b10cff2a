package netconn

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"syscall/js"
)

// liveFuncs counts the js.Funcs that are not released. Tests read it.
var liveFuncs atomic.Int64

var uint8Array = js.Global().Get("Uint8Array")

// browserSocket is a Socket over the browser's WebSocket. It owns the js.Funcs
// that listen to it, from newBrowserSocket to release.
type browserSocket struct {
	ws    js.Value
	send  js.Value // ws.send, bound: calling it by name costs a look-up and a string each time
	limit int64

	mu     sync.Mutex
	change sync.Cond
	inbox  []arrival
	queued int64
	opened bool
	ended  error // set once; Receive returns it after the inbox
	funcs  map[string]js.Func
}

// arrival is a message as it came: an ArrayBuffer of size bytes, or a string.
type arrival struct {
	data js.Value
	size int64
}

// dialSocket opens a WebSocket. The browser sends its own headers, so o.Header
// has no meaning here.
func dialSocket(ctx context.Context, url string, limit int64, _ Options) (Socket, error) {
	ws, err := construct(url)
	if err != nil {
		return nil, err
	}
	s := newBrowserSocket(ws, limit)
	stop := context.AfterFunc(ctx, func() { s.Close(CodeNormal, "") })
	defer stop()
	s.mu.Lock()
	for !s.opened && s.ended == nil {
		s.change.Wait()
	}
	err = s.ended
	s.mu.Unlock()
	if err == nil && ws.Get("protocol").String() != Protocol {
		err = fmt.Errorf("the server does not speak %s", Protocol)
	}
	if err != nil {
		s.Close(CodeNormal, "")
		return nil, err
	}
	return s, nil
}

// construct calls the constructor, which throws for a bad URL and for one that
// the page's policy forbids.
func construct(url string) (ws js.Value, err error) {
	defer func() {
		if thrown, ok := recover().(js.Error); ok {
			err = thrown
		}
	}()
	ws = js.Global().Get("WebSocket").New(url, Protocol)
	ws.Set("binaryType", "arraybuffer")
	return ws, nil
}

func newBrowserSocket(ws js.Value, limit int64) *browserSocket {
	s := &browserSocket{ws: ws, send: ws.Get("send").Call("bind", ws), limit: limit, funcs: map[string]js.Func{}}
	s.change.L = &s.mu
	s.on("open", func(js.Value) { s.opened = true })
	s.on("message", s.onMessage)
	s.on("close", func(event js.Value) {
		code, reason := event.Get("code").Int(), event.Get("reason").String()
		s.end(&CloseError{Code: Code(code), Reason: reason})
	})
	return s
}

// on listens to an event. Its callback runs on the JavaScript event loop: it
// appends, signals and returns, and never waits.
func (s *browserSocket) on(event string, do func(event js.Value)) {
	liveFuncs.Add(1)
	f := js.FuncOf(func(_ js.Value, args []js.Value) any {
		s.mu.Lock()
		defer s.mu.Unlock()
		do(args[0])
		s.change.Broadcast()
		return nil
	})
	s.funcs[event] = f
	s.ws.Call("addEventListener", event, f)
}

// onMessage queues a message. The other side's credit bounds the queue; one that
// does not keep to it is cut off here, before it can fill the memory.
func (s *browserSocket) onMessage(event js.Value) {
	data := event.Get("data")
	var size int64
	if data.Type() == js.TypeObject {
		size = int64(data.Get("byteLength").Int())
	}
	switch {
	case s.ended != nil:
	case size > s.limit || s.queued+size > 2*s.limit:
		s.end(ErrMessageTooBig)
	default:
		s.inbox = append(s.inbox, arrival{data, size})
		s.queued += size
	}
}

// end makes Receive fail once the inbox is empty. The lock is held.
func (s *browserSocket) end(err error) {
	if s.ended == nil {
		s.ended = err
	}
}

func (s *browserSocket) Receive() ([]byte, error) {
	s.mu.Lock()
	for len(s.inbox) == 0 && s.ended == nil {
		s.change.Wait()
	}
	if len(s.inbox) == 0 {
		defer s.mu.Unlock()
		return nil, s.ended
	}
	first := s.inbox[0]
	s.inbox[0] = arrival{}
	s.inbox = s.inbox[1:]
	s.queued -= first.size
	s.mu.Unlock()
	if first.data.Type() != js.TypeObject {
		return nil, ErrTextMessage
	}
	msg := borrow(int(first.size))
	js.CopyBytesToGo(msg, uint8Array.New(first.data))
	return msg, nil
}

// Send copies message once, into an array that the browser may keep: the WebSocket
// takes its own snapshot, and nothing else refers to ours.
func (s *browserSocket) Send(message []byte) (err error) {
	s.mu.Lock()
	err = s.ended
	s.mu.Unlock()
	if err != nil {
		return err
	}
	// send does not throw for a closed WebSocket, only for one not yet open.
	array := uint8Array.New(len(message))
	js.CopyBytesToJS(array, message)
	s.send.Invoke(array)
	return nil
}

func (s *browserSocket) Buffered() int { return s.ws.Get("bufferedAmount").Int() }

// Close does not wait: the browser sends what it holds, then the close frame,
// whatever becomes of the page's objects.
func (s *browserSocket) Close(code Code, reason string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.funcs == nil {
		return net.ErrClosed
	}
	s.release()
	s.end(errClosedHere)
	s.change.Broadcast()
	// A page may close with 1000 and with 3000 to 4999 only.
	if code != CodeNormal && (code < 3000 || code > 4999) {
		code = CodeProtocol
	}
	s.ws.Call("close", int(code), clip(reason, maxReason))
	return nil
}

var errClosedHere = errors.New("websocket closed on this side")

// release ends listening. The lock is held.
func (s *browserSocket) release() {
	for event, f := range s.funcs {
		s.ws.Call("removeEventListener", event, f)
		f.Release()
		liveFuncs.Add(-1)
	}
	s.funcs = nil
}
