package sshcore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// Upload writes what r has to a file, at t.Offset, and returns how much of it
// the server has acknowledged without a gap, also when it fails: from Offset
// plus that an upload can be resumed. Mode is for a file that is new; zero
// leaves it to the server. At offset 0 it empties a file that is there; see
// Put for one that does not harm it before the new one is whole.
//
// Many writes are on the way at a time, 2 MiB at most. On success the file's
// size has been verified, or ErrSizeMismatch is returned.
//
// r is read in the caller's goroutine, and the end of ctx does not interrupt
// its Read.
func (s *SFTP) Upload(ctx context.Context, path string, r io.Reader, t Transfer) (int64, error) {
	const op = "upload"
	// Opening a FIFO would wait for its reader.
	e, err := s.describe(ctx, op, path, withStrings(fxpStat, path))
	switch {
	case err == nil && t.New:
		return 0, failed(op, path, fs.ErrExist)
	case err == nil:
		if err := regular(e); err != nil {
			return 0, failed(op, path, err)
		}
	case statusOf(err) == StatusOK:
		return 0, err
	}
	flags := uint32(fxfWrite)
	switch {
	case t.New:
		flags |= fxfCreate | fxfExcl
	case t.Offset == 0:
		flags |= fxfCreate | fxfTrunc
	}
	f, err := s.open(ctx, op, path, flags, t.Mode)
	if err != nil {
		return 0, err
	}
	n, err := newUpload(f, r, t).run(ctx)
	if err == nil && t.Check != nil {
		err = t.Check(ctx, path)
	}
	return n, failed(op, path, err)
}

// upload is an Upload on its way.
type upload struct {
	*file
	r     io.Reader
	t     Transfer
	ring  ring
	chunk int

	old         int64 // size of the file that is resumed
	sent, acked int64 // from t.Offset on
	eof         bool
	gap         bool  // a write has failed
	whole       Entry // of the file, once all was verified
	look        bool  // and at what its name leads to then
	named       *Entry

	// settle is called when all has been acknowledged; or nil.
	settle func(context.Context) error
}

func newUpload(f *file, r io.Reader, t Transfer) *upload {
	size := f.s.limits.writes()
	return &upload{file: f, r: r, t: t, chunk: size, ring: newRing(size, writeFlight)}
}

func (u *upload) run(ctx context.Context) (int64, error) {
	err := u.seek(ctx)
	if err != nil {
		u.drop()
		return 0, err
	}
	u.t.progress(0, u.total())
	if err = u.copy(ctx); err == nil {
		err = u.finish(ctx)
	}
	if err != nil {
		err = u.explain(ctx, err) // first, for tidying up makes room
		u.tidy(ctx)
		return u.acked, err
	}
	return u.acked, u.explain(ctx, u.conclude(ctx))
}

func (u *upload) total() int64 {
	if u.t.Size > 0 {
		return u.t.Size
	}
	return -1
}

// seek sees to it that the file reaches to the offset. What lies behind it may
// have gaps and is written over, not cut off first: if the session is lost with
// that request, a server that is busy may serve it when another session has
// written there, and leave a hole.
func (u *upload) seek(ctx context.Context) error {
	if u.t.Offset == 0 {
		return nil
	}
	e, err := u.stat(ctx)
	switch {
	case err != nil:
		return err
	case !e.Told.Has(ToldSize) || e.Size < u.t.Offset:
		return fmt.Errorf("%w: %d bytes, too few to resume at %d", ErrSizeMismatch, e.Size, u.t.Offset)
	}
	u.old = e.Size
	return nil
}

// copy sends all that r has, and waits for all answers.
func (u *upload) copy(ctx context.Context) error {
	for {
		for !u.eof && !u.ring.full() {
			if err := u.send(ctx); err != nil {
				return err
			}
		}
		if len(u.ring.flying) == 0 {
			return nil
		}
		if err := u.receive(ctx); err != nil {
			return err
		}
	}
}

