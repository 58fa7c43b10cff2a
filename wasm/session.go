//go:build js

package main

import (
	"errors"
	"io"
	"time"

	"github.com/wasmiko/wasmiko/sshcore"
	"github.com/wasmiko/wasmiko/wasm/wire"
)

// How much output is read at a time. Without a terminal: as many of SSH's
// packets as have come, up to a whole message. With one: little, for what was
// read lies before the echo of a key and before Ctrl-C's effect.
const (
	pieceSize         = maxPiece
	terminalPieceSize = 32 << 10
)

// A message to the page costs the same whatever it holds, and so does the
// credit that SSH gives back for a read. Output that comes in a flow, in reads
// from flowing bytes upward, is therefore left to gather for a moment, unless
// a read has brought half of a message. What a key brings back is less than
// flowing, and never waits.
const (
	flowing = 16 << 10
	gather  = time.Millisecond
)

// session is a command that runs on the server, tied to two ports of the page.
type session struct {
	*sshcore.Session
	piece int           // the most that is read of an output at a time
	done  chan struct{} // closed when err is set
	err   error         // of Wait
}

// run ties the command to its ports and returns: stdin and stdout to main,
// stderr to errs. describe tells the page why a stream ended early.
func (s *session) run(main, errs *port, describe func(error) *wire.Error) {
	stdout := make(chan struct{})
	go s.feed(main)
	go func() {
		s.drain(main, s.Stdout(), describe)
		close(stdout)
	}()
	go func() {
		// Unread, sshcore keeps a bounded part of stderr for a late reader, but
		// only until the first Read: that waits until the page wants it.
		select {
		case <-errs.wanted:
		case <-s.done:
		}
		s.drain(errs, s.Stderr(), describe)
		errs.Reset(ended)
	}()
	go func() {
		s.err = s.Wait()
		close(s.done)
		<-stdout
		main.Reset(ended)
	}()
}

// ended is what becomes of input after the command's end. Output has ended
// before, so this does not touch it.
var ended = failure("channel", "ended", "The command has ended.")

// feed moves input from the page to the command. Breaking the port off closes
// the session: an EOF would tell the command that its input was whole.
func (s *session) feed(main *port) {
	stdin := s.Stdin()
	_, err := io.CopyBuffer(writerOnly{stdin}, readerOnly{main}, make([]byte, pieceSize))
	var broken *portError
	switch {
	case err == nil:
		stdin.Close()
	case errors.As(err, &broken):
		s.Close()
	}
}

// drain moves output from the command to the page, as the page wants it. What
// the page does not want any more is dropped, for the command's sake.
func (s *session) drain(p *port, output io.Reader, describe func(error) *wire.Error) {
	buf := make([]byte, s.piece)
	for {
		n, err := output.Read(buf)
		if n > 0 {
			p.Write(buf[:n])
		}
		if n >= flowing && n < len(buf)/2 && err == nil {
			time.Sleep(gather)
		}
		switch {
		case err == io.EOF:
			p.CloseWrite()
			return
		case err != nil:
			p.Reset(describe(err))
			return
		}
	}
}

// readerOnly and writerOnly hide methods that io.Copy would prefer.
type readerOnly struct{ io.Reader }
type writerOnly struct{ io.Writer }
