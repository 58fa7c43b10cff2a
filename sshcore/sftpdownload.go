package sshcore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
)

// Download writes a file, or a part of it, to w, in order, and returns how much
// was written. Many reads are on the way at a time; while w does not take what
// came, no more are sent, so that at most 4 MiB are in memory.
//
// It moves what the file holds when it is opened. It fails with ErrChanged if
// the file turns out shorter, or was written to meanwhile, after what was
// there has been written; and with ErrNotRegular before anything is read from
// what is no file. A file that says that it is empty, as those of /proc do, is
// read to its end.
func (s *SFTP) Download(ctx context.Context, path string, w io.Writer, t Transfer) (int64, error) {
	const op = "download"
	e, err := s.describe(ctx, op, path, withStrings(fxpStat, path))
	if err != nil {
		return 0, s.explain(ctx, err)
	}
	if err := regular(e); err != nil {
		return 0, failed(op, path, err)
	}
	f, err := s.open(ctx, op, path, fxfRead, 0)
	if err != nil {
		return 0, err
	}
	defer f.drop()
	d := &download{file: f, w: w, t: t, chunk: chunk(readSize, s.limits.Read), next: t.Offset}
	d.ring = newRing(d.chunk, readFlight)
	defer d.ring.abandon(s.c)
	if int64(len(t.Tail)) > t.Offset {
		return 0, failed(op, path, fmt.Errorf("%w: a tail of more than there is", fs.ErrInvalid))
	}
	n, err := d.run(ctx, e)
	return n, failed(op, path, err)
}

// regular fails for what must not be opened like a file. A server that does
// not tell types is believed to have files only.
func regular(e Entry) error {
	switch {
	case e.Mode.IsDir():
		return fmt.Errorf("%w: %w", ErrNotRegular, ErrIsDir)
	case e.Mode&fs.ModeNamedPipe != 0:
		return fmt.Errorf("%w: a FIFO", ErrNotRegular)
	case e.Mode&fs.ModeSocket != 0:
		return fmt.Errorf("%w: a socket", ErrNotRegular)
	case e.Mode&fs.ModeDevice != 0:
		return fmt.Errorf("%w: a device", ErrNotRegular)
	case !e.Mode.IsRegular():
		return ErrNotRegular
	}
	return nil
}

// download is a Download on its way.
type download struct {
	*file
	w     io.Writer
	t     Transfer
	ring  ring
	chunk int

	before Entry    // when the file was opened
	after  *request // for what it is in the end, where that was asked for ahead; or nil
	next   int64    // offset of the next request
	end    int64    // offset at which to stop
	exact  bool     // end is known, not only a bound
	done   int64
	eof    bool
}

// run moves a file that e described before it was opened.
func (d *download) run(ctx context.Context, e Entry) (int64, error) {
	stat := d.statRequest()
	err := d.s.c.start(ctx, stat)
	if err == nil {
		err = d.ahead(ctx, e)
	}
	if err != nil {
		return 0, err
	}
	if d.before, err = d.s.takeEntry(ctx, d.op, d.name, stat); err != nil {
		return 0, err
	}
	if d.before.Size != e.Size {
		d.retract()
	}
	if err := regular(d.before); err != nil { // another one than before
		return 0, err
	}
	if d.before.Told.Has(ToldSize) && d.before.Size > 0 && d.t.Offset > d.before.Size {
		return 0, fmt.Errorf("%w: %d bytes, too few to resume at %d", ErrSizeMismatch, d.before.Size, d.t.Offset)
	}
	if d.t.Opened != nil {
		d.t.Opened(d.before)
	}
	if err := d.recognize(ctx); err != nil {
		return 0, err
	}
	d.bound()
	d.t.progress(0, d.total())
	if err := d.pump(ctx); err != nil {
		return d.done, err
	}
	return d.done, d.verify(ctx)
}

// ahead asks for the first bytes of the file that e describes before it is known
// to be what was opened, and if those are all, for what it is behind them. So a
// small file takes one round trip for what would be three: requests for one file
// are served in their order.
func (d *download) ahead(ctx context.Context, e Entry) error {
	d.before = e
	if d.bound(); !d.exact || len(d.t.Tail) > 0 {
		return nil
	}
	if err := d.send(ctx); err != nil || d.next < d.end {
		return err
	}
	d.after = d.statRequest()
	return d.s.c.start(ctx, d.after)
}

// retract forgets what was asked for ahead: it is another file that was opened.
func (d *download) retract() {
	d.ring.abandon(d.s.c)
	d.next, d.after, d.exact = d.t.Offset, nil, false
}

// pump moves all that is to be moved.
func (d *download) pump(ctx context.Context) error {
	for {
		if err := d.send(ctx); err != nil {
			return err
		}
		if len(d.ring.flying) == 0 {
			return nil
		}
		if err := d.receive(ctx); err != nil {
			return err
		}
	}
}

