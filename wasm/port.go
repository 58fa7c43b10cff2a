//go:build js

package main

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall/js"
	"time"

	"github.com/wasmiko/wasmiko/wasm/wire"
)

const (
	// window is how many bytes may be on their way to us.
	window = 1 << 20
	// grantStep: credit is given back in pieces no smaller than this. A message
	// costs some 60 µs, whatever it holds.
	grantStep = window / 4
	// maxPiece is the largest piece sent as one message.
	maxPiece = 256 << 10
)

// portError is how the other end broke a port off.
type portError struct{ code, message string }

func (e *portError) Error() string { return "stream broken off: " + e.message }

// A port is a two-way stream of bytes over a MessagePort: the core's half of
// web/src/client/port.ts. Four kinds of message cross it: a Uint8Array (bytes,
// always transferred), a number (credit: so many bytes more may be sent), null
// (EOF of one direction), an object with code and message (broken off).
//
// It is a net.Conn. One goroutine may read while another writes. When both
// directions have ended, the MessagePort is closed and its callback released.
type port struct {
	js        js.Value
	post      js.Value // js.postMessage, bound: calling it by name costs a look-up and a string each time
	onMessage *callback
	id        uint32        // of js for postBytes, in the Worker's half
	wanted    chan struct{} // closed by the first credit

	mu        sync.Mutex
	queue     []js.Value // received chunks
	offset    int        // read so far of queue[0]
	owed      int        // consumed and not yet granted
	credit    int        // bytes that the other side wants
	recv      ending
	sent      ending
	readGate  gate
	writeGate gate
}

// ending is the end of one direction.
type ending struct {
	done bool
	err  error // nil: EOF
}

// postBytes posts a copy of size bytes to a MessagePort: web/src/worker/bytes.ts.
// Bytes through syscall/js would cost four values, each with a finalizer.
//
//go:wasmimport bytes post
//go:noescape
func postBytes(id uint32, p *byte, size uint32)

// newPort takes over a MessagePort and asks for the first bytes.
func newPort(v js.Value) *port {
	post := v.Get("postMessage").Call("bind", v)
	p := &port{js: v, post: post, wanted: make(chan struct{}), readGate: newGate(), writeGate: newGate()}
	p.id = uint32(js.Global().Get("wasmikoBytes").Call("port", v).Int())
	p.onMessage = newCallback(func(event js.Value) { p.receive(event.Get("data")) })
	v.Set("onmessage", p.onMessage.Value)
	post.Invoke(window)
	return p
}

// receive runs within the page's event: it appends, signals and returns.
func (p *port) receive(data js.Value) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case data.Type() == js.TypeNumber:
		p.grantWrite(data.Int())
	case data.IsNull():
		p.endReceiving(nil)
	case isBytes(data):
		if !p.recv.done {
			p.queue = append(p.queue, data)
			p.readGate.signal()
		}
	default:
		err := &portError{code: stringOf(data, "code"), message: stringOf(data, "message")}
		p.endReceiving(err)
		p.endSending(err)
	}
}

func (p *port) grantWrite(n int) {
	select {
	case <-p.wanted:
	default:
		close(p.wanted)
	}
	p.credit += n
	p.writeGate.signal()
}

func stringOf(v js.Value, member string) string {
	if v.Type() != js.TypeObject || v.Get(member).Type() != js.TypeString {
		return ""
	}
	return v.Get(member).String()
}

// Read reads what has come, and waits if nothing has.
func (p *port) Read(b []byte) (int, error) {
	for {
		n, wait, err := p.tryRead(b)
		if !wait {
			return n, err
		}
		p.readGate.wait()
	}
}

func (p *port) tryRead(b []byte) (n int, wait bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.readGate.expired() {
		return 0, false, os.ErrDeadlineExceeded
	}
	if len(p.queue) > 0 && p.recv.err == nil {
		n = p.take(b)
		p.grant(n)
		return n, false, nil
	}
	if p.recv.done {
		if p.recv.err != nil {
			return 0, false, p.recv.err
		}
		return 0, false, io.EOF
	}
	return 0, len(b) > 0, nil
}

