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

// What runs once a message are imports, of web/src/worker/bytes.ts: through
// syscall/js each would make values that the garbage collector has to finish.

// next returns the size of the next message, or a negative number.
//
//go:wasmimport bytes next
func next(id uint32) int32

// take copies the next message to p, which has room for it, and removes it.
//
//go:wasmimport bytes take
//go:noescape
func take(id uint32, p *byte)

//go:wasmimport bytes send
//go:noescape
func send(id uint32, p *byte, size uint32)

//go:wasmimport bytes buffered
func buffered(id uint32) int32

// What next returns instead of a size.
const (
	nothing   = -1
	isText    = -2
	isTooBig  = -3
	emptySize = 1 // take wants an address even for a message of no bytes
)

// browserSocket is a Socket over the browser's WebSocket. It owns the js.Func
// that wakes it, from newBrowserSocket to release.
type browserSocket struct {
	ws js.Value
	id uint32 // of the messages, in the Worker's half

	mu     sync.Mutex
	change sync.Cond
	opened bool
	ended  error // set once; Receive returns it after the messages
	wake   js.Func
	closed bool
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
	s := &browserSocket{ws: ws}
	s.change.L = &s.mu
	liveFuncs.Add(1)
	s.wake = js.FuncOf(func(_ js.Value, args []js.Value) any {
		s.happened(args)
		return nil
	})
	s.id = uint32(registry().Call("socket", ws, limit, s.wake).Int())
	return s
}

// registry is what the Worker gives us to be told of messages.
func registry() js.Value { return js.Global().Get("wasmikoBytes") }

// happened runs on the JavaScript event loop: it notes, signals and returns,
// and never waits. Without arguments a message has come.
func (s *browserSocket) happened(args []js.Value) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(args) > 0 {
		switch args[0].String() {
		case "open":
			s.opened = true
		case "close":
			s.end(&CloseError{Code: Code(args[1].Int()), Reason: args[2].String()})
		}
	}
	s.change.Broadcast()
}

// end makes Receive fail once the messages are taken. The lock is held.
func (s *browserSocket) end(err error) {
	if s.ended == nil {
		s.ended = err
	}
}

func (s *browserSocket) Receive() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch size := next(s.id); {
		case size >= 0:
			msg := borrow(max(int(size), emptySize))
			take(s.id, &msg[0])
			return msg[:size], nil
		case size == isText:
			return nil, ErrTextMessage
		case size == isTooBig:
			s.end(ErrMessageTooBig)
		}
		if s.ended != nil {
			return nil, s.ended
		}
		s.change.Wait()
	}
}

// Send copies nothing: the WebSocket takes its own snapshot of our memory.
func (s *browserSocket) Send(message []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended != nil || len(message) == 0 {
		return s.ended
	}
	// send does not throw for a closed WebSocket, only for one not yet open.
	send(s.id, &message[0], uint32(len(message)))
	return nil
}

func (s *browserSocket) Buffered() int { return int(buffered(s.id)) }

// Close does not wait: the browser sends what it holds, then the close frame,
// whatever becomes of the page's objects.
func (s *browserSocket) Close(code Code, reason string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return net.ErrClosed
	}
	s.closed = true
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
	registry().Call("forget", s.id)
	s.wake.Release()
	liveFuncs.Add(-1)
}
