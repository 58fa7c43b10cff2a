package sshcore

import (
	"context"
	"errors"
	"io"
	"io/fs"
)

// Put writes what r has to a file in such a way that path holds either what it
// held before or all of the new, whatever happens: it writes to a part beside
// it, verifies that, and then renames it. It returns what Upload does; with
// that as t.Offset, and the same path, another Put resumes what failed; if nothing
// was acknowledged, it begins anew and wants t.Again. The part is kept for it,
// unless t.Check found it to be wrong; Part tells about one.
//
// If path is a link to a file, that file is replaced. A file that is replaced
// hands on its permissions, unless t.Mode says otherwise, and its owner where
// that is allowed. With t.New nothing is replaced, not even what came meanwhile.
func (s *SFTP) Put(ctx context.Context, path string, r io.Reader, t Transfer) (int64, error) {
	const op = "upload"
	target, old, err := s.targetOf(ctx, path, t.New)
	if err != nil {
		return 0, failed(op, path, err)
	}
	mode := fs.FileMode(0o600) // nobody else's business until it is complete
	if old == nil && t.Mode == 0 {
		mode = 0 // as the server makes files
	}
	p, err := s.openPart(ctx, target, t, mode)
	if err != nil {
		return 0, err
	}
	defer p.done()
	u := newUpload(p.file, r, t)
	u.settle = func(ctx context.Context) error { return p.inherit(ctx, old, t.Mode) }
	u.look = t.Check == nil && !s.shell // which serves names out of turn
	n, err := u.run(ctx)
	if err == nil {
		err = p.land(ctx, u, target, t)
	}
	if err != nil {
		p.abandon()
	}
	return n, failed(op, path, err)
}

// targetOf is target, which must not be there if it has to be new.
func (s *SFTP) targetOf(ctx context.Context, path string, isNew bool) (string, *Entry, error) {
	if !isNew {
		return s.target(ctx, path)
	}
	_, err := s.Lstat(ctx, path)
	switch {
	case err == nil:
		return "", nil, fs.ErrExist
	case errors.Is(err, fs.ErrNotExist):
		return path, nil, nil
	}
	return "", nil, err
}

// target is the file that path means, and what is known of it if it is there.
func (s *SFTP) target(ctx context.Context, path string) (string, *Entry, error) {
	e, err := s.Lstat(ctx, path)
	if err == nil && e.Mode&fs.ModeSymlink != 0 {
		// The link stays; a link to nowhere is refused rather than guessed at.
		if e, err = s.describe(ctx, "upload", path, withStrings(fxpStat, path)); err != nil {
			return "", nil, s.explain(ctx, err)
		}
		if path, err = s.RealPath(ctx, path); err != nil {
			return "", nil, err
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return path, nil, nil
	}
	if err == nil {
		err = regular(e)
	}
	return path, &e, err
}

// inherit gives a file, which is about to replace old, what old has.
func (f *file) inherit(ctx context.Context, old *Entry, mode fs.FileMode) error {
	if old != nil && mode == 0 {
		mode = old.Mode
	}
	if old != nil && old.Told.Has(ToldOwner) {
		kept, err := f.keepOwner(ctx, old)
		if err != nil {
			return err
		}
		if !kept { // nobody gets another's rights to run it as us
			mode &^= fs.ModeSetuid | fs.ModeSetgid
		}
	}
	if mode == 0 && (old == nil || !old.Told.Has(ToldMode)) {
		return nil
	}
	// After the owner, whose change takes the bits above away.
	return f.do(ctx, putUint32(putUint32(withStrings(fxpFsetstat, f.handle), attrMode), posixMode(mode)))
}

// keepOwner gives a file old's owner and group, if that is allowed.
func (f *file) keepOwner(ctx context.Context, old *Entry) (bool, error) {
	now, err := f.stat(ctx)
	if err != nil || now.UID == old.UID && now.GID == old.GID {
		return err == nil, err
	}
	err = f.do(ctx, putOwner(withStrings(fxpFsetstat, f.handle), old.UID, old.GID))
	if statusOf(err) != StatusOK {
		return false, nil
	}
	return err == nil, err
}
