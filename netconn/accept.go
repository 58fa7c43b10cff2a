package netconn

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"net"
	"time"
)

// AcceptOptions of a relay. The zero value is ready for use.
type AcceptOptions struct {
	// Window is how many received bytes may wait unread; zero means 1 MiB. It becomes
	// up to four times as wide while nothing else bounds the client.
	Window int

	// Timeout is how long a client may take to ask for its target; zero means
	// 5 seconds.
	Timeout time.Duration

	// Sessions keeps connections whose clients are away; nil means that a lost
	// WebSocket ends its connection.
	Sessions *Sessions

	// Memory bounds what connections hold together; nil means that each may hold what
	// the windows allow.
	Memory *Memory

	// User is who the client is. Only the same may resume; what belongs to nobody
	// belongs to whoever has its secret.
	User string

	// Owner is whom a connection counts for while its client is away: the user, or
	// where there are none the address that it was opened from.
	Owner string

	// OnPanic is told of a panic in the connection's own goroutines, in the goroutine
	// that it happened in. The connection then ends with CodeInternal. nil means that
	// a panic ends the program.
	OnPanic func(what any)
}

// openWait is SECURITY.md's time from upgrade to OPEN.
const openWait = 5 * time.Second

// Request is a client that has asked for a target and waits. End it with Open
// or Refuse.
type Request struct {
	// Resumed is the connection that the client has come back to, which goes on
	// over the new WebSocket by itself. Then there is nothing to be done here.
	Resumed *Conn

	Host   string // as the client wrote it: check it before use
	Port   uint16
	Ticket string

	sock           Socket
	window, credit uint32
	keep           *kept // nil: not to be resumed
	memory         *Memory
	onPanic        func(any)
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
	var first wish
	err := within(ctx, s, func() (err error) {
		if err = s.Send(h.append(nil)); err != nil {
			return err
		}
		first, err = receive(s, server, parseWish)
		return err
	})
	if err != nil {
		return nil, err
	}
	if first.resume != nil {
		c, err := o.Sessions.rejoin(s, *first.resume, h.nonce, o.User)
		if err != nil {
			e := asError(err)
			hangUp(s, e.Code, e.Text)
			return nil, e
		}
		return &Request{Resumed: c}, nil
	}
	ask := first.open
	r := &Request{
		Host: ask.target.Host, Port: ask.target.Port, Ticket: ask.target.Ticket,
		sock: s, window: windowOf(o.Window, relayWindow), credit: ask.window,
		memory: o.Memory, onPanic: o.OnPanic,
	}
	if ask.resumable && o.Sessions != nil {
		r.keep = o.Sessions.enter(o.User, o.Owner)
	}
	return r, nil
}

// wish is a client's first frame.
type wish struct {
	open   open
	resume *resume // nil: it is an OPEN
}

func parseWish(msg []byte) (w wish, err error) {
	if msg[0] != typeResume {
		w.open, err = parseOpen(msg)
		return w, err
	}
	r, err := parseResume(msg)
	w.resume = &r
	return w, err
}

var errOpenLate = &Error{Code: CodeProtocol, Text: "no OPEN in time"}

// Open tells the client that its target is connected, and returns the Conn to
// relay. route is a label by which the client's later connections can be led to
// this relay; it may be empty.
func (r *Request) Open(route string) (*Conn, error) {
	if len(route) > math.MaxUint8 {
		return nil, errors.New("netconn: route is too long")
	}
	core := newStream(r.window, r.credit, dataHeader+hugeChunk)
	core.most = widest * core.window
	if r.memory != nil {
		core.share = uint64(r.memory.share(&r.memory.in))
		core.granted = core.width()
	}
	o := opened{window: uint32(core.granted), route: route}
	var back comeback
	if r.keep != nil {
		o.identity = r.keep.identity
		o.hold = uint32(max(r.keep.in.hold().Seconds(), 1))
		back = r.keep
	}
	c := newConn(server, Addr{r.Host, r.Port}, core, r.memory, back)
	c.onPanic = r.onPanic
	// A client may come back as soon as it knows the session's name, and waits for
	// the lock then.
	c.mu.Lock()
	defer c.mu.Unlock()
	defer func() {
		if c.link == nil { // after a panic too: nobody would end it later
			c.end(ending{err: net.ErrClosed, code: CodeInternal})
		}
	}()
	if r.keep != nil {
		r.keep.in.add(r.keep, c)
	}
	if err := r.sock.Send(o.append(nil)); err != nil {
		r.sock.Close(CodeInternal, "")
		return nil, fmt.Errorf("netconn: tell the client: %w", err)
	}
	c.run(&link{sock: r.sock})
	return c, nil
}

// Refuse tells the client why it gets no connection, and closes. The client
// shows text to its user, so that it must not tell what policy keeps secret.
func (r *Request) Refuse(code Code, text string) error { return hangUp(r.sock, code, text) }
