package sshcore

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// SFTP works with the files of a server, by SFTP version 3
// (draft-ietf-secsh-filexfer-02) and OpenSSH's extensions to it. It is safe for
// concurrent use. Every call is bounded by its ctx; a call that was given up
// leaves no more than its request with the server.
//
// Paths and names are the server's bytes in a string. They are never changed:
// not cleaned, not made into UTF-8.
//
// It speaks the protocol itself. github.com/pkg/sftp, which serves the other
// side in package server, has a client, too; yet only one of its calls takes a
// ctx, it drops the server's words, collects a listing in memory however long,
// believes its names, and cannot tell how much of a pipelined upload has
// arrived. What it does beyond that is there: see Library.
type SFTP struct {
	c      *sftpConn
	client *Client
	ext    map[string]string
	limits Limits
	shell  bool // see ShellSFTP
}

// Limits are what the server takes at most, by limits@openssh.com. Zero means
// that it did not tell.
type Limits struct{ Packet, Read, Write, Handles uint64 }

// SFTP opens an SFTP session, beside whatever else runs on the connection. It
// fails with ErrNoSFTP if the server has none, with ErrOneSession if it lets no
// further session in, and after the handshake timeout if it does not answer.
func (c *Client) SFTP(ctx context.Context) (*SFTP, error) {
	if limit := c.cfg.handshakeTimeout(); limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, limit, errSFTPTimeout)
		defer cancel()
	}
	session, err := c.startSFTP(ctx)
	if err != nil {
		return nil, err
	}
	s := &SFTP{c: newSFTPConn(func() { session.Close() }), client: c}
	s.c.session = session
	// Small, so that the bulk of DATA goes past it, straight to where it belongs.
	s.c.in = bufio.NewReaderSize(session.Stdout(), 4<<10)
	greeted := make(chan error, 1)
	go s.run(greeted)
	select {
	case err = <-greeted:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if err == nil {
		err = s.askLimits(ctx)
	}
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("start SFTP: %w", err)
	}
	return s, nil
}

var errSFTPTimeout = fmt.Errorf("the server does not answer: %w", os.ErrDeadlineExceeded)

func (c *Client) startSFTP(ctx context.Context) (*Session, error) {
	session, err := c.Start(ctx, Command{Subsystem: "sftp"})
	var refused *ssh.OpenChannelError
	var noSubsystem *RequestError
	switch {
	case errors.As(err, &refused):
		return nil, fmt.Errorf("%w: %w", ErrOneSession, err)
	case errors.As(err, &noSubsystem):
		return nil, fmt.Errorf("%w: %w", ErrNoSFTP, err)
	}
	return session, err
}

// run greets the server and then reads its answers, until the session ends.
func (s *SFTP) run(greeted chan<- error) {
	err := s.greet()
	if err != nil {
		s.c.end(err)
		greeted <- err
		return
	}
	go s.c.write()
	greeted <- nil
	s.c.read()
}

// greet exchanges INIT and VERSION, section 4. Both have the version where
// other packets have their id.
func (s *SFTP) greet() error {
	const version = 3
	hello := newPacket(fxpInit)
	seal(hello, version)
	if _, err := s.c.session.Stdin().Write(hello); err != nil && err != io.ErrClosedPipe {
		return err
	}
	head := make([]byte, packetHead)
	if _, err := io.ReadFull(s.c.in, head); err != nil {
		return noGreeting(err)
	}
	f := fields{rest: head}
	length, kind := f.uint32(), f.take(1)[0]
	if kind != fxpVersion || length < packetHead-4 || length > maxPacket {
		// Most often what a login script prints.
		return &SFTPProtocolError{fmt.Sprintf("it begins with %q", head)}
	}
	if got := f.uint32(); got < version {
		return &SFTPProtocolError{fmt.Sprintf("it speaks version %d", got)}
	}
	body := make([]byte, length-(packetHead-4))
	if _, err := io.ReadFull(s.c.in, body); err != nil {
		return noGreeting(err)
	}
	s.ext = make(map[string]string)
	for f.rest = body; len(f.rest) > 0; {
		name := f.string()
		s.ext[name] = f.string()
	}
	return nil
}

// noGreeting explains the end of the stream: a server whose SFTP program is
// missing may accept the subsystem, and close it.
func noGreeting(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return ErrNoSFTP
	}
	return err
}

func (s *SFTP) askLimits(ctx context.Context) error {
	if !s.Offers(extLimits) {
		return nil
	}
	f, err := s.c.ask(ctx, "limits", "", newRequest(extended(extLimits)), fxpExtendedReply)
	if err != nil {
		if statusOf(err) != StatusOK { // refused after all
			return nil
		}
		return err
	}
	s.limits = Limits{Packet: f.uint64(), Read: f.uint64(), Write: f.uint64(), Handles: f.uint64()}
	return nil
}

// Extensions returns what the server offers beyond version 3, with versions.
func (s *SFTP) Extensions() map[string]string { return maps.Clone(s.ext) }

// Offers tells whether the server offers an extension.
func (s *SFTP) Offers(extension string) bool {
	_, ok := s.ext[extension]
	return ok
}

// Limits returns what the server takes at most.
func (s *SFTP) Limits() Limits { return s.limits }

// Done is closed when the session has ended, and Err then tells why.
func (s *SFTP) Done() <-chan struct{} { return s.c.ended }

// Err returns why the session ended, or nil while it lasts.
func (s *SFTP) Err() error {
	select {
	case <-s.c.ended:
		return s.c.err
	default:
		return nil
	}
}

// Close ends the session. Calls that wait return fs.ErrClosed.
func (s *SFTP) Close() error {
	s.c.end(fs.ErrClosed)
	return nil
}

// ByShell tells whether it was made by ShellSFTP.
func (s *SFTP) ByShell() bool { return s.shell }

// Client returns the connection that the session runs over.
func (s *SFTP) Client() *Client { return s.client }

// Library opens the protocol library's own client, on a session of its own,
// for what is not wrapped here, such as files with a position. It has no
// bounds against a hostile server, and its calls cannot be given up; Close
// ends them.
func (s *SFTP) Library(ctx context.Context, opts ...sftp.ClientOption) (*sftp.Client, error) {
	session, err := s.client.startSFTP(ctx)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { session.Close() })
	defer stop()
	return sftp.NewClientPipe(session.Stdout(), sessionPipe{session}, opts...)
}

// sessionPipe closes the whole session, as the library expects of its writer.
type sessionPipe struct{ *Session }

func (p sessionPipe) Write(b []byte) (int, error) { return p.Stdin().Write(b) }

// writes is how much one write holds.
func (l Limits) writes() int {
	const head = 1 << 10 // of a packet, as OpenSSH counts
	if l.Write == 0 || l.Packet > 0 && l.Packet < largeWrite+head {
		return chunk(writeSize, l.Write)
	}
	return chunk(largeWrite, l.Write)
}

// chunk is how much to ask for at once: what is fast, within the server's limit.
func chunk(fast int, limit uint64) int {
	if limit == 0 || limit > math.MaxInt32 {
		return fast
	}
	return min(fast, int(limit))
}
