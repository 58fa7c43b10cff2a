package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wasmiko/wasmiko/netconn"
)

var (
	errIdle    = errors.New("the connection was idle for too long")
	errTooLong = errors.New("the connection reached its longest duration")
)

// serveSession takes a client from its upgrade to its target and back. It
// returns at once: the request's goroutine has a large stack and two buffers,
// and a client may take its time to say what it wants.
func (p *Proxy) serveSession(ctx context.Context, socket netconn.Socket, v visit) {
	ctx, cancel := context.WithCancelCause(ctx)
	rec := newRecord(v)
	s := &session{ip: v.ip, user: v.user, cancel: cancel}
	full := p.sessions.admit(s)
	end := func() {
		if full == nil {
			defer p.sessions.remove(s) // when it is noted: the last one lets the program end
		}
		defer cancel(nil)
		rec.write(ctx, p.log)
		p.metrics.count(rec)
	}
	go func() {
		var conn *netconn.Conn
		var rt *route
		p.spare(func() { conn, rt = p.admit(ctx, socket, rec, full) }, func() {
			rec.outcome, rec.reason = outcomeRefused, errPanicked.Error()
			socket.Close(netconn.CodeInternal, errPanicked.Error())
		})
		if conn == nil {
			p.spare(end, nil)
			return
		}
		s.opened(conn)
		// Once more: the way to the target took a large stack too, and a session
		// may say nothing for days.
		go func() {
			p.spare(func() { p.carry(ctx, cancel, conn, rt, rec) }, func() {
				rec.reason = errPanicked.Error()
				rt.conn.Close()
				conn.Abort(netconn.CodeInternal, errPanicked.Error())
			})
			p.spare(end, nil)
		}()
	}()
}

// carry relays the session to its end, and notes in rec what it was.
func (p *Proxy) carry(ctx context.Context, cancel context.CancelCauseFunc, conn *netconn.Conn, rt *route, rec *record) {
	if rt.limit > 0 {
		defer time.AfterFunc(rt.limit, func() { cancel(errTooLong) }).Stop()
	}
	rec.up, rec.down, rec.reason = p.relay(ctx, conn, rt)
	rec.resumed = conn.Resumed()
}

// admit hears what a client wants and connects it, or notes in rec why not. full
// says that there is no place for it.
func (p *Proxy) admit(ctx context.Context, socket netconn.Socket, rec *record, full error) (conn *netconn.Conn, rt *route) {
	v := rec.visit
	req, err := netconn.Accept(ctx, socket, netconn.AcceptOptions{
		Timeout:  p.cfg.Limits.OpenTimeout,
		Sessions: p.held,
		Memory:   p.memory,
		User:     v.user.Name,
		Owner:    v.counts(),
		OnPanic:  p.panicked,
	})
	if err != nil {
		rec.outcome, rec.reason = outcomeRefused, err.Error()
		return nil, nil
	}
	if req.Resumed != nil {
		// The session has a place in the registry already, and goes on elsewhere.
		to := req.Resumed.RemoteAddr().(netconn.Addr)
		rec.host, rec.port, rec.outcome = to.Host, to.Port, outcomeResumed
		return nil, nil
	}
	rec.host, rec.port = req.Host, req.Port
	rt, err = p.routeFor(ctx, req, rec, full)
	if err != nil {
		p.refuse(ctx, req, rec, err)
		return nil, nil
	}
	target := rt.conn
	defer func() {
		if conn == nil { // after a panic too
			target.Close()
		}
	}()
	testOnlyStep("open")
	rec.rule, rec.addr = rt.rule, rt.addr
	conn, err = req.Open(p.cfg.Replica)
	if err != nil {
		rec.reason = err.Error()
		return nil, nil
	}
	return conn, rt
}

// routeFor connects the target that req may have.
func (p *Proxy) routeFor(ctx context.Context, req *netconn.Request, rec *record, full error) (*route, error) {
	v := rec.visit
	var limit time.Duration
	switch {
	case full != nil:
		return nil, &refusal{code: codeOf(full), text: full.Error(), cause: full}
	case p.memory.Full():
		return nil, &refusal{code: netconn.CodeLimit, text: errNoMemory.Error(), cause: errNoMemory}
	case p.needsTicket(req):
		ticket, err := p.redeem(req, v)
		if err != nil {
			return nil, err
		}
		rec.subject, rec.host, rec.port = ticket.Subject, ticket.Host, ticket.Port
		limit = time.Duration(ticket.MaxSeconds) * time.Second
	case p.gate != nil && p.gate.HasLeft(v.user): // while it was being admitted
		return nil, &refusal{code: netconn.CodeSignIn, text: errSignedOut.Error(), cause: errSignedOut}
	case p.gate != nil && !v.user.Present():
		return nil, &refusal{code: netconn.CodeSignIn, text: errSignIn.Error(), cause: errSignIn}
	}
	rt, err := p.reach(ctx, req, v)
	if err != nil {
		return nil, err
	}
	rt.limit = limit
	return rt, nil
}

