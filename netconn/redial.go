package netconn

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

const (
	redialWait  = 10 * time.Second // for one attempt
	hurriedWait = time.Second      // for one that was begun before there was a hurry
	holdSlack   = 30 * time.Second // by which the relay's clock may be behind
	longestWait = 10 * time.Second
)

// waits are those before each attempt; then longestWait.
var waits = []time.Duration{0, 250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}

// waitBefore returns how long to wait before an attempt, from 1. Up to a quarter
// more or less keeps the clients of a relay that was restarted apart.
func waitBefore(attempt int, random float64) time.Duration {
	wait := longestWait
	if attempt <= len(waits) {
		wait = waits[attempt-1]
	}
	return time.Duration(float64(wait) * (0.75 + random/2))
}

// Link tells how a client's connection stands with its relay.
type Link struct {
	Up      bool          // it works (again)
	Attempt int           // at reaching the relay, from 1
	Wait    time.Duration // until that attempt; zero: it is being made
	Away    time.Duration // how long there has been no transport
	Hold    time.Duration // how long the relay keeps the session meanwhile
}

// redialer brings a client's connection back.
type redialer struct {
	route string // the relay's label, for a load balancer
	identity
	hold   time.Duration
	dial   func(ctx context.Context, route string) (Socket, error)
	onLink func(Link)

	epoch uint32        // of the last attempt
	now   chan struct{} // holds at most one signal
	stop  context.CancelFunc
	done  chan struct{} // closed when the last run has ended

	begun   time.Time // when the current attempt was
	abandon func()    // ends it; nil: there is none
}

func (r *redialer) tell(l Link) {
	l.Hold = r.hold
	if r.onLink != nil {
		r.onLink(l)
	}
}

// away starts to redial. Conn's lock is held.
func (r *redialer) away(c *Conn) {
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	select {
	case <-r.now:
	default:
	}
	before, done := r.done, make(chan struct{})
	r.done = done
	go func() {
		defer close(done)
		defer cancel()
		if before != nil {
			<-before // so that onLink is told in order
		}
		r.run(ctx, c)
	}()
}

// over ends redialling. Conn's lock is held.
func (r *redialer) over() {
	if r.stop != nil {
		r.stop()
	}
}

// hurry makes the next attempt the current moment's. One that is being made gets
// little time more: begun without a network, it may hang. Conn's lock is held.
func (r *redialer) hurry() {
	if r.abandon != nil {
		time.AfterFunc(hurriedWait-time.Since(r.begun), r.abandon)
	}
	select {
	case r.now <- struct{}{}:
	default:
	}
}

// run attempts to resume until that succeeds, or cannot succeed any more.
func (r *redialer) run(ctx context.Context, c *Conn) {
	since := time.Now()
	var last error
	for attempt := 1; ; attempt++ {
		if time.Since(since) > r.hold+holdSlack {
			c.giveUp(&Error{Code: CodeLost, Err: last})
			return
		}
		wait := waitBefore(attempt, rand.Float64())
		if wait > 0 {
			r.tell(Link{Attempt: attempt, Wait: wait, Away: time.Since(since)})
		}
		if !r.pause(ctx, wait) {
			return
		}
		r.tell(Link{Attempt: attempt, Away: time.Since(since)})
		if last = r.timely(ctx, c); last == nil {
			r.tell(Link{Up: true, Attempt: attempt, Away: time.Since(since)})
			return
		}
		if e := (*Error)(nil); errors.As(last, &e) && e.final() {
			c.giveUp(e)
			return
		}
	}
}

// pause waits, unless somebody is in a hurry. It returns false at the end.
func (r *redialer) pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.now:
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

// timely makes an attempt that ends in time.
func (r *redialer) timely(ctx context.Context, c *Conn) error {
	ctx, cancel := context.WithTimeout(ctx, redialWait)
	defer cancel()
	note := func(begun time.Time, abandon func()) {
		c.mu.Lock()
		defer c.mu.Unlock()
		r.begun, r.abandon = begun, abandon
	}
	note(time.Now(), cancel)
	defer note(time.Time{}, nil)
	return r.attempt(ctx, c)
}

// attempt opens a transport and asks the relay to go on over it.
func (r *redialer) attempt(ctx context.Context, c *Conn) error {
	s, err := r.dial(ctx, r.route)
	if err != nil {
		return err
	}
	r.epoch++
	var answer resumed
	var rtt time.Duration
	err = within(ctx, s, func() error {
		h, err := receive(s, client, parseHello)
		if err != nil {
			return err
		}
		ask := resume{sid: r.sid, epoch: r.epoch}
		ask.rx, ask.limit = c.point()
		ask.mac = r.proof(client, h.nonce, ask.epoch, ask.rx, ask.limit)
		asked := time.Now()
		if err = s.Send(ask.append(nil)); err != nil {
			return err
		}
		if answer, err = receive(s, client, parseResumed); err != nil {
			return err
		}
		rtt = time.Since(asked)
		if answer.epoch != r.epoch || !r.genuine(answer.mac, server, h.nonce, answer.epoch, answer.rx, answer.limit) {
			return &Error{Code: CodeLost, Text: "RESUMED without proof"}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.rejoin(&link{sock: s, epoch: answer.epoch}, answer, rtt)
}

// final reports whether another attempt to resume would end the same way. A
// breach of the protocol may be one of time, and ends the session if not.
func (e *Error) final() bool {
	switch e.Code {
	case CodeNotFound, CodeNotAllowed, CodeSuperseded:
		return true
	}
	return false
}

func (c *Conn) point() (rx, limit uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.core.point()
}

// rejoin goes on over a transport that the relay has accepted.
func (c *Conn) rejoin(l *link, r resumed, rtt time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended != nil {
		go l.sock.Close(c.ended.code.closeCode(), "")
		return nil
	}
	if err := c.core.attach(r.epoch, r.rx, r.limit); err != nil {
		go hangUp(l.sock, CodeProtocol, asError(err).Text)
		return err
	}
	c.resumed.Add(1)
	c.probe.rtt = rtt
	c.run(l)
	return nil
}

// giveUp ends a connection that cannot be resumed. When the relay has already
// said its last byte, that it knows the session no more is no loss.
func (c *Conn) giveUp(e *Error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case e.Code != CodeNotFound:
	case c.core.finRead && c.core.finTold:
		e = &Error{Code: CodeNormal}
	default:
		e = &Error{Code: CodeGone}
	}
	c.end(ending{err: e, code: e.Code})
}
