package sshcore

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// tap is the transport as x/crypto sees it. It reads along the plaintext,
// counts bytes, and remembers the first reason for which the connection ended:
// x/crypto hands reasons on as text, or not at all.
type tap struct {
	net.Conn
	in, out atomic.Int64

	onVersion func(version string) // called once, from the reading goroutine
	onEnd     func()               // called once, when the end is certain

	gone   chan struct{} // closed when ended is set
	silent chan struct{} // closed when nothing more is read: a Read has failed, or x/crypto closed

	mu      sync.Mutex
	changed sync.Cond // broadcast when reading or ended changes
	reading bool      // a Read of the transport is under way
	ended   bool
	cause   error // why it ended; nil if x/crypto closed it for its own reasons
	hello   greeting
}

func newTap(conn net.Conn) *tap {
	t := &tap{Conn: conn, gone: make(chan struct{}), silent: make(chan struct{})}
	t.changed.L = &t.mu
	return t
}

func (t *tap) Read(p []byte) (int, error) {
	t.setReading(true)
	n, err := t.Conn.Read(p)
	t.in.Add(int64(n))
	if helloErr := t.listen(p[:n]); helloErr != nil {
		n, err = 0, helloErr
	}
	t.setReading(false)
	if err != nil {
		t.end(err)
		t.hush()
	}
	return n, err
}

func (t *tap) Write(p []byte) (int, error) {
	n, err := t.Conn.Write(p)
	t.out.Add(int64(n))
	if err != nil {
		t.afterLastWords(err)
	}
	return n, err
}

// lastWords is how long a failed Write waits for a Read to tell more.
const lastWords = time.Second

// afterLastWords ends the connection because a Write failed, but lets the
// reading side come first: what is still to be read often says why, an HTTP
// error or SSH_MSG_DISCONNECT.
func (t *tap) afterLastWords(err error) {
	timer := time.AfterFunc(lastWords, func() { t.end(err) })
	defer timer.Stop()
	t.mu.Lock()
	defer t.mu.Unlock()
	for !t.ended {
		t.changed.Wait()
	}
}

// Close is what x/crypto calls when it gives up.
func (t *tap) Close() error {
	t.end(nil)
	t.hush() // x/crypto reads no more either: a last packet may be broken
	return t.Conn.Close()
}

// abort ends the connection for a reason of ours.
func (t *tap) abort(cause error) {
	t.end(cause)
	t.Conn.Close()
}

// farewell is how long a server that was left may take to leave as well.
const farewell = 250 * time.Millisecond

// leave ends the connection for a reason of ours, in order: the server hears
// that nothing more will come and has the last word. To close a TCP connection
// that still brings something is to reset it, and what servers then log looks
// like a fault.
func (t *tap) leave(cause error) {
	t.end(cause)
	if half, ok := t.Conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		select {
		case <-t.silent:
		case <-time.After(farewell):
		}
	}
	t.Conn.Close()
}

func (t *tap) hush() {
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case <-t.silent:
	default:
		close(t.silent)
	}
}

func (t *tap) end(cause error) {
	t.mu.Lock()
	first := !t.ended
	if first {
		t.ended, t.cause = true, cause
		t.changed.Broadcast()
		close(t.gone)
	}
	t.mu.Unlock()
	if first && t.onEnd != nil {
		t.onEnd()
	}
}

func (t *tap) why() (cause error, ended bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.cause, t.ended
}

func (t *tap) setReading(reading bool) {
	t.mu.Lock()
	t.reading = reading
	if reading {
		t.changed.Broadcast()
	}
	t.mu.Unlock()
}

// alive tells whether x/crypto still reads packets. When it has stopped, all
// channels report a plain EOF, as if each had ended well; alive is how to know
// better. It waits until x/crypto is either back in Read or has closed the
// transport, and one of the two always comes: after a packet it reads on, and
// after a failure it closes.
func (t *tap) alive() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for !t.reading && !t.ended {
		t.changed.Wait()
	}
	return !t.ended
}

func (t *tap) listen(p []byte) error {
	t.mu.Lock()
	if t.hello.done {
		t.mu.Unlock()
		return nil
	}
	before := t.hello.version
	err := t.hello.feed(p)
	version := t.hello.version
	t.mu.Unlock()
	if version != before && t.onVersion != nil {
		t.onVersion(version)
	}
	return err
}

// heard returns the server's version line and KEXINIT, as far as they came.
func (t *tap) heard() (version string, k *kexInit) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.hello.version, t.hello.kexInit
}
