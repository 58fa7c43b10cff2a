package server

import (
	"net"
	"sync"
	"time"
)

const (
	maxBehind = 64 << 10
	// lastWords is how long a closed connection may take to deliver what was
	// written before.
	lastWords = time.Second
)

// behind writes behind its caller's back, up to maxBehind bytes.
//
// Both sides of SSH write at the same moments, their greetings (RFC 4253
// section 4.2) and again at each end of a key exchange, and rely on the network
// to hold some bytes. A pipe without a buffer, such as net.Pipe, holds none and
// each side would wait for ever for the other to read.
type behind struct {
	net.Conn
	mu      sync.Mutex
	changed sync.Cond
	pending []byte
	closed  bool
	err     error
}

// buffered returns raw, or raw with a buffer if it is not one of the kernel's
// sockets, which have their own.
func buffered(raw net.Conn) net.Conn {
	switch raw.(type) {
	case *net.TCPConn, *net.UnixConn:
		return raw
	}
	b := &behind{Conn: raw}
	b.changed.L = &b.mu
	go b.deliver()
	return b
}

// Write implements io.Writer. An error may belong to an earlier call.
func (b *behind) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for n < len(p) {
		for len(b.pending) == maxBehind && b.err == nil && !b.closed {
			b.changed.Wait()
		}
		switch {
		case b.err != nil:
			return n, b.err
		case b.closed:
			return n, net.ErrClosed
		}
		part := p[n:min(len(p), n+maxBehind-len(b.pending))]
		b.pending = append(b.pending, part...)
		n += len(part)
		b.changed.Broadcast()
	}
	return n, nil
}

// deliver writes what is pending until the connection is closed or fails.
func (b *behind) deliver() {
	var spare []byte
	for {
		b.mu.Lock()
		for len(b.pending) == 0 && !b.closed {
			b.changed.Wait()
		}
		out := b.pending
		b.pending = spare[:0]
		b.changed.Broadcast()
		b.mu.Unlock()
		if len(out) == 0 {
			b.Conn.Close()
			return
		}
		if _, err := b.Conn.Write(out); err != nil {
			b.fail(err)
			return
		}
		spare = out
	}
}

func (b *behind) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err = err
	b.changed.Broadcast()
}

// Close closes the connection once what was written is delivered, or soon.
func (b *behind) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.closed:
		return nil
	case b.err != nil:
		b.closed = true
		return b.Conn.Close()
	}
	b.closed = true
	b.changed.Broadcast()
	time.AfterFunc(lastWords, func() { b.Conn.Close() })
	return nil
}
