package sshcore

import (
	"context"
	"encoding/binary"
	"fmt"
)

// request is one request and its answer. It may be used again once it was
// answered, and never if a caller gave it up.
type request struct {
	packet []byte
	// into takes the bytes of a DATA answer. It must not be used otherwise
	// before the answer, nor ever again if the request was given up.
	into []byte
	// late is called with the answer if the request was given up; or nil.
	late func(kind byte, body []byte)

	answered chan struct{} // holds one value when the answer is there
	kind     byte
	body     []byte // without id; the filled part of into for DATA

	// Guarded by sftpConn.mu.
	sent, given bool
	writing     bool // packet is read from by the connection
	early       bool // answered meanwhile, and not told yet
}

func newRequest(packet []byte) *request {
	return &request{packet: packet, answered: make(chan struct{}, 1)}
}

func (r *request) id() uint32 { return binary.BigEndian.Uint32(r.packet[5:]) }

// ask sends a request and waits for its answer, which must be of a kind.
func (c *sftpConn) ask(ctx context.Context, op, path string, r *request, want byte) (*fields, error) {
	if err := c.start(ctx, r); err != nil {
		return nil, failed(op, path, err)
	}
	return c.take(ctx, op, path, r, want)
}

// take waits for the answer to a started request.
func (c *sftpConn) take(ctx context.Context, op, path string, r *request, want byte) (*fields, error) {
	if err := c.wait(ctx, r); err != nil {
		return nil, failed(op, path, err)
	}
	f := &fields{rest: r.body}
	switch {
	case r.kind == want && want != fxpStatus:
		return f, nil
	case r.kind == fxpStatus:
		status := f.uint32()
		if f.bad || status == StatusOK && want != fxpStatus {
			return nil, failed(op, path, c.broken("an empty answer"))
		}
		if status == StatusOK {
			return f, nil
		}
		// Version 3 has the words; some old servers leave them out.
		return nil, &SFTPError{Op: op, Path: path, Status: status, Msg: f.string(), Err: statusCause(status)}
	}
	return nil, failed(op, path, c.broken(fmt.Sprintf("an answer of type %d instead of %d", r.kind, want)))
}