// recognize fails if the file is not the one that an earlier download knew.
func (d *download) recognize(ctx context.Context) error {
	if k := d.t.Known; k != nil && (k.Told.Has(ToldSize) && k.Size != d.before.Size || k.Told.Has(ToldTimes) && !k.Mtime.Equal(d.before.Mtime)) {
		return fmt.Errorf("%w: since an earlier download of it", ErrChanged)
	}
	if len(d.t.Tail) == 0 {
		return nil
	}
	var have bytes.Buffer
	t := Transfer{Offset: d.t.Offset - int64(len(d.t.Tail)), Length: int64(len(d.t.Tail))}
	c := &download{file: d.file, w: &have, t: t, chunk: d.chunk, next: t.Offset, before: d.before}
	c.ring = newRing(c.chunk, readFlight)
	defer c.ring.abandon(d.s.c)
	c.bound()
	if err := c.pump(ctx); err != nil {
		return err
	}
	if !bytes.Equal(have.Bytes(), d.t.Tail) {
		return ErrPartDiffers
	}
	return nil
}

// bound decides where the download ends.
func (d *download) bound() {
	d.end = math.MaxInt64
	if d.before.Told.Has(ToldSize) && d.before.Size > 0 {
		d.end, d.exact = d.before.Size, true
	}
	if d.t.Length > 0 && d.t.Length < d.end-d.t.Offset {
		d.end = d.t.Offset + d.t.Length
	}
}

func (d *download) total() int64 {
	if d.exact {
		return d.end - d.t.Offset
	}
	return -1
}

// send sends as many reads as may fly.
func (d *download) send(ctx context.Context) error {
	for !d.eof && d.next < d.end && !d.ring.full() {
		p := d.ring.piece()
		p.offset, p.have = d.next, 0
		p.want = int(min(int64(d.chunk), d.end-d.next))
		if cap(p.memory) < p.want {
			p.memory = make([]byte, p.want)
		}
		if err := d.ask(ctx, p); err != nil {
			return err
		}
		d.ring.flying = append(d.ring.flying, p)
		d.next += int64(p.want)
	}
	return nil
}

// ask asks for what is missing in a piece.
func (d *download) ask(ctx context.Context, p *piece) error {
	b := append(p.packet[:0], newPacket(fxpRead)...)
	b = putUint64(putString(b, d.handle), uint64(p.offset)+uint64(p.have))
	p.packet = putUint32(b, uint32(p.want-p.have))
	p.into = p.memory[p.have:p.want]
	return d.s.c.start(ctx, p.request)
}

// receive takes the answer to the oldest read and writes what is whole.
func (d *download) receive(ctx context.Context) error {
	p := d.ring.flying[0]
	_, err := d.s.c.take(ctx, d.op, d.name, p.request, fxpData)
	switch {
	case err != nil && statusOf(err) == StatusEOF:
		d.eof = true
	case err != nil:
		return err
	default:
		p.have += len(p.body)
		if p.have < p.want && !d.eof {
			// Less than asked for is no end, section 6.4, yet it may be all that
			// this server ever sends at once.
			d.chunk = max(min(d.chunk, len(p.body)), 512)
			d.after = nil // of before the rest is read
			return d.ask(ctx, p)
		}
	}
	if d.eof && d.done != p.offset-d.t.Offset { // beyond what an earlier one had
		d.ring.land()
		return nil
	}
	if err := d.write(p.memory[:p.have]); err != nil {
		return err
	}
	d.ring.land()
	return nil
}

func (d *download) write(b []byte) error {
	n, err := d.w.Write(b)
	d.done += int64(n)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	if err == nil && n > 0 {
		d.t.progress(d.done, d.total())
	}
	return err
}

// verify tells whether what was read is what the file holds.
func (d *download) verify(ctx context.Context) error {
	if d.exact && d.t.Offset+d.done != d.end {
		return fmt.Errorf("%w: it ended after %d bytes of %d", ErrChanged, d.t.Offset+d.done, d.end)
	}
	after, err := d.last(ctx)
	switch {
	case err != nil && errors.Is(err, fs.ErrNotExist): // some servers, once it is removed
		return nil
	case err != nil:
		return err
	case d.exact && after.Size != d.before.Size:
		return fmt.Errorf("%w: it had %d bytes and now has %d", ErrChanged, d.before.Size, after.Size)
	case d.exact && !after.Mtime.Equal(d.before.Mtime):
		return ErrChanged
	}
	return nil
}

// last tells what the file is once it is read.
func (d *download) last(ctx context.Context) (Entry, error) {
	if d.after == nil {
		return d.stat(ctx)
	}
	return d.s.takeEntry(ctx, d.op, d.name, d.after)
}