// needsTicket reports whether it is a ticket that decides. Where people sign in,
// it is one only for who brings it.
func (p *Proxy) needsTicket(req *netconn.Request) bool {
	return p.tickets != nil && (p.gate == nil || req.Ticket != "")
}

// redeem puts the ticket's target in the place of what the client asked for. Who
// tries many tickets has to wait, as with targets.
func (p *Proxy) redeem(req *netconn.Request, v visit) (*Ticket, error) {
	if p.failures.Exhausted(v.counts()) {
		return nil, &refusal{code: netconn.CodeLimit, text: errFailures.Error(), cause: errFailures}
	}
	ticket, err := p.tickets.redeem(req.Ticket, v.origin)
	if err != nil {
		p.failures.Allow(v.counts())
		return nil, err
	}
	req.Host, req.Port = ticket.Host, ticket.Port
	return ticket, nil
}

var errFailures = errors.New("too many failed connections; wait a minute")

// reach connects the target that req names. A client that fails too often has
// to wait, whatever it asks for: it may be looking for what is there.
func (p *Proxy) reach(ctx context.Context, req *netconn.Request, v visit) (*route, error) {
	if p.failures.Exhausted(v.counts()) {
		return nil, &refusal{code: netconn.CodeLimit, text: errFailures.Error(), cause: errFailures}
	}
	began := time.Now()
	rt, err := p.parseAndConnect(ctx, req)
	p.metrics.dials.Observe(time.Since(began).Seconds())
	if err != nil {
		p.failures.Allow(v.counts())
	}
	return rt, err
}

func (p *Proxy) parseAndConnect(ctx context.Context, req *netconn.Request) (*route, error) {
	t, err := parseTarget(req.Host, req.Port)
	if err != nil {
		return nil, &refusal{code: netconn.CodeNotAllowed, text: err.Error(), cause: err}
	}
	return p.connect(ctx, t)
}

// refuse answers a request that leads nowhere.
func (p *Proxy) refuse(ctx context.Context, req *netconn.Request, rec *record, err error) {
	rec.outcome, rec.reason = outcomeRefused, err.Error()
	var r *refusal
	cause := context.Cause(ctx)
	switch {
	case cause != nil:
		r = &refusal{code: codeOf(cause), text: cause.Error(), cause: cause}
	case !errors.As(err, &r):
		r = &refusal{code: netconn.CodeDialFailed, text: "the target could not be connected", cause: err}
	}
	if !p.cfg.Local && !rec.known() {
		r.disguise()
		untilStep(ctx, rec.start, p.cfg.Limits.RefusalStep)
	}
	req.Refuse(r.code, r.text)
}

// codeOf gives the code for one of our own reasons to end a session.
func codeOf(cause error) netconn.Code {
	switch {
	case errors.Is(cause, errDraining):
		return netconn.CodeDraining
	case errors.Is(cause, errSignedOut):
		return netconn.CodeSignIn
	case errors.Is(cause, errPanicked):
		return netconn.CodeInternal
	}
	return netconn.CodeLimit
}