// take moves bytes from the head of the queue into b.
func (p *port) take(b []byte) int {
	head := p.queue[0]
	rest := head
	if p.offset > 0 {
		rest = head.Call("subarray", p.offset)
	}
	n := js.CopyBytesToGo(b, rest)
	p.offset += n
	if p.offset == head.Get("length").Int() {
		p.queue[0] = js.Value{}
		p.queue, p.offset = p.queue[1:], 0
	}
	return n
}

func (p *port) grant(n int) {
	p.owed += n
	if p.owed < grantStep || p.recv.done {
		return
	}
	p.post.Invoke(p.owed)
	p.owed = 0
}

// Write sends b as credit allows, and waits until all of it is sent.
func (p *port) Write(b []byte) (int, error) {
	sent := 0
	for sent < len(b) {
		n, err := p.waitCredit()
		if err != nil {
			return sent, err
		}
		n = min(n, len(b)-sent, maxPiece)
		if err := p.send(b[sent : sent+n]); err != nil {
			return sent, err
		}
		sent += n
	}
	return sent, nil
}

// waitCredit waits until the other side wants bytes, and returns how many.
func (p *port) waitCredit() (int, error) {
	for {
		p.mu.Lock()
		credit, sent, expired := p.credit, p.sent, p.writeGate.expired()
		p.mu.Unlock()
		switch {
		case sent.done && sent.err != nil:
			return 0, sent.err
		case sent.done:
			return 0, net.ErrClosed
		case expired:
			return 0, os.ErrDeadlineExceeded
		case credit > 0:
			return credit, nil
		}
		p.writeGate.wait()
	}
}

func (p *port) send(b []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sent.done {
		return net.ErrClosed
	}
	p.credit -= len(b)
	postBytes(p.id, &b[0], uint32(len(b)))
	return nil
}

// CloseWrite sends EOF. The other direction stays open.
func (p *port) CloseWrite() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sent.done {
		return nil
	}
	p.post.Invoke(js.Null())
	p.endSending(nil)
	return nil
}

// Reset breaks off what has not ended yet and tells the other side why.
func (p *port) Reset(e *wire.Error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.recv.done && p.sent.done {
		return
	}
	p.post.Invoke(toJS(e))
	p.endSending(net.ErrClosed)
	p.endReceiving(net.ErrClosed)
}

// Close ends both directions.
func (p *port) Close() error {
	p.CloseWrite()
	p.Reset(&wire.Error{Code: "closed", Reason: "local", Message: "The stream was closed."})
	return nil
}

func (p *port) endReceiving(err error) {
	if p.recv.done {
		return
	}
	p.recv = ending{done: true, err: err}
	if err != nil {
		p.queue = nil
	}
	p.readGate.signal()
	p.closeIfDone()
}

func (p *port) endSending(err error) {
	if p.sent.done {
		return
	}
	p.sent = ending{done: true, err: err}
	p.writeGate.signal()
	p.closeIfDone()
}

// closeIfDone closes the MessagePort. What was posted before still arrives.
func (p *port) closeIfDone() {
	if !p.recv.done || !p.sent.done {
		return
	}
	p.js.Set("onmessage", js.Null())
	p.js.Call("close")
	js.Global().Get("wasmikoBytes").Call("forget", p.id)
	p.onMessage.release()
}

// LocalAddr, RemoteAddr: a stream of the page's own has no addresses.
func (p *port) LocalAddr() net.Addr  { return portAddr{} }
func (p *port) RemoteAddr() net.Addr { return portAddr{} }

func (p *port) SetDeadline(t time.Time) error {
	p.readGate.setDeadline(t)
	p.writeGate.setDeadline(t)
	return nil
}
func (p *port) SetReadDeadline(t time.Time) error  { p.readGate.setDeadline(t); return nil }
func (p *port) SetWriteDeadline(t time.Time) error { p.writeGate.setDeadline(t); return nil }

type portAddr struct{}

func (portAddr) Network() string { return "messageport" }
func (portAddr) String() string  { return "page" }
