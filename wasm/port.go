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
	id      uint32        // in the Worker's half, which keeps what has come
	onEvent *callback     // by the Worker's half: something came
	wanted  chan struct{} // closed by the first credit

	mu        sync.Mutex
	owed      int // consumed and not yet granted
	credit    int // bytes that the other side wants
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

// What runs for every message are imports, of web/src/worker/bytes.ts: through
// syscall/js each would make values that the garbage collector has to finish.

// portPost sends size bytes.
//
//go:wasmimport bytes post
//go:noescape
func portPost(id uint32, p *byte, size uint32)

// portRead moves up to size bytes that have come to p, and returns how many.
//
//go:wasmimport bytes read
//go:noescape
func portRead(id uint32, p *byte, size uint32) uint32

// portCredit returns the credit that has come since the last call.
//
//go:wasmimport bytes credit
func portCredit(id uint32) uint32

// portGrant gives credit.
//
//go:wasmimport bytes grant
func portGrant(id uint32, bytes uint32)

// ports is the Worker's half of all ports: what it does seldom.
func ports() js.Value { return js.Global().Get("wasmikoBytes") }

// newPort takes over a MessagePort and asks for the first bytes.
func newPort(v js.Value) *port {
	p := &port{wanted: make(chan struct{}), readGate: newGate(), writeGate: newGate()}
	p.onEvent = newCallback(p.happened)
	p.id = uint32(ports().Call("port", v, p.onEvent.Value).Int())
	portGrant(p.id, window)
	return p
}

// happened runs within the page's event: it notes, signals and returns. What
// is undefined means bytes or credit, anything else is an end.
func (p *port) happened(end js.Value) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case end.IsUndefined():
		if n := portCredit(p.id); n > 0 {
			p.grantWrite(int(n))
		}
		p.readGate.signal()
	case end.IsNull():
		p.endReceiving(nil)
	default:
		err := &portError{code: stringOf(end, "code"), message: stringOf(end, "message")}
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
	if len(b) > 0 && p.recv.err == nil {
		if n = int(portRead(p.id, &b[0], uint32(len(b)))); n > 0 {
			p.grant(n)
			return n, false, nil
		}
	}
	if p.recv.done {
		if p.recv.err != nil {
			return 0, false, p.recv.err
		}
		return 0, false, io.EOF
	}
	return 0, len(b) > 0, nil
}

func (p *port) grant(n int) {
	p.owed += n
	if p.owed < grantStep || p.recv.done {
		return
	}
	portGrant(p.id, uint32(p.owed))
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
	portPost(p.id, &b[0], uint32(len(b)))
	return nil
}

// CloseWrite sends EOF. The other direction stays open.
func (p *port) CloseWrite() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sent.done {
		return nil
	}
	ports().Call("tell", p.id, js.Null())
	p.endSending(nil)
	return nil
}

// Reset breaks off what has not ended yet and tells the other side why.
func (p *port) Reset(e *wire.Error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer ports().Call("forget", p.id) // with what nobody will read
	if p.recv.done && p.sent.done {
		return
	}
	ports().Call("tell", p.id, toJS(e))
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
	ports().Call("close", p.id)
	if p.recv.err != nil {
		ports().Call("forget", p.id)
	}
	p.onEvent.release()
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
