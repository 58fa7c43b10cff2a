package sshcore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// Put writes what r has to a file in such a way that path holds either what it
// held before or all of the new, whatever happens: it writes to a part beside
// it, verifies that, and then renames it. It returns what Upload does; with
// that as t.Offset, and the same path, another Put resumes what failed. The
// part is kept for it; Part tells about one.
//
// If path is a link to a file, that file is replaced. A file that is replaced
// hands on its permissions, unless t.Mode says otherwise, and its owner where
// that is allowed.
func (s *SFTP) Put(ctx context.Context, path string, r io.Reader, t Transfer) (int64, error) {
	const op = "upload"
	target, old, err := s.target(ctx, path)
	if err != nil {
		return 0, failed(op, path, err)
	}
	part := partPath(target)
	mode := fs.FileMode(0o600) // nobody else's business until it is complete
	if old == nil && t.Mode == 0 {
		mode = 0 // as the server makes files
	}
	f, err := s.openPart(ctx, part, t.Offset, mode)
	if err != nil {
		return 0, err
	}
	u := newUpload(f, r, t)
	u.settle = func(ctx context.Context) error { return f.inherit(ctx, old, t.Mode) }
	n, err := u.run(ctx)
	if err == nil {
		err = s.Replace(ctx, part, target)
	}
	return n, failed(op, path, err)
}

// Part describes what a Put to path left behind: its path, and how long it is.
// It may have gaps behind what that Put had acknowledged. It fails with
// fs.ErrNotExist if there is none.
func (s *SFTP) Part(ctx context.Context, path string) (string, Entry, error) {
	target, _, err := s.target(ctx, path)
	if err != nil {
		return "", Entry{}, failed("part", path, err)
	}
	part := partPath(target)
	e, err := s.Lstat(ctx, part)
	if err == nil {
		err = failed("part", part, regular(e))
	}
	return part, e, err
}

func partPath(target string) string { return besides(target, ".part") }

// target is the file that path means, and what is known of it if it is there.
func (s *SFTP) target(ctx context.Context, path string) (string, *Entry, error) {
	e, err := s.Lstat(ctx, path)
	if err == nil && e.Mode&fs.ModeSymlink != 0 {
		// The link stays; a link to nowhere is refused rather than guessed at.
		if e, err = s.Stat(ctx, path); err != nil {
			return "", nil, err
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

// openPart opens a part: a new one, which nobody else has put there, or the
// one to resume.
func (s *SFTP) openPart(ctx context.Context, part string, offset int64, mode fs.FileMode) (*file, error) {
	const op = "upload"
	e, err := s.Lstat(ctx, part)
	switch {
	case errors.Is(err, fs.ErrNotExist) && offset > 0:
		return nil, failed(op, part, fmt.Errorf("%w: there is nothing to resume", ErrSizeMismatch))
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case offset > 0:
		if err := regular(e); err != nil {
			return nil, failed(op, part, err)
		}
		return s.open(ctx, op, part, fxfWrite, 0)
	default:
		if err := s.Remove(ctx, part); err != nil {
			return nil, err
		}
	}
	return s.open(ctx, op, part, fxfWrite|fxfCreate|fxfExcl, mode)
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