// send reads a piece and sends it. A short one, at the end of what r has for
// now, is sent at once.
func (u *upload) send(ctx context.Context) error {
	p := u.ring.piece()
	p.offset = u.t.Offset + u.sent
	b := append(p.packet[:0], newPacket(fxpWrite)...)
	b = putUint64(putString(b, u.handle), uint64(p.offset))
	head, room := len(b)+4, u.room()
	if cap(b) < head+room {
		b = append(make([]byte, 0, head+room), b...)
	}
	n, err := io.ReadFull(u.r, b[head:head+room])
	p.packet, p.have = append(putUint32(b, uint32(n)), b[head:head+n]...), n
	switch {
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		u.eof = true
	case err != nil:
		return err
	}
	if n == 0 {
		return nil
	}
	if err := u.s.c.start(ctx, p.request); err != nil {
		return err
	}
	u.sent += int64(n)
	u.ring.flying = append(u.ring.flying, p)
	return nil
}

// room is how much to read at once: a small file needs no large piece of memory,
// and one byte more than is left shows that it has ended.
func (u *upload) room() int {
	if left := u.t.Size - u.sent; u.t.Size > 0 && left >= 0 && left < int64(u.chunk) {
		return int(left) + 1
	}
	return u.chunk
}

// receive takes the answer to the oldest write. After one that failed, nothing
// counts any more.
func (u *upload) receive(ctx context.Context) error {
	p := u.ring.flying[0]
	_, err := u.s.c.take(ctx, u.op, u.name, p.request, fxpStatus)
	if err != nil && statusOf(err) == StatusOK {
		return err // ctx or the session ended
	}
	u.ring.land()
	if u.gap = u.gap || err != nil; u.gap {
		return err
	}
	u.acked += int64(p.have)
	u.t.progress(u.acked, u.total())
	return nil
}

// finish gives the file what else it should have, and no more.
func (u *upload) finish(ctx context.Context) error {
	if end := u.t.Offset + u.acked; u.old > end {
		if err := u.truncate(ctx, end); err != nil {
			return err
		}
	}
	if u.settle != nil {
		if err := u.settle(ctx); err != nil {
			return err
		}
	}
	if u.t.Sync && u.s.Offers(extFsync) {
		if err := u.sync(ctx); err != nil {
			return err
		}
	}
	if !u.t.Mtime.IsZero() {
		if err := u.setTimes(ctx, u.t.Mtime); err != nil {
			return err
		}
	}
	return nil
}

// conclude asks what the file is, closes it, and looks what its name leads to, in
// one round trip: requests for one file are served in their order.
func (u *upload) conclude(ctx context.Context) error {
	stat, closing := u.statRequest(), newRequest(withStrings(fxpClose, u.handle))
	for _, r := range []*request{stat, closing} {
		if err := u.s.c.start(ctx, r); err != nil {
			u.drop()
			return err
		}
	}
	looking := newRequest(withStrings(fxpLstat, u.name))
	looks := u.look && u.s.c.start(ctx, looking) == nil
	_, closed := u.s.c.take(ctx, u.op, u.name, closing, fxpStatus)
	e, err := u.s.takeEntry(ctx, u.op, u.name, stat)
	switch {
	case err != nil:
		return err
	case closed != nil:
		return closed
	}
	if want := u.t.Offset + u.acked; e.Told.Has(ToldSize) && e.Size != want {
		return fmt.Errorf("%w: %d bytes instead of %d", ErrSizeMismatch, e.Size, want)
	}
	u.whole = e
	if looks {
		if now, err := u.s.takeEntry(ctx, u.op, u.name, looking); err == nil {
			u.named = &now
		}
	}
	return nil
}

// tidy leaves a failed upload so that its file ends with what was acknowledged,
// if that can be had. When ctx has ended, nothing is waited for: what is on its
// way then may still arrive, and an upload that resumes writes over it.
func (u *upload) tidy(ctx context.Context) {
	defer u.drop()
	defer u.ring.abandon(u.s.c)
	for len(u.ring.flying) > 0 {
		if err := u.receive(ctx); err != nil && statusOf(err) == StatusOK {
			return
		}
	}
	if u.gap {
		u.truncate(ctx, u.t.Offset+u.acked)
	}
}

// explain finds out whether a write failed for want of space: version 3 has no
// status for it.
func (u *upload) explain(ctx context.Context, err error) error {
	var e *SFTPError
	if !errors.As(err, &e) || e.Status != StatusFailure || ctx.Err() != nil {
		return err
	}
	e.Err = u.s.full(ctx, u.name, writeFlight) // what flies would fill that
	return err
}
