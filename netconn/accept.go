package netconn

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"time"
)

// AcceptOptions of a relay. The zero value is ready for use.
type AcceptOptions struct {
	// Window is how many received bytes may wait unread; zero means 1 MiB.
	Window int

	// Timeout is how long a client may take to ask for its target; zero means
	// 5 seconds.
	Timeout time.Duration
}

// openWait is SECURITY.md's time from upgrade to OPEN.
const openWait = 5 * time.Second

// Request is a client that has asked for a target and waits. End it with Open
// or Refuse.
type Request struct {
	Host   string // as the client wrote it: check it before use
	Port   uint16
	Ticket string

	sock           Socket
	window, credit uint32
}

// Accept greets the client at the other end of s and reads what it asks for. It
// owns s from now on, and closes it when it fails.
func Accept(ctx context.Context, s Socket, o AcceptOptions) (*Request, error) {
	if o.Timeout <= 0 {
		o.Timeout = openWait
	}
	ctx, cancel := context.WithTimeoutCause(ctx, o.Timeout, errOpenLate)
	defer cancel()
	h := hello{maxMessage: maxMessage}
	rand.Read(h.nonce[:])
	var ask open
	err := within(ctx, s, func() (err error) {
		if err = s.Send(h.append(nil)); err != nil {
			return err
		}
		ask, err = receive(s, server, parseOpen)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &Request{
		Host: ask.target.Host, Port: ask.target.Port, Ticket: ask.target.Ticket,
		sock: s, window: windowOf(o.Window, relayWindow), credit: ask.window,
	}, nil
}

var errOpenLate = &Error{Code: CodeProtocol, Text: "no OPEN in time"}

// Open tells the client that its target is connected, and returns the Conn to
// relay. route is a label by which the client's later connections can be led to
// this relay; it may be empty.
func (r *Request) Open(route string) (*Conn, error) {
	if len(route) > math.MaxUint8 {
		return nil, errors.New("netconn: route is too long")
	}
	// No hold: nothing can be resumed yet, and the client has been told so.
	o := opened{window: r.window, route: route}
	rand.Read(o.sid[:])
	rand.Read(o.secret[:])
	if err := r.sock.Send(o.append(nil)); err != nil {
		r.sock.Close(CodeInternal, "")
		return nil, fmt.Errorf("netconn: tell the client: %w", err)
	}
	return start(server, r.sock, Addr{r.Host, r.Port}, newStream(r.window, r.credit, dataHeader+largeChunk), Options{}), nil
}

// Refuse tells the client why it gets no connection, and closes. The client
// shows text to its user, so that it must not tell what policy keeps secret.
func (r *Request) Refuse(code Code, text string) error { return hangUp(r.sock, code, text) }
