package netconn

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"time"
)

// brokenSocket panics in the next Send or Receive when it is told to.
type brokenSocket struct {
	Socket
	send, receive atomic.Bool
}

func (s *brokenSocket) Send(msg []byte) error {
	if s.send.Load() {
		panic("a broken socket")
	}
	return s.Socket.Send(msg)
}

func (s *brokenSocket) Receive() ([]byte, error) {
	msg, err := s.Socket.Receive()
	if s.receive.Load() {
		panic("a broken socket")
	}
	return msg, err
}

// brokenComeback panics when the transport is lost.
type brokenComeback struct{}

func (brokenComeback) away(*Conn) { panic("a broken comeback") }
func (brokenComeback) over()      {}

func TestAPanicEndsItsConnection(t *testing.T) {
	for name, breakIt := range map[string]func(c, s *Conn, sock *brokenSocket){
		"in Send": func(_, s *Conn, sock *brokenSocket) {
			sock.send.Store(true)
			s.Write([]byte("this is not sent"))
		},
		"in Receive": func(c, _ *Conn, sock *brokenSocket) {
			sock.receive.Store(true)
			c.Write([]byte("this is not received"))
		},
		"in the core": func(c, s *Conn, _ *brokenSocket) {
			s.mu.Lock()
			s.core.written++ // of which nothing is held
			s.core.tip, s.core.sent = s.core.written, s.core.written
			s.mu.Unlock()
			c.mu.Lock()
			c.core.rx++ // and which the client claims to have
			c.core.ackNow = true
			c.sendable.Signal()
			c.mu.Unlock()
		},
		"in a timer": func(_, s *Conn, _ *brokenSocket) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.back, s.link.heard = brokenComeback{}, time.Time{}
			s.watch.Reset(0)
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := newPipe()
			sock := &brokenSocket{Socket: b}
			panics := make(chan any, 10)
			memory := new(Memory)
			c, s := pair(t, a, sock, Options{}, AcceptOptions{Memory: memory, OnPanic: func(what any) { panics <- what }})
			breakIt(c, s, sock)
			if what := <-panics; what == nil {
				t.Error("nothing is told of it")
			}
			var e *Error
			if _, err := io.ReadAll(s); !errors.As(err, &e) || e.Code != CodeInternal {
				t.Errorf("the relay's side ends with %v", err)
			}
			told := CodeInternal
			if name == "in a timer" {
				told = CodeLost // its transport was closed just before
			}
			if _, err := io.ReadAll(c); !errors.As(err, &e) || e.Code != told {
				t.Errorf("the client is told %v", err)
			}
			s.Close()
			<-s.Done()
			if n := memory.Used(); n != 0 || len(memory.conns) != 0 {
				t.Errorf("%d bytes are still held, of %d connections", n, len(memory.conns))
			}
		})
	}
}

func TestAPanicInOPENEDLeavesNoSessionBehind(t *testing.T) {
	sessions := new(Sessions)
	a, b := newPipe()
	sock := &brokenSocket{Socket: b}
	go func() {
		a.Receive() // HELLO
		a.Send(open{resumable: true, window: 1 << 20, target: Target{Host: "target.example", Port: 22}}.append(nil))
	}()
	r, err := Accept(context.Background(), sock, AcceptOptions{Sessions: sessions})
	if err != nil {
		t.Fatal(err)
	}
	sock.send.Store(true)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("nothing has happened")
			}
		}()
		r.Open("")
	}()
	if n := len(sessions.conns); n != 0 {
		t.Errorf("%d sessions are kept", n)
	}
}
