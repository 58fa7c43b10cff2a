package proxy

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/coder/websocket"
	"github.com/wasmiko/wasmiko/netconn"
)

// plainProtocol is what websockify and noVNC call a WebSocket whose binary
// messages are bytes and nothing else.
const plainProtocol = "binary"

// plainMessage is the largest message that a plain client may send.
const plainMessage = 1 << 20

// servePlain relays a client that does not speak relay.v1 to the one target that
// the configuration names. It has no frames, and so no errors with a reason, no
// credit beyond TCP's own and no return after a loss: what ends it is the close
// code alone.
func (p *Proxy) servePlain(w http.ResponseWriter, r *http.Request, v visit) {
	ws, err := websocket.Accept(slim{w}, r, &websocket.AcceptOptions{
		Subprotocols:       []string{plainProtocol},
		InsecureSkipVerify: true, // as in serveRelay
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		return
	}
	defer ws.CloseNow()
	ws.SetReadLimit(plainMessage)
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(r.Context()))
	defer cancel(nil)
	rec := newRecord(v)
	defer func() {
		rec.write(ctx, p.log)
		p.metrics.count(rec)
	}()
	s := &session{ip: v.ip, user: v.user, cancel: cancel}
	if full := p.sessions.admit(s); full != nil {
		rec.outcome, rec.reason = outcomeRefused, full.Error()
		ws.Close(websocket.StatusCode(codeOf(full)), full.Error())
		return
	}
	defer p.sessions.remove(s)
	t := p.cfg.plain
	rec.host, rec.port = t.host(), t.port
	var rt *route
	p.spare(func() {
		rt, err = p.reach(ctx, &netconn.Request{Host: t.host(), Port: t.port}, v)
	}, func() {
		err = errPanicked
		ws.Close(websocket.StatusCode(netconn.CodeInternal), err.Error())
	})
	if err != nil {
		rec.outcome, rec.reason = outcomeRefused, err.Error()
		ws.Close(websocket.StatusCode(netconn.CodeDialFailed), "the target could not be connected")
		return
	}
	rec.rule, rec.addr = rt.rule, rt.addr
	rec.up, rec.down, rec.reason = p.copyPlain(ctx, cancel, ws, rt)
}

// copyPlain copies both ways. The target's end is the WebSocket's, after all that
// it had sent; a WebSocket has no end of one direction, so the client's is both.
func (p *Proxy) copyPlain(ctx context.Context, cancel context.CancelCauseFunc, ws *websocket.Conn, rt *route) (up, down int64, reason string) {
	var sent, received atomic.Int64
	defer p.watch(ctx, cancel, func() int64 { return sent.Load() + received.Load() })()
	defer context.AfterFunc(ctx, func() { rt.conn.Close() })()
	failed := func() { cancel(errPanicked) }
	var clientEnd sync.WaitGroup
	clientEnd.Go(func() {
		defer rt.conn.Close()
		p.spare(func() { plainUp(ctx, ws, rt.conn, &sent) }, failed)
	})
	var err error
	p.spare(func() { err = plainDown(ctx, ws, rt, &received) }, failed)
	switch cause := context.Cause(ctx); {
	case cause != nil:
		ws.Close(websocket.StatusCode(codeOf(cause)), cause.Error())
		reason = cause.Error()
	case err == nil:
		ws.Close(websocket.StatusNormalClosure, "")
		reason = "closed"
	case errors.Is(err, syscall.ECONNRESET):
		ws.Close(websocket.StatusInternalError, "reset")
		reason = "from the server: " + err.Error()
	default:
		ws.CloseNow()
		reason = "from the client: gone"
	}
	rt.conn.Close()
	clientEnd.Wait()
	return sent.Load(), received.Load(), reason
}

func plainUp(ctx context.Context, ws *websocket.Conn, server io.Writer, count *atomic.Int64) error {
	for {
		kind, r, err := ws.Reader(ctx)
		if err != nil {
			return err
		}
		if kind != websocket.MessageBinary {
			return ws.Close(websocket.StatusUnsupportedData, "binary messages only")
		}
		n, err := io.Copy(server, r)
		count.Add(n)
		if err != nil {
			return err
		}
	}
}

func plainDown(ctx context.Context, ws *websocket.Conn, rt *route, count *atomic.Int64) error {
	p, buf := rt.head, make([]byte, 32<<10)
	for {
		if len(p) > 0 {
			if err := ws.Write(ctx, websocket.MessageBinary, p); err != nil {
				return err
			}
			count.Add(int64(len(p)))
		}
		n, err := rt.conn.Read(buf)
		p = buf[:n]
		if n == 0 && err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}
