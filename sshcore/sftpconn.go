package sshcore

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

const (
	// maxWaiting bounds the requests without an answer, those included whose
	// callers have given up. More of them wait.
	maxWaiting = 1024
	// maxJoined is when waiting requests are no longer put together into one
	// write, and so into full SSH packets. A request of that length is written
	// from its own memory.
	maxJoined = 64 << 10
)

// sftpConn carries requests to an SFTP server and answers back, many at a
// time. One goroutine writes and one reads; neither waits for a caller, and a
// caller never waits longer than its ctx, whatever the server does.
type sftpConn struct {
	session *Session // nil for ShellSFTP, as is in
	in      *bufio.Reader
	close   func() // ends whatever answers
	queue   chan *request
	places  chan struct{} // one taken for each request in waiting

	mu      sync.Mutex
	waiting map[uint32]*request
	lastID  uint32

	ended chan struct{} // closed when err is set
	err   error
}

func newSFTPConn(close func()) *sftpConn {
	return &sftpConn{
		close:   close,
		queue:   make(chan *request, 64),
		places:  make(chan struct{}, maxWaiting),
		waiting: make(map[uint32]*request),
		ended:   make(chan struct{}),
	}
}

// end ends everything that waits, with err, once.
func (c *sftpConn) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.ended:
		return
	default:
	}
	c.err = err
	close(c.ended)
	c.close()
}

// start queues a request. On failure nothing is left of it.
func (c *sftpConn) start(ctx context.Context, r *request) error {
	select {
	case c.places <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-c.ended:
		return c.err
	}
	c.register(r)
	select {
	case c.queue <- r:
		return nil
	case <-ctx.Done():
		c.forget(r)
		return context.Cause(ctx)
	case <-c.ended:
		return c.err
	}
}

func (c *sftpConn) register(r *request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lastID++
	for c.waiting[c.lastID] != nil { // 2^32 requests later
		c.lastID++
	}
	seal(r.packet, c.lastID)
	r.sent = false
	c.waiting[c.lastID] = r
}

func (c *sftpConn) forget(r *request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, r.id())
	<-c.places
}

// wait waits for the answer to a started request.
func (c *sftpConn) wait(ctx context.Context, r *request) error {
	select {
	case <-r.answered:
		return nil
	default:
	}
	select {
	case <-r.answered:
		return nil
	case <-ctx.Done():
		c.giveUp(r)
		return context.Cause(ctx)
	case <-c.ended:
		return c.err
	}
}

// giveUp leaves a request to the reader, with none of the caller's memory.
func (c *sftpConn) giveUp(r *request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r.given, r.into = true, nil
	select {
	case <-r.answered: // just now
		if r.late != nil {
			go r.late(r.kind, r.body)
		}
	default:
	}
}

// leave sends a request whose answer nobody wants, without waiting.
func (c *sftpConn) leave(packet []byte) {
	r := newRequest(packet)
	r.given = true
	go c.start(context.Background(), r) // the end of the session ends it, too
}

// write sends what is queued, in a goroutine of its own, because the server
// may stop reading for as long as it likes.
func (c *sftpConn) write() {
	stdin := c.session.Stdin()
	var out []byte
	for {
		var err error
		select {
		case r := <-c.queue:
			if len(r.packet) >= maxJoined {
				err = c.writeAlone(stdin, r)
			} else {
				out = c.join(out[:0], r)
				_, err = stdin.Write(out)
			}
		case <-c.ended:
			return
		}
		if err != nil {
			return // the reader is about to learn why
		}
	}
}

// writeAlone writes a large request without a copy. Its owner may use the packet
// again once it is answered, so an answer that comes before all was written, which
// only an odd server sends, is told when it was.
func (c *sftpConn) writeAlone(stdin io.Writer, r *request) error {
	c.mu.Lock()
	r.sent, r.writing = true, true
	c.mu.Unlock()
	_, err := stdin.Write(r.packet)
	c.mu.Lock()
	defer c.mu.Unlock()
	r.writing = false
	if r.early {
		r.early = false
		r.tell()
	}
	return err
}

// lost explains why reading failed. x/crypto reports the end of the channel as
// io.EOF, and the transport's own error if that broke while it made room for more.
func (c *sftpConn) lost(err error) error {
	var breach *SFTPProtocolError
	var closed *ClosedError
	switch {
	case errors.As(err, &breach), errors.As(err, &closed):
		return err
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return ErrSFTPEnded
	}
	return c.session.client.closedError()
}

// join appends a request, and those that are queued behind it, to out. The
// copy lets the owner of a packet use it again as soon as it is answered.
func (c *sftpConn) join(out []byte, r *request) []byte {
	for {
		c.mu.Lock()
		out = append(out, r.packet...)
		r.sent = true
		c.mu.Unlock()
		if len(out) >= maxJoined {
			return out
		}
		select {
		case r = <-c.queue:
		default:
			return out
		}
	}
}

// read hands out the answers until the session ends.
func (c *sftpConn) read() {
	for {
		if err := c.readAnswer(); err != nil {
			c.end(c.lost(err))
			return
		}
	}
}

func (c *sftpConn) readAnswer() error {
	var head [packetHead]byte
	if _, err := io.ReadFull(c.in, head[:]); err != nil {
		return err
	}
	length, kind, id := binary.BigEndian.Uint32(head[:]), head[4], binary.BigEndian.Uint32(head[5:])
	if length < packetHead-4 || length > maxPacket {
		return &SFTPProtocolError{fmt.Sprintf("a packet of %d bytes", length)}
	}
	c.mu.Lock()
	r := c.waiting[id]
	if r == nil || !r.sent {
		c.mu.Unlock()
		return &SFTPProtocolError{fmt.Sprintf("an answer, type %d, to what was not asked", kind)}
	}
	delete(c.waiting, id)
	into := r.into
	c.mu.Unlock()

	body, err := c.readBody(kind, int(length)-(packetHead-4), into)
	if err != nil {
		return err
	}
	<-c.places
	c.answer(r, kind, body)
	return nil
}

// readBody reads the rest of a packet; that of a DATA into the place that waits
// for it.
func (c *sftpConn) readBody(kind byte, n int, into []byte) ([]byte, error) {
	if kind != fxpData || into == nil {
		body := make([]byte, n)
		_, err := io.ReadFull(c.in, body)
		return body, err
	}
	var length [4]byte
	if _, err := io.ReadFull(c.in, length[:]); err != nil {
		return nil, err
	}
	if got := binary.BigEndian.Uint32(length[:]); int64(got) != int64(n)-4 || got == 0 || int(got) > len(into) {
		return nil, &SFTPProtocolError{fmt.Sprintf("%d bytes of a file in a packet of %d, where %d were asked for", got, n, len(into))}
	}
	_, err := io.ReadFull(c.in, into[:n-4])
	return into[:n-4], err
}

func (c *sftpConn) answer(r *request, kind byte, body []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r.kind, r.body = kind, body
	if r.early = r.writing; !r.early {
		r.tell()
	}
}

// tell hands the answer to whom it is for. sftpConn.mu is held.
func (r *request) tell() {
	switch {
	case !r.given:
		r.answered <- struct{}{}
	case r.late != nil:
		go r.late(r.kind, r.body)
	}
}

// broken ends the session over a breach of the protocol.
func (c *sftpConn) broken(what string) error {
	err := &SFTPProtocolError{what}
	c.end(err)
	return err
}
