package netconn

import (
	"context"
	"errors"
	"math"
	"strings"
	"time"
)

// Target is what a client asks a relay for.
type Target struct {
	Host   string // name or address; may be empty if the ticket names the target
	Port   uint16
	Ticket string // from a portal; empty if there is none
}

// Options of a client's connection. The zero value is ready for use.
type Options struct {
	// Window is how many received bytes may wait unread; zero means 4 MiB.
	Window int

	// Header is sent with the WebSocket's upgrade request. A browser allows no
	// such thing and ignores it. A http.Header can be assigned to it.
	Header map[string][]string

	// OnGoAway is called, on a goroutine of its own, when the relay tells that it
	// will end the connection after a while.
	OnGoAway func(after time.Duration)

	// OnLink is called when the WebSocket was lost and another is dialled, for
	// each attempt, and when the connection goes on. It must not wait.
	OnLink func(Link)

	// Redial opens another WebSocket to the relay of that label, to resume after a
	// loss. Zero: as Dial did; for Client, a lost WebSocket ends the connection.
	Redial func(ctx context.Context, route string) (Socket, error)
}

const (
	clientWindow = 4 << 20
	relayWindow  = 1 << 20
	widest       = 4 // times the relay's
)

// windowOf returns a window as the wire has it.
func windowOf(n, otherwise int) uint32 {
	if n <= 0 {
		n = otherwise
	}
	return uint32(min(n, math.MaxUint32))
}

// Dial opens a WebSocket to url (ws: or wss:) and asks the relay there for
// target. ctx bounds all of it and has no effect afterwards. If no WebSocket
// comes about the error is an *Error with CodeUnreachable; if the relay says
// no, an *Error with its code.
func Dial(ctx context.Context, url string, t Target, o Options) (*Conn, error) {
	// The other side sends no more than the window unread, so that a message
	// that fits the window is never too big.
	limit := max(int64(windowOf(o.Window, clientWindow)), chunk) + frameSlack
	if o.Redial == nil {
		o.Redial = func(ctx context.Context, route string) (Socket, error) {
			return dialSocket(ctx, routed(url, route), limit, o)
		}
	}
	s, err := dialSocket(ctx, url, limit, o)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, &Error{Code: CodeUnreachable, Err: err}
	}
	return Client(ctx, s, t, o)
}

// Client asks the relay at the other end of s for target. It owns s from now on,
// and closes it when it fails.
func Client(ctx context.Context, s Socket, t Target, o Options) (*Conn, error) {
	if len(t.Host) > math.MaxUint8 || len(t.Ticket) > maxMessage-math.MaxUint8-frameSlack {
		s.Close(CodeNormal, "")
		return nil, errors.New("netconn: host or ticket is too long")
	}
	window := windowOf(o.Window, clientWindow)
	var h hello
	var answer opened
	err := within(ctx, s, func() (err error) {
		if h, err = receive(s, client, parseHello); err != nil {
			return err
		}
		if err = s.Send(open{resumable: o.Redial != nil, window: window, target: t}.append(nil)); err != nil {
			return err
		}
		answer, err = receive(s, client, parseOpened)
		return err
	})
	if err != nil {
		return nil, err
	}
	core := newStream(window, answer.window, min(h.maxMessage, dataHeader+chunk))
	var back comeback
	if o.Redial != nil && answer.hold > 0 {
		back = &redialer{
			route: answer.route, identity: answer.identity, hold: time.Duration(answer.hold) * time.Second,
			dial: o.Redial, onLink: o.OnLink, now: make(chan struct{}, 1),
		}
	}
	c := newConn(client, Addr{t.Host, t.Port}, core, nil, back)
	c.route, c.onGoAway = answer.route, o.OnGoAway
	c.mu.Lock()
	defer c.mu.Unlock()
	c.run(&link{sock: s})
	return c, nil
}

// routed adds the relay's label to its URL, for a load balancer to read.
func routed(url, route string) string {
	if route == "" {
		return url
	}
	separator := "?"
	if strings.Contains(url, "?") {
		separator = "&"
	}
	return url + separator + "r=" + route
}

// receive waits for one handshake frame, past those that are to be ignored.
func receive[T any](s Socket, side role, parse func([]byte) (T, error)) (none T, err error) {
	for {
		msg, err := s.Receive()
		if err != nil {
			return none, err
		}
		if len(msg) == 0 {
			return none, protocolError("empty message")
		}
		switch {
		case msg[0] >= typeIgnored:
			continue
		case msg[0] == typeError:
			f, err := decode(side, msg)
			if err != nil {
				return none, err
			}
			return none, &Error{Code: f.code, Text: f.text, heard: true}
		}
		return parse(msg)
	}
}

// within runs a handshake that ends with ctx. If it fails, the other side is
// told why and the socket closed.
func within(ctx context.Context, s Socket, handshake func() error) error {
	stop := context.AfterFunc(ctx, func() {
		// No ERROR frame: the handshake may be in Send.
		code, text := CodeNormal, ""
		if e := (*Error)(nil); errors.As(context.Cause(ctx), &e) {
			code, text = e.Code, e.Text
		}
		s.Close(code, text)
	})
	err := handshake()
	if !stop() {
		return context.Cause(ctx)
	}
	if err == nil {
		return nil
	}
	var e *Error
	if !errors.As(err, &e) {
		e = lostError(err)
	}
	if e.heard {
		s.Close(e.Code.closeCode(), "") // the same code, whoever is first
	} else {
		hangUp(s, e.Code, e.Text)
	}
	return e
}

// hangUp sends an ERROR and closes the socket with the same code.
func hangUp(s Socket, code Code, text string) error {
	timer := time.AfterFunc(flushWait, func() { s.Close(code.closeCode(), "") })
	err := s.Send(appendError(nil, code, text))
	timer.Stop()
	return errors.Join(err, s.Close(code.closeCode(), text))
}
