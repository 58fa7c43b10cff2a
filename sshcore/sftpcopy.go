package sshcore

import (
	"context"
	"fmt"
)

// copyStep is how much one copy-data request copies: the server answers, and
// can be interrupted, between two of them.
const copyStep = 32 << 20

// Copy copies a file on the server to a new one, with its permissions, without
// its bytes coming here. It fails with errors.ErrUnsupported if the server does
// not offer copy-data, and with fs.ErrExist if to is there. It leaves nothing
// under that name if it fails. progress may be nil.
func (s *SFTP) Copy(ctx context.Context, from, to string, progress func(done, total int64)) error {
	const op = "copy"
	if err := s.needs(op, from, extCopyData); err != nil {
		return err
	}
	e, err := s.describe(ctx, op, from, withStrings(fxpStat, from))
	if err != nil {
		return err
	}
	if err := regular(e); err != nil {
		return failed(op, from, err)
	}
	src, err := s.open(ctx, op, from, fxfRead, 0)
	if err != nil {
		return err
	}
	defer src.drop()
	dst, err := s.open(ctx, op, to, fxfWrite|fxfCreate|fxfExcl, e.Mode.Perm()|0o200)
	if err != nil {
		return s.explainNew(ctx, to, err)
	}
	c := &copying{src: src, dst: dst, size: e.Size, progress: progress}
	if err = c.run(ctx); err == nil {
		err = dst.do(ctx, putMode(withStrings(fxpFsetstat, dst.handle), e.Mode.Perm()))
	}
	if err != nil {
		dst.drop()
		s.c.leave(withStrings(fxpRemove, to))
		return err
	}
	return dst.close(ctx)
}

// copying is a Copy on its way.
type copying struct {
	src, dst *file
	size     int64
	progress func(done, total int64)
}

func (c *copying) run(ctx context.Context) error {
	for done := int64(0); done < c.size; {
		n := min(copyStep, c.size-done)
		// PROTOCOL of OpenSSH, section 4.10; a length of 0 would be all the rest.
		p := putString(extended(extCopyData), c.src.handle)
		p = putUint64(putUint64(p, uint64(done)), uint64(n))
		p = putUint64(putString(p, c.dst.handle), uint64(done))
		if err := c.dst.do(ctx, p); err != nil {
			return err
		}
		if done += n; c.progress != nil {
			c.progress(done, c.size)
		}
	}
	after, err := c.dst.stat(ctx)
	if err == nil && after.Told.Has(ToldSize) && after.Size != c.size {
		err = failed("copy", c.src.name, fmt.Errorf("%w: %d bytes of %d arrived", ErrChanged, after.Size, c.size))
	}
	return err
}
