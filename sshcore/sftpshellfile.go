package sshcore

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
)

// shellHandle is an open file, or a directory that is listed. What it does it
// does in the order of its requests, over one stream at a time.
type shellHandle struct {
	f     *shellFiles
	name  string
	path  string // guarded by f.mu
	queue chan *shellRequest

	reading *shellStream // from at on
	writing *shellStream // up to at
	at      uint64
}

// shellStream is a running command.
type shellStream struct {
	*Session
	out  *bufio.Reader
	stop func() bool // of what closes it with the SFTP session
}

// open makes a handle and answers with it.
func (f *shellFiles) open(q *shellRequest, path string, begin func(h *shellHandle) error) shellAnswer {
	f.mu.Lock()
	f.last++
	h := &shellHandle{f: f, name: fmt.Sprint(f.last), path: path, queue: make(chan *shellRequest, maxWaiting)}
	f.mu.Unlock()
	if err := begin(h); err != nil {
		return shellAnswer{err: err}
	}
	f.mu.Lock()
	f.handles[h.name] = h
	f.mu.Unlock()
	go h.serve()
	return shellAnswer{kind: fxpHandle, body: putString(nil, h.name)}
}

// openFile checks what an open would, and makes the file if it should.
func (f *shellFiles) openFile(q *shellRequest, path string) shellAnswer {
	const isFile = `if [ -e "$1" ] && ! [ -f "$1" ]; then echo not a file; exit 1; fi; `
	flags, script := q.uint32(), isFile
	switch {
	case flags&fxfExcl != 0:
		script = `if [ -e "$1" ] || [ -L "$1" ]; then echo File exists; exit 1; fi; ` + umask(q) + `set -C; : > "$1"`
	case flags&fxfTrunc != 0:
		script += umask(q) + `: > "$1"`
	case flags&fxfWrite != 0:
		script += `if ! [ -e "$1" ]; then echo No such file; exit 1; fi; exec 3>> "$1"`
	default:
		script += `exec 3< "$1"`
	}
	return f.open(q, path, func(*shellHandle) error {
		_, err := f.run(f.life, script, path)
		return err
	})
}

// umask keeps a new file from having more permissions than its request says.
func umask(q *shellRequest) string {
	if flags := q.uint32(); flags&attrMode != 0 {
		return fmt.Sprintf("umask %04o; ", ^q.uint32()&0o777)
	}
	return ""
}

// serve answers the requests for a handle, until it is closed.
func (h *shellHandle) serve() {
	for {
		select {
		case q := <-h.queue:
			h.f.answer(q, h.step(q))
			if q.kind == fxpClose {
				return
			}
		case <-h.f.c.ended:
			return
		}
	}
}

func (h *shellHandle) step(q *shellRequest) shellAnswer {
	switch q.kind {
	case fxpRead:
		return h.read(q.uint64(), q.uint32())
	case fxpWrite:
		return shellAnswer{err: h.write(q.uint64(), q.take(uint64(q.uint32())))}
	case fxpReaddir:
		return h.readdir()
	}
	h.stopReading()
	if err := h.flush(); err != nil {
		return shellAnswer{err: err}
	}
	switch q.kind {
	case fxpFstat:
		return h.f.stat(h.f.life, h.where(), "-L ")
	case fxpFsetstat:
		return h.f.do(setAttrs(q), h.where())
	default: // fxpClose
		h.f.mu.Lock()
		defer h.f.mu.Unlock()
		delete(h.f.handles, h.name)
		return shellAnswer{}
	}
}

func (h *shellHandle) where() string {
	h.f.mu.Lock()
	defer h.f.mu.Unlock()
	return h.path
}

// stream starts a command and waits until it has said its mark.
func (h *shellHandle) stream(script string) (*shellStream, error) {
	session, err := h.f.client.Start(h.f.life, Command{Line: shellLine(script, h.where())})
	if err != nil {
		return nil, shellError(err, nil)
	}
	s := &shellStream{session, bufio.NewReader(session.Stdout()), context.AfterFunc(h.f.life, func() { session.Close() })}
	tail := ""
	for n := 0; tail != shellMark; n++ {
		if n > maxShellOutput {
			s.close()
			return nil, &shellFailure{StatusFailure, "it says other things"}
		}
		b, err := s.out.ReadByte()
		if err != nil {
			if err := s.end(); err != nil {
				return nil, err
			}
			return nil, &shellFailure{StatusFailure, "it has ended early"}
		}
		tail = tail[max(0, len(tail)+1-len(shellMark)):] + string([]byte{b})
	}
	return s, nil
}

func (s *shellStream) close() {
	s.stop()
	s.Close()
}

// end waits for a command's end and tells how it went.
func (s *shellStream) end() error {
	defer s.close()
	said, _ := io.ReadAll(io.LimitReader(s.Stderr(), 4<<10))
	io.Copy(io.Discard, s.Stderr())
	if err := s.Wait(); err != nil {
		return shellError(err, said)
	}
	return nil
}

func (h *shellHandle) stopReading() {
	if h.reading != nil {
		h.reading.close()
		h.reading = nil
	}
}

