package sshcore

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"time"
)

// Stat describes a file, following links.
func (s *SFTP) Stat(ctx context.Context, name string) (Entry, error) {
	return s.describe(ctx, "stat", name, withStrings(fxpStat, name))
}

// Lstat describes a file, or a link itself.
func (s *SFTP) Lstat(ctx context.Context, name string) (Entry, error) {
	return s.describe(ctx, "lstat", name, withStrings(fxpLstat, name))
}

func (s *SFTP) describe(ctx context.Context, op, name string, packet []byte) (Entry, error) {
	r := newRequest(packet)
	if err := s.c.start(ctx, r); err != nil {
		return Entry{}, failed(op, name, err)
	}
	return s.takeEntry(ctx, op, name, r)
}

// takeEntry waits for the attributes that a started request asked for.
func (s *SFTP) takeEntry(ctx context.Context, op, name string, r *request) (Entry, error) {
	f, err := s.c.take(ctx, op, name, r, fxpAttrs)
	if err != nil {
		if e := (*SFTPError)(nil); errors.As(err, &e) && e.Status == StatusBadMessage && s.tooLong(ctx, name) {
			e.Err = ErrNameTooLong
		}
		return Entry{}, err
	}
	e := f.takeAttrs()
	e.Name = path.Base(name)
	if f.bad {
		return Entry{}, failed(op, name, s.c.broken("attributes that are cut off"))
	}
	return e, nil
}

// file is an open file on the server.
type file struct {
	s        *SFTP
	op, name string // for errors
	handle   string
}

// open opens a file for op. A new one gets mode, unless that is 0.
func (s *SFTP) open(ctx context.Context, op, name string, flags uint32, mode fs.FileMode) (*file, error) {
	p := putMode(putUint32(withStrings(fxpOpen, name), flags), mode)
	handle, err := s.openHandle(ctx, op, name, p)
	if err != nil {
		return nil, err
	}
	return &file{s: s, op: op, name: name, handle: handle}, nil
}

// openHandle opens a file or a directory. If ctx ends first, the handle is
// closed when it comes.
func (s *SFTP) openHandle(ctx context.Context, op, name string, packet []byte) (string, error) {
	r := newRequest(packet)
	r.late = func(kind byte, body []byte) {
		if kind == fxpHandle {
			f := fields{rest: body}
			s.c.leave(withStrings(fxpClose, f.string()))
		}
	}
	f, err := s.c.ask(ctx, op, name, r, fxpHandle)
	if err != nil {
		return "", s.explain(ctx, err)
	}
	handle := f.string()
	// Section 6.2 bounds handles, which come back with each request.
	if f.bad || len(handle) > 256 {
		return "", failed(op, name, s.c.broken("a handle that is none"))
	}
	return handle, nil
}

func (f *file) statRequest() *request { return newRequest(withStrings(fxpFstat, f.handle)) }

func (f *file) stat(ctx context.Context) (Entry, error) {
	r := f.statRequest()
	if err := f.s.c.start(ctx, r); err != nil {
		return Entry{}, failed(f.op, f.name, err)
	}
	return f.s.takeEntry(ctx, f.op, f.name, r)
}

// do sends a request that is answered with a status.
func (f *file) do(ctx context.Context, packet []byte) error {
	_, err := f.s.c.ask(ctx, f.op, f.name, newRequest(packet), fxpStatus)
	return err
}

func (f *file) truncate(ctx context.Context, size int64) error {
	return f.do(ctx, putUint64(putUint32(withStrings(fxpFsetstat, f.handle), attrSize), uint64(size)))
}

func (f *file) setTimes(ctx context.Context, t time.Time) error {
	return f.do(ctx, putTimes(withStrings(fxpFsetstat, f.handle), t, t))
}

func putTimes(p []byte, atime, mtime time.Time) []byte {
	return putUint32(putUint32(putUint32(p, attrTimes), posixTime(atime)), posixTime(mtime))
}

func (f *file) sync(ctx context.Context) error {
	return f.do(ctx, putString(extended(extFsync), f.handle))
}

// close closes the file and takes the server's word on it: some file systems
// tell only then that they could not write.
func (f *file) close(ctx context.Context) error { return f.do(ctx, withStrings(fxpClose, f.handle)) }

// drop closes the file without waiting.
func (f *file) drop() { f.s.c.leave(withStrings(fxpClose, f.handle)) }
