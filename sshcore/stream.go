package sshcore

import (
	"errors"
	"io"
	"sync"

	"golang.org/x/crypto/ssh"
)

// ErrStderrDropped stands in Session.Stderr for what came before its first
// Read and did not fit.
var ErrStderrDropped = errors.New("standard error was read too late: a part of it is missing")

// maxStderr is what Stderr keeps for its reader. It is less than the channel's
// window of 2 MiB, so that an unread stderr leaves room for stdout.
const maxStderr = 1 << 20

// inStream is a Session's standard input.
type inStream Session

func (in *inStream) Write(p []byte) (int, error) {
	n, err := in.ch.Write(p)
	if err == nil {
		return n, nil
	}
	if broken := (*Session)(in).broken(); broken != nil {
		return n, broken
	}
	return n, io.ErrClosedPipe // the command has closed its input, or ended
}

// Close sends EOF, RFC 4254 section 5.3.
func (in *inStream) Close() error {
	if err := in.ch.CloseWrite(); err != nil && err != io.EOF {
		return err
	}
	return nil
}

// wholeChannel is a channel whose reads give all that has come before they tell
// that the connection is gone. x/crypto returns bytes together with the error of
// asking the peer for more, and readers stop at an error.
type wholeChannel struct{ ssh.Channel }

func (c wholeChannel) Read(p []byte) (int, error) { return wholly(c.Channel.Read(p)) }

func (c wholeChannel) Stderr() io.ReadWriter { return wholeStderr{c.Channel.Stderr()} }

type wholeStderr struct{ io.ReadWriter }

func (s wholeStderr) Read(p []byte) (int, error) { return wholly(s.ReadWriter.Read(p)) }

func wholly(n int, err error) (int, error) {
	if n > 0 {
		return n, nil
	}
	return n, err
}

// outStream is an output of a Session that tells a good end from a bad one.
// x/crypto reports io.EOF for both.
type outStream struct {
	s *Session
	r io.Reader
}

func (o *outStream) Read(p []byte) (int, error) {
	n, err := o.r.Read(p)
	if err != io.EOF || o.s.client.tap.alive() {
		return n, err
	}
	// Dead by now; yet the command may have ended well before that.
	<-o.s.done
	if o.s.told {
		return n, io.EOF
	}
	return n, o.s.client.closedError()
}

// stderrStream takes standard error from the channel, so that it never holds
// up standard output. See Session.Stderr.
type stderrStream struct {
	src io.Reader

	mu        sync.Mutex
	changed   sync.Cond
	buf       []byte
	wanted    bool // there was a Read
	abandoned bool // nobody will read any more
	gap       bool // something is missing after buf
	err       error
}

func newStderr(src io.Reader) *stderrStream {
	s := &stderrStream{src: src}
	s.changed.L = &s.mu
	return s
}

func (s *stderrStream) pump() {
	chunk := make([]byte, 16<<10)
	for {
		n, err := s.src.Read(chunk)
		s.keep(chunk[:n])
		if err != nil {
			s.mu.Lock()
			s.err = err
			s.changed.Broadcast()
			s.mu.Unlock()
			return
		}
	}
}

// keep stores p, waits for room, or drops it.
func (s *stderrStream) keep(p []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.wanted && !s.abandoned && (s.gap || len(s.buf)+len(p) > maxStderr) {
		s.changed.Wait()
	}
	if s.gap {
		return
	}
	n := min(len(p), maxStderr-len(s.buf))
	s.buf = append(s.buf, p[:n]...)
	s.gap = n < len(p)
	s.changed.Broadcast()
}

func (s *stderrStream) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wanted = true
	defer s.changed.Broadcast()
	if len(p) == 0 {
		return 0, nil
	}
	for len(s.buf) == 0 && !s.gap && s.err == nil {
		s.changed.Broadcast()
		s.changed.Wait()
	}
	switch {
	case len(s.buf) > 0:
		n := copy(p, s.buf)
		s.buf = s.buf[n:]
		return n, nil
	case s.gap:
		s.gap = false
		return 0, ErrStderrDropped
	}
	return 0, s.err
}

func (s *stderrStream) abandon() {
	s.mu.Lock()
	s.abandoned = true
	s.changed.Broadcast()
	s.mu.Unlock()
}
