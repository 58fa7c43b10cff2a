package sshcore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// ShellSFTP works with files by commands of a POSIX shell, on a server that has
// no SFTP: by a few shells for single steps, and a stream a file that is read or
// written. It takes what any such system has: sh, stat, find, tail, cat, dd, mv,
// ln, df. Names go through no shell's parser.
//
// It is slower than SFTP, and knows less: files are read and written in order
// only, and what was written is known to be there when it is closed. It fails
// with ErrNoSFTP if the server has no such shell.
func (c *Client) ShellSFTP(ctx context.Context) (*SFTP, error) {
	life, cancel := context.WithCancel(context.Background())
	f := &shellFiles{
		client: c, life: life, handles: map[string]*shellHandle{},
		idle: make(chan *shellProc, maxShells), free: make(chan struct{}, maxShells),
	}
	for range maxShells {
		f.free <- struct{}{}
	}
	const probe = `stat -c gnu / 2>/dev/null || stat -f bsd / || exit; for p in find tail cat dd mv ln; do command -v $p >/dev/null || exit; done`
	kind, err := f.run(ctx, probe)
	var failure *shellFailure
	switch {
	case errors.As(err, &failure):
		cancel()
		return nil, fmt.Errorf("%w, and no shell to do without: %w", ErrNoSFTP, err)
	case err != nil:
		cancel()
		return nil, fmt.Errorf("start a shell for files: %w", err)
	}
	f.bsd = strings.TrimSpace(string(kind)) == "bsd"
	f.c = newSFTPConn(cancel)
	go f.serve()
	return &SFTP{c: f.c, client: c, shell: true, ext: map[string]string{extPosixRename: "1", extHardlink: "1", extStatVFS: "2"}}, nil
}

// shellFiles answers requests of SFTP by running commands.
type shellFiles struct {
	client *Client
	c      *sftpConn
	life   context.Context // ends with the session
	idle   chan *shellProc
	free   chan struct{} // one for each shell that may still be started
	bsd    bool          // stat is that of the BSDs, and of macOS

	mu      sync.Mutex
	handles map[string]*shellHandle
	last    int
}

// serve takes the place of the server, until the session ends.
func (f *shellFiles) serve() {
	for {
		select {
		case r := <-f.c.queue:
			f.dispatch(r)
		case <-f.client.done:
			f.c.end(f.client.closedError())
			return
		case <-f.c.ended:
			return
		}
	}
}

// dispatch has a request answered: those for one handle in their order, as they
// share its stream, and all others at once.
func (f *shellFiles) dispatch(r *request) {
	f.c.mu.Lock()
	r.sent = true
	q := &shellRequest{request: r, kind: r.packet[4], fields: fields{rest: r.packet[packetHead:]}}
	f.c.mu.Unlock()
	switch q.kind {
	case fxpClose, fxpRead, fxpWrite, fxpFstat, fxpFsetstat, fxpReaddir:
		h := f.handle(q.string())
		if h == nil {
			f.answer(q, shellAnswer{err: &shellFailure{status: StatusFailure, text: "no such handle"}})
			return
		}
		h.queue <- q // as many fit as may wait for an answer
	default:
		go func() { f.answer(q, f.step(q)) }()
	}
}

// shellRequest is a request that is being taken apart.
type shellRequest struct {
	*request
	kind byte
	fields
}

// shellAnswer is an answer, or why there is none.
type shellAnswer struct {
	kind byte
	body []byte
	err  error
}

func (f *shellFiles) handle(name string) *shellHandle {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.handles[name]
}

// answer answers a request as a server would.
func (f *shellFiles) answer(q *shellRequest, a shellAnswer) {
	var failure *shellFailure
	switch {
	case errors.As(a.err, &failure):
		a.kind, a.body = fxpStatus, putString(putUint32(nil, failure.status), failure.text)
	case a.err != nil: // the connection's
		f.c.end(a.err)
		return
	case a.kind == 0:
		a.kind, a.body = fxpStatus, putUint32(nil, StatusOK)
	}
	f.c.mu.Lock()
	delete(f.c.waiting, q.id())
	if q.into != nil && a.kind == fxpData {
		a.body = q.into[:copy(q.into, a.body)]
	}
	f.c.mu.Unlock()
	<-f.c.places
	f.c.answer(q.request, a.kind, a.body)
}

// shellFailure is a command that failed, in terms of SFTP.
type shellFailure struct {
	status uint32
	text   string // of its last line
}

func (e *shellFailure) Error() string { return fmt.Sprintf("the shell says %q", e.text) }

// shellMark separates what a login script may print from a command's output.
const shellMark = "\x1eok\n"

const sayMark = `printf "\036ok\n"; `

// shellError makes of the end of a command what a server would have answered.
func shellError(err error, said []byte) error {
	var closed *ClosedError
	if errors.As(err, &closed) || errors.Is(err, context.Canceled) {
		return err
	}
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	text := lines[len(lines)-1]
	if text == "" && err != nil {
		text = err.Error()
	}
	return &shellFailure{shellStatus(text), text}
}

// shellCauses are the ends of what programs print: of the C locale, which is
// asked for, and of shells that have words of their own. Nothing else tells why
// a command failed.
var shellCauses = []struct {
	end    string
	status uint32
}{
	{"No such file or directory", StatusNoSuchFile},
	{"No such file", StatusNoSuchFile},
	{"nonexistent", StatusNoSuchFile},
	{"Not a directory", StatusNoSuchFile}, // as OpenSSH has it
	{"Permission denied", StatusPermissionDenied},
	{"Operation not permitted", StatusPermissionDenied},
	{"Read-only file system", StatusPermissionDenied},
	{"File exists", statusExists},
	{"existing file", statusExists},
	{"File name too long", StatusBadMessage},
	{"No space left on device", statusNoSpace},
	{"quota exceeded", statusQuota},
}

func shellStatus(text string) uint32 {
	for _, c := range shellCauses {
		if strings.HasSuffix(text, c.end) {
			return c.status
		}
	}
	return StatusFailure
}