// read reads on, or begins anew somewhere else.
func (h *shellHandle) read(offset uint64, n uint32) shellAnswer {
	if h.reading == nil || offset != h.at {
		h.stopReading()
		s, err := h.stream(fmt.Sprintf(`exec < "$1" || exit; %s exec tail -c +%d`, sayMark, offset+1))
		if err != nil {
			return shellAnswer{err: err}
		}
		h.reading, h.at = s, offset
	}
	b := make([]byte, min(n, readSize))
	got, err := io.ReadFull(h.reading.out, b)
	h.at += uint64(got)
	switch {
	case got > 0:
		return shellAnswer{kind: fxpData, body: b[:got]}
	case err != io.EOF:
		return shellAnswer{err: err}
	}
	err = h.reading.end()
	h.reading = nil
	if err == nil {
		err = &shellFailure{StatusEOF, ""}
	}
	return shellAnswer{err: err}
}

// write writes on, or begins anew somewhere else: dd only moves to there. Whether
// that went well is known when it is flushed.
func (h *shellHandle) write(offset uint64, b []byte) error {
	if h.writing != nil && offset != h.at {
		if err := h.flush(); err != nil {
			return err
		}
	}
	if h.writing == nil {
		s, err := h.stream(fmt.Sprintf(`exec 3<> "$1" || exit; if [ "$(%s" "$1")" -lt %[2]d ]; then echo beyond its end >&2; exit 1; fi; `+
			`dd bs=1 count=0 seek=%[2]d conv=notrunc < /dev/null >&3 2>/dev/null || exit; %[3]s exec cat >&3`,
			h.f.sizeFormat(), offset, sayMark))
		if err != nil {
			return err
		}
		h.writing, h.at = s, offset
	}
	h.at += uint64(len(b))
	if _, err := h.writing.Stdin().Write(b); err != nil {
		if err := h.flush(); err != nil {
			return err
		}
		return &shellFailure{StatusFailure, "it has ended early"}
	}
	return nil
}

func (f *shellFiles) sizeFormat() string {
	if f.bsd {
		return `stat -L -f "%z`
	}
	return `stat -L -c "%s`
}

// flush waits until all that was written is in the file.
func (h *shellHandle) flush() error {
	if h.writing == nil {
		return nil
	}
	s := h.writing
	h.writing = nil
	s.Stdin().Close()
	return s.end()
}

// list starts to list a directory. A name cannot hold a slash, and find prints
// one before each: so whatever else is in a name, the records can be told apart.
func (f *shellFiles) list(h *shellHandle) (err error) {
	name := "%n"
	if f.bsd {
		name = "%N"
	}
	// What goes while it is listed makes stat fail, which does not matter.
	h.reading, err = h.stream(`cd "$1" || exit; if ! [ -r . ]; then echo Permission denied >&2; exit 1; fi; ` + sayMark +
		`find . ! -name . -prune -exec ` + f.statFormat() + ` ` + name + `" {} +; exit 0`)
	return err
}

// maxShellPage is how many entries one answer holds.
const maxShellPage = 100

// readdir answers with the next entries.
func (h *shellHandle) readdir() shellAnswer {
	count, body := 0, putUint32(nil, 0)
	for ; count < maxShellPage && h.reading != nil; count++ {
		attrs, name, err := h.entry()
		if err == io.EOF {
			break
		}
		if err != nil {
			return shellAnswer{err: err}
		}
		body = append(putString(putString(body, name), ""), attrs...)
	}
	if count == 0 {
		return shellAnswer{err: &shellFailure{StatusEOF, ""}}
	}
	copy(body, putUint32(nil, uint32(count)))
	return shellAnswer{kind: fxpName, body: body}
}

// entry reads one.
func (h *shellHandle) entry() ([]byte, string, error) {
	attrs, name, err := readEntry(h.reading.out)
	if err == io.EOF {
		if endErr := h.reading.end(); endErr != nil {
			err = endErr
		}
		h.reading = nil
	}
	return attrs, name, err
}

var errListing = &shellFailure{StatusFailure, "find prints something else"}

// readEntry takes a record apart: "ATTRIBUTES ./NAME\n".
func readEntry(r *bufio.Reader) (attrs []byte, name string, err error) {
	head, err := r.ReadSlice('/')
	switch {
	case err == io.EOF && len(head) > 0, err == bufio.ErrBufferFull:
		return nil, "", errListing
	case err != nil:
		return nil, "", err
	}
	attrs, ok := appendAttrs(nil, strings.TrimSuffix(string(head), " ./"))
	if !ok {
		return nil, "", errListing
	}
	name, err = readEntryName(r)
	return attrs, name, err
}

// readEntryName reads up to where the next record begins: behind the last line
// feed before its slash, for attributes hold none.
func readEntryName(r *bufio.Reader) (string, error) {
	for n := 64; ; n *= 2 {
		ahead, err := r.Peek(min(n, r.Size()))
		next := bytes.IndexByte(ahead, '/')
		switch {
		case next >= 0:
			ahead = ahead[:next]
		case err == nil && n < r.Size():
			continue
		case err == nil:
			return "", errListing
		case err != io.EOF:
			return "", err
		}
		end := bytes.LastIndexByte(ahead, '\n')
		if end < 0 {
			return "", errListing
		}
		name := string(ahead[:end])
		_, err = r.Discard(end + 1)
		return name, err
	}
}
