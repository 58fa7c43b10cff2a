package sshtest

import (
	"encoding/binary"
	"io"
	"sync"
)

// SFTPRequest is a request of SFTP version 3 as it came.
type SFTPRequest struct {
	Kind byte
	ID   uint32
	Body []byte // behind the id
}

// SFTP is a Server's Run for an SFTP server of a test's own making. It greets,
// offering extensions, and then writes what answer makes of each request, in
// their order.
func SFTP(answer func(SFTPRequest) []byte, extensions ...string) func(*Session) {
	var offer []byte
	for _, name := range extensions {
		offer = append(append(offer, SFTPString(name)...), SFTPString("1")...)
	}
	return func(s *Session) {
		if _, err := readSFTP(s); err != nil {
			return
		}
		s.Write(SFTPPacket(2, 3, offer)) // VERSION 3
		// Answers wait in memory, so that a client that does not read for a while
		// is no deadlock.
		out := newAnswers(s)
		defer out.close()
		for {
			r, err := readSFTP(s)
			if err != nil {
				return
			}
			out.add(answer(r))
		}
	}
}

func readSFTP(r io.Reader) (SFTPRequest, error) {
	head := make([]byte, 9)
	if _, err := io.ReadFull(r, head); err != nil {
		return SFTPRequest{}, err
	}
	body := make([]byte, binary.BigEndian.Uint32(head)-5)
	_, err := io.ReadFull(r, body)
	return SFTPRequest{Kind: head[4], ID: binary.BigEndian.Uint32(head[5:]), Body: body}, err
}

// SFTPPacket makes a packet.
func SFTPPacket(kind byte, id uint32, body []byte) []byte {
	p := binary.BigEndian.AppendUint32(nil, uint32(len(body)+5))
	p = binary.BigEndian.AppendUint32(append(p, kind), id)
	return append(p, body...)
}

// SFTPString makes a string with its length before it.
func SFTPString(s string) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(s))), s...)
}

// Status answers with a status.
func (r SFTPRequest) Status(code uint32, words string) []byte {
	body := binary.BigEndian.AppendUint32(nil, code)
	return SFTPPacket(101, r.ID, append(append(body, SFTPString(words)...), SFTPString("en")...))
}

// Handle answers with a handle.
func (r SFTPRequest) Handle(h string) []byte { return SFTPPacket(102, r.ID, SFTPString(h)) }

// Data answers with bytes of a file.
func (r SFTPRequest) Data(b []byte) []byte { return SFTPPacket(103, r.ID, SFTPString(string(b))) }

// Names answers with entries that all have the same mode.
func (r SFTPRequest) Names(mode uint32, names ...string) []byte {
	body := binary.BigEndian.AppendUint32(nil, uint32(len(names)))
	for _, n := range names {
		body = append(append(body, SFTPString(n)...), SFTPString("")...)
		body = append(body, sftpAttrs(0, mode)...)
	}
	return SFTPPacket(104, r.ID, body)
}

// Attrs answers with size and mode.
func (r SFTPRequest) Attrs(size uint64, mode uint32) []byte {
	return SFTPPacket(105, r.ID, sftpAttrs(size, mode))
}

func sftpAttrs(size uint64, mode uint32) []byte {
	b := binary.BigEndian.AppendUint32(nil, 1|4)
	b = binary.BigEndian.AppendUint64(b, size)
	return binary.BigEndian.AppendUint32(b, mode)
}

// Read tells what a READ asks for.
func (r SFTPRequest) Read() (offset uint64, length uint32) {
	b := r.Body[4+binary.BigEndian.Uint32(r.Body):]
	return binary.BigEndian.Uint64(b), binary.BigEndian.Uint32(b[8:])
}

// Paths are the two strings that a RENAME begins with.
func (r SFTPRequest) Paths() (from, to string) {
	from = r.Path()
	b := r.Body[4+len(from):]
	return from, string(b[4 : 4+binary.BigEndian.Uint32(b)])
}

// Path is the first string of a request: a path or a handle.
func (r SFTPRequest) Path() string {
	return string(r.Body[4 : 4+binary.BigEndian.Uint32(r.Body)])
}

// answers writes in the background.
type answers struct {
	mu      sync.Mutex
	changed sync.Cond
	buf     []byte
	ended   bool
	done    chan struct{}
}

func newAnswers(w io.Writer) *answers {
	a := &answers{done: make(chan struct{})}
	a.changed.L = &a.mu
	go func() {
		defer close(a.done)
		for {
			b := a.take()
			if b == nil {
				return
			}
			if _, err := w.Write(b); err != nil {
				return
			}
		}
	}()
	return a
}

func (a *answers) add(b []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.buf = append(a.buf, b...)
	a.changed.Signal()
}

func (a *answers) take() []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.buf) == 0 && !a.ended {
		a.changed.Wait()
	}
	b := a.buf
	a.buf = nil
	return b
}

func (a *answers) close() {
	a.mu.Lock()
	a.ended = true
	a.changed.Signal()
	a.mu.Unlock()
	<-a.done
}
