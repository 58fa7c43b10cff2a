//go:build js

package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"syscall/js"

	"github.com/wasmiko/wasmiko/sshcore"
	"github.com/wasmiko/wasmiko/wasm/wire"
)

// errShort reports an upload whose source ended too early or too late.
var errShort = errors.New("the source is not as long as it was said to be")

// transferError adds to the failure of a transfer how far it had come.
type transferError struct {
	done int64
	err  error
}

func (e *transferError) Error() string { return e.err.Error() }
func (e *transferError) Unwrap() error { return e.err }

// read downloads to the call's port.
func (f *files) read(ctx context.Context, p wire.SFTPRead, ports []js.Value) (wire.SFTPMoved, error) {
	if len(ports) != 1 {
		return wire.SFTPMoved{}, fmt.Errorf("sftpRead has %d ports instead of 1", len(ports))
	}
	out := newPort(ports[0])
	moved := wire.SFTPMoved{}
	n, err := f.download(ctx, p, out, &moved)
	if err != nil {
		err = &transferError{n, err}
		out.Reset(f.core.describe(err))
		return wire.SFTPMoved{}, err
	}
	out.CloseWrite()
	out.Reset(ended)
	moved.Bytes, moved.Size = n, p.Offset+n
	return moved, nil
}

// download tells in moved what the file is.
func (f *files) download(ctx context.Context, p wire.SFTPRead, out *port, moved *wire.SFTPMoved) (int64, error) {
	s, err := f.session(p.SFTP)
	if err != nil {
		return 0, err
	}
	t := sshcore.Transfer{Offset: p.Offset, Tail: p.Tail, Known: known(p), Progress: f.meter(p.Transfer)}
	t.Opened = func(e sshcore.Entry) {
		info := infoOfFile(&e)
		moved.Mode, moved.Mtime = info.Mode, info.Mtime
	}
	if p.Length != nil {
		if *p.Length <= 0 {
			return 0, nil
		}
		t.Length = *p.Length
	}
	stop := context.AfterFunc(ctx, func() { out.Reset(cancelled) })
	defer stop()
	if !p.Verify {
		return s.Download(ctx, string(p.Path), out, t)
	}
	sum := sha256.New()
	n, err := s.Download(ctx, string(p.Path), io.MultiWriter(out, sum), t)
	if err == nil {
		err = s.Matches(ctx, string(p.Path), sum.Sum(nil), p.Offset, n)
	}
	return n, err
}

// known is the file as the page has seen it before, or nil.
func known(p wire.SFTPRead) *sshcore.Entry {
	e := &sshcore.Entry{}
	if p.Size != nil {
		e.Size, e.Told = *p.Size, e.Told|sshcore.ToldSize
	}
	if p.Mtime != nil {
		e.Mtime, e.Told = timeOf(*p.Mtime), e.Told|sshcore.ToldTimes
	}
	return e
}

// write uploads what the call's port brings.
func (f *files) write(ctx context.Context, p wire.SFTPWrite, ports []js.Value) (wire.SFTPMoved, error) {
	if len(ports) != 1 {
		return wire.SFTPMoved{}, fmt.Errorf("sftpWrite has %d ports instead of 1", len(ports))
	}
	in := newPort(ports[0])
	in.CloseWrite()
	n, err := f.upload(ctx, p, in)
	if err != nil {
		err = &transferError{n, err}
		in.Reset(f.core.describe(err))
		return wire.SFTPMoved{}, err
	}
	in.Reset(ended)
	return wire.SFTPMoved{Bytes: n, Size: p.Offset + n}, nil
}

func (f *files) upload(ctx context.Context, p wire.SFTPWrite, in *port) (int64, error) {
	s, err := f.session(p.SFTP)
	if err != nil {
		return 0, err
	}
	// A Read that waits for the page is not ended by ctx.
	stop := context.AfterFunc(ctx, func() { in.Reset(cancelled) })
	defer stop()
	path := string(p.Path)
	src := &source{from: in}
	if p.Verify {
		src.sum = sha256.New()
	}
	if p.Skip > 0 {
		if err := compare(ctx, s, path, src, p); err != nil {
			return 0, err
		}
	}
	return f.put(ctx, s, path, src, p)
}

func (f *files) put(ctx context.Context, s *sshcore.SFTP, path string, src *source, p wire.SFTPWrite) (int64, error) {
	t := sshcore.Transfer{Offset: p.Offset, Mode: modeOf(p.Mode), New: !p.Overwrite, Again: p.Again, Progress: f.meter(p.Transfer)}
	if p.Verify {
		t.Check = func(ctx context.Context, there string) error {
			return s.Matches(ctx, there, src.sum.Sum(nil), 0, 0)
		}
	}
	if p.Mtime != nil {
		t.Mtime = timeOf(*p.Mtime)
	}
	if p.Size != nil {
		t.Size = *p.Size - p.Offset
		src.want = t.Size + p.Skip
		src.exact = true
	}
	if p.Atomic {
		return s.Put(ctx, path, src, t)
	}
	return s.Upload(ctx, path, src, t)
}

// source is what is uploaded: it keeps the checksum if there is to be one, and
// knows how long it should be.
type source struct {
	from  io.Reader
	sum   hash.Hash // or nil: it costs more than all the rest of an upload
	seen  int64
	want  int64
	exact bool // want is known
}

func (r *source) Read(b []byte) (int, error) {
	n, err := r.from.Read(b)
	r.seen += int64(n)
	if r.sum != nil {
		r.sum.Write(b[:n])
	}
	if r.exact && (r.seen > r.want || err == io.EOF && r.seen < r.want) {
		return n, errShort
	}
	return n, err
}

// compared is how much of what is there already is looked at before an upload
// goes on behind it.
const compared = 64 << 10

// compare reads what of the source is on the server already, and checks that
// the last of it is the same: the part of another file is not gone on with.
func compare(ctx context.Context, s *sshcore.SFTP, path string, src *source, p wire.SFTPWrite) error {
	last := make([]byte, min(p.Skip, compared))
	_, err := io.CopyN(io.Discard, src, p.Skip-int64(len(last)))
	if err == nil {
		_, err = io.ReadFull(src, last)
	}
	if err != nil {
		return &sshcore.SFTPError{Op: "upload", Path: path, Err: sourceEnd(err)}
	}
	there := path
	if p.Atomic {
		if there, _, err = s.Part(ctx, path); err != nil {
			return err
		}
	}
	var have bytes.Buffer
	from := sshcore.Transfer{Offset: p.Offset - int64(len(last)), Length: int64(len(last))}
	if _, err := s.Download(ctx, there, &have, from); err != nil {
		return err
	}
	if !bytes.Equal(have.Bytes(), last) {
		return &sshcore.SFTPError{Op: "part", Path: there, Err: sshcore.ErrPartDiffers}
	}
	return nil
}

func sourceEnd(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errShort
	}
	return err
}