// relay copies both ways until both are at their end, and says how many bytes
// went each way and why it ended.
//
// An end of file goes through to the other side while the opposite direction
// lives on. A reset is passed on as such, so that the client can tell a
// connection that ended from one that broke.
func (p *Proxy) relay(ctx context.Context, client *netconn.Conn, rt *route) (up, down int64, reason string) {
	server, head := rt.conn, rt.head
	rt.head = nil // the session is longer than that is of use
	var upBytes, downBytes atomic.Int64
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stopWatch := p.watch(ctx, cancel, func() int64 { return upBytes.Load() + downBytes.Load() })
	defer stopWatch()
	aborted := make(chan struct{})
	stopAbort := context.AfterFunc(ctx, func() {
		defer close(aborted)
		defer server.Close()
		cause := context.Cause(ctx)
		p.spare(func() { client.Abort(codeOf(cause), cause.Error()) }, nil)
	})

	var upErr, downErr error
	var wg sync.WaitGroup
	out := &upstream{TCPConn: server, client: client}
	failed := func() { cancel(errPanicked) }
	wg.Go(func() {
		p.spare(func() {
			testOnlyStep("up")
			upErr = sendUp(out, client, &upBytes)
		}, failed)
	})
	p.spare(func() {
		testOnlyStep("down")
		downErr = sendDown(ctx, client, out, newFromServer(server, client), head, &downBytes)
	}, failed)
	wg.Wait()
	testOnlyStep("end")

	if upErr == nil && downErr == nil {
		flush(ctx, client, uint64(downBytes.Load())+1) // FIN counts as one
	}
	if stopAbort() {
		client.Close()
		server.Close()
	} else {
		<-aborted // who drains ends the process after this: the reason has to be out
	}
	return upBytes.Load(), downBytes.Load(), reasonOf(ctx, upErr, downErr)
}

// sendUp copies from the client to the server. A server that takes no more may
// still have things to say, and they may still be on their way to the client:
// then what the client sends is thrown away until it ends. A client that is
// lost ends both directions.
func sendUp(server *upstream, client *netconn.Conn, count *atomic.Int64) error {
	_, err := client.WriteTo(counted{server, count})
	var lost *netconn.Error
	switch {
	case err == nil:
		server.CloseWrite()
	case errors.As(err, &lost), errors.Is(err, errClientLost):
		server.Close()
	default:
		io.Copy(io.Discard, client)
	}
	return err
}

// sendDown copies from the server to the client, after head, which was read
// before.
func sendDown(ctx context.Context, client *netconn.Conn, server *upstream, src *fromServer, head []byte, count *atomic.Int64) error {
	_, err := client.Write(head)
	if err == nil {
		count.Add(int64(len(head)))
		err = pump(client, src, count)
	}
	if err == nil {
		err = server.resetUnseen()
	}
	var lost *readError
	switch {
	case err == nil:
		client.CloseWrite()
	case errors.Is(err, net.ErrClosed):
		// Our own doing: the reason is with whoever closed it.
	case errors.As(err, &lost):
		flush(ctx, client, uint64(count.Load())) // what came before is still good
		client.Abort(netconn.CodeReset, "the connection to the server broke")
	default:
		server.Close() // the client is lost
	}
	return err
}

// flush waits until what was written to the client has arrived there, as long as
// it makes progress or may still come back: Close alone would wait for a second.
func flush(ctx context.Context, client *netconn.Conn, written uint64) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	_, last := client.Stats()
	for moved := time.Now(); last < written && time.Since(moved) < stall; {
		select {
		case <-tick.C:
		case <-client.Done():
			return
		case <-ctx.Done():
			return
		}
		if _, arrived := client.Stats(); arrived > last || client.Away() {
			last, moved = arrived, time.Now()
		}
	}
}

// reasonOf words the end of a session for the log.
func reasonOf(ctx context.Context, up, down error) string {
	if cause := context.Cause(ctx); cause != nil {
		return cause.Error()
	}
	switch {
	case down != nil && !errors.Is(down, net.ErrClosed):
		return fmt.Sprintf("from the server: %v", down)
	case up != nil && !errors.Is(up, net.ErrClosed):
		return fmt.Sprintf("from the client: %v", up)
	}
	return "closed"
}

// watch ends a session that is idle or lasts too long.
func (p *Proxy) watch(ctx context.Context, end context.CancelCauseFunc, moved func() int64) (stop func()) {
	var timers []*time.Timer
	if d := p.cfg.Limits.MaxDuration; d > 0 {
		timers = append(timers, time.AfterFunc(d, func() { end(errTooLong) }))
	}
	if d := p.cfg.Limits.IdleTimeout; d > 0 {
		last := int64(0)
		var t *time.Timer
		armed := make(chan struct{})
		t = time.AfterFunc(d, func() {
			<-armed
			now := moved()
			if now == last {
				end(errIdle)
				return
			}
			last = now
			if ctx.Err() == nil {
				t.Reset(d)
			}
		})
		close(armed)
		timers = append(timers, t)
	}
	return func() {
		for _, t := range timers {
			t.Stop()
		}
	}
}
