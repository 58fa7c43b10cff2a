package netconn

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheRelaysRefusalIsATypedError(t *testing.T) {
	for _, c := range []struct {
		code, close        Code
		timeout, temporary bool
	}{
		{CodeNotFound, 4002, false, false},
		{CodeTicketExpired, 4002, false, false},
		{CodeTicketOrigin, 4002, false, false},
		{CodeNotAllowed, 4003, false, false},
		{CodeDialFailed, 4004, false, false},
		{CodeNoSuchHost, 4004, false, false},
		{CodeRefused, 4004, false, false},
		{CodeTimedOut, 4004, true, true},
		{CodeNoRoute, 4004, false, false},
		{CodeLimit, 4005, false, true},
		{CodeDraining, 1012, false, true},
		{CodeInternal, 1011, false, false},
	} {
		t.Run(c.code.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := newPipe()
				go func() {
					if r, err := Accept(t.Context(), b, AcceptOptions{}); err == nil {
						r.Refuse(c.code, "the reason")
					}
				}()
				_, err := Client(t.Context(), a, Target{Host: "h", Port: 22}, Options{})
				e := wantCode(t, err, c.code)
				if e.Text != "the reason" || e.Timeout() != c.timeout || e.Temporary() != c.temporary {
					t.Errorf("got %+v, timeout %v, temporary %v", e, e.Timeout(), e.Temporary())
				}
				if a.end.err.Code != c.close {
					t.Errorf("the WebSocket closes with %d, want %d", a.end.err.Code, c.close)
				}
			})
		})
	}
}

func TestTheRelaySeesWhatTheClientAsksFor(t *testing.T) {
	for _, want := range []Target{
		{"target.example", 22, ""},
		{"::1", 65535, "a ticket"},
		{"", 0, strings.Repeat("t", 60_000)},
		{strings.Repeat("h", 255), 1, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			a, b := newPipe()
			go func() {
				r, err := Accept(t.Context(), b, AcceptOptions{})
				if err != nil {
					t.Error(err)
					return
				}
				if got := (Target{r.Host, r.Port, r.Ticket}); got != want {
					t.Errorf("got %v, want %v", got, want)
				}
				s, err := r.Open("eu-1")
				if err != nil {
					t.Error(err)
					return
				}
				s.Close()
			}()
			c, err := Client(t.Context(), a, want, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if c.Route() != "eu-1" {
				t.Errorf("the route is %q", c.Route())
			}
			c.Close()
		})
	}
}

func TestARefusalDoesNotWaitForAClientThatDoesNotListen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := newPipe()
		a.Send(open{window: 1}.append(nil))
		r, err := Accept(t.Context(), b, AcceptOptions{})
		if err != nil {
			t.Fatal(err)
		}
		b.Send([]byte{0x80}) // with HELLO, as much as the pipe holds
		began := time.Now()
		r.Refuse(CodeNotAllowed, "")
		if got := time.Since(began); got != flushWait {
			t.Errorf("Refuse took %v", got)
		}
	})
}

func TestATargetThatDoesNotFitIsNotSent(t *testing.T) {
	for _, target := range []Target{
		{Host: strings.Repeat("h", 256)},
		{Host: "h", Ticket: strings.Repeat("t", 1<<16)},
	} {
		a, _ := newPipe()
		if _, err := Client(t.Context(), a, target, Options{}); err == nil {
			t.Error("no error")
		}
		select {
		case <-a.end.done:
		default:
			t.Error("the socket stays open")
		}
	}
}

func TestHandshakeFailures(t *testing.T) {
	for _, c := range []struct {
		name  string
		relay func(s *pipeSocket)
		want  Code
	}{
		{"a relay that closes without a word is lost", func(s *pipeSocket) { s.Close(CodeNormal, "") }, CodeLost},
		{"a close code says why", func(s *pipeSocket) { s.Close(CodeNotAllowed, "origin") }, CodeNotAllowed},
		{"an ERROR before HELLO says why", func(s *pipeSocket) { s.Send(appendError(nil, CodeLimit, "")) }, CodeLimit},
		{"a broken ERROR is a breach", func(s *pipeSocket) { s.Send([]byte{typeError}) }, CodeProtocol},
		{"an empty message is a breach", func(s *pipeSocket) { s.Send(nil) }, CodeProtocol},
		{"DATA before OPENED is a breach", func(s *pipeSocket) {
			s.Send(hello{maxMessage: maxMessage}.append(nil))
			s.Send(dataFrame(0, "x"))
		}, CodeProtocol},
		{"RESUMED for OPENED is a breach", func(s *pipeSocket) {
			s.Send(hello{maxMessage: maxMessage}.append(nil))
			s.Send(zeros(typeResumed, 36))
		}, CodeProtocol},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := newPipe()
				b.Send([]byte{0x80}) // one to be ignored
				go c.relay(b)
				_, err := Client(t.Context(), a, Target{Host: "h"}, Options{})
				wantCode(t, err, c.want)
				if c.want == CodeProtocol && a.end.err.Code != CodeProtocol {
					t.Errorf("the WebSocket closes with %d", a.end.err.Code)
				}
			})
		})
	}
}

func TestTheClientsContextBoundsTheHandshakeOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := newPipe()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		began := time.Now()
		_, err := Client(ctx, a, Target{Host: "h"}, Options{})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 3*time.Second {
			t.Errorf("got %v after %v", err, time.Since(began))
		}

		a, b := newPipe()
		go func() {
			r, err := Accept(t.Context(), b, AcceptOptions{})
			if err != nil {
				t.Error(err)
				return
			}
			s, err := r.Open("")
			if err != nil {
				t.Error(err)
				return
			}
			time.Sleep(time.Second)
			s.Write([]byte("x"))
			s.Close()
		}()
		ctx, cancel = context.WithCancel(t.Context())
		c, err := Client(ctx, a, Target{Host: "h"}, Options{})
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(make([]byte, 1)); err != nil {
			t.Errorf("cancelling afterwards breaks Read: %v", err)
		}
		c.Close()
	})
}

func TestTheRelayWaitsFiveSecondsForOPEN(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := newPipe()
		began := time.Now()
		_, err := Accept(t.Context(), b, AcceptOptions{})
		wantCode(t, err, CodeProtocol)
		if got := time.Since(began); got != openWait {
			t.Errorf("gave up after %v", got)
		}
		if a.end.err.Code != CodeProtocol {
			t.Errorf("closes with %d", a.end.err.Code)
		}
	})
}

func TestTheRelayRefusesWhatIsNotOPEN(t *testing.T) {
	for name, msg := range map[string][]byte{
		"a short RESUME":      zeros(typeResume, 51),
		"DATA":                dataFrame(0, "x"),
		"another version":     {typeOpen, 2, 0, 0, 0, 0, 1, 0, 22, 0, 0, 0},
		"an empty window":     open{}.append(nil),
		"an unknown low type": {0x7f},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := newPipe()
			a.Send(msg)
			_, err := Accept(t.Context(), b, AcceptOptions{})
			wantCode(t, err, CodeProtocol)
			a.Receive() // HELLO
			got, err := a.Receive()
			if err != nil || got[0] != typeError {
				t.Errorf("received %x, %v; want ERROR", got, err)
			}
			if a.end.err.Code != CodeProtocol {
				t.Errorf("closes with %d", a.end.err.Code)
			}
		})
	}
}
