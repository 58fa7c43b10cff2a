package sshcore

import (
	"context"
	"errors"
	"io"
	"io/fs"
)

// Walk calls visit for root and all that is below it, a directory before what
// is in it, in the server's order. It never follows links. A tree of more than
// a million entries, or more than 64 deep, is not believed.
//
// visit is given an error, with what is known of the entry, for a directory
// that cannot be listed, and a *NameError, with the directory's path, for each
// name in it that is refused; it may return nil to go on. Returning fs.SkipDir leaves a directory out, fs.SkipAll ends the walk.
// Any other error ends it and is returned.
func (s *SFTP) Walk(ctx context.Context, root string, visit func(path string, e Entry, err error) error) error {
	w := &walk{s: s, visit: visit}
	e, err := s.Lstat(ctx, root)
	if err != nil {
		err = visit(root, e, err)
	} else {
		err = w.tree(ctx, root, e, 0)
	}
	if err == fs.SkipAll || err == fs.SkipDir {
		return nil
	}
	return err
}

// walk is a Walk on its way.
type walk struct {
	s     *SFTP
	visit func(string, Entry, error) error
	count int
}

func (w *walk) tree(ctx context.Context, path string, e Entry, depth int) error {
	if w.count++; w.count > maxEntries {
		return failed("walk", path, ErrTooMany)
	}
	if err := w.visit(path, e, nil); err != nil || !e.IsDir() {
		return err
	}
	if depth > maxDepth {
		return failed("walk", path, ErrTooDeep)
	}
	d, err := w.s.OpenDir(ctx, path)
	if err != nil {
		return w.visit(path, e, err)
	}
	defer d.Close()
	for {
		batch, err := d.Next(ctx, 256)
		if err == io.EOF {
			return w.refused(d)
		}
		if err != nil {
			return w.stopped(ctx, path, e, err)
		}
		for _, child := range batch {
			if err := w.child(ctx, childPath(path, child.Name), child, depth+1); err != nil {
				return err
			}
		}
	}
}

// child visits an entry of a directory. That it is a directory itself has to
// be seen: some servers describe what a link leads to when they list it.
func (w *walk) child(ctx context.Context, path string, e Entry, depth int) error {
	if e.IsDir() || !e.Told.Has(ToldMode) {
		seen, err := w.s.Lstat(ctx, path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // removed meanwhile
		case err != nil:
			return w.stopped(ctx, path, e, err)
		}
		seen.Owner, seen.Group = e.Owner, e.Group
		e = seen
	}
	err := w.tree(ctx, path, e, depth)
	if err == fs.SkipDir && e.IsDir() {
		return nil
	}
	return err
}

// stopped lets visit decide about an error of one entry. The end of ctx, or of
// the session, is no such thing.
func (w *walk) stopped(ctx context.Context, path string, e Entry, err error) error {
	if ctx.Err() != nil || w.s.Err() != nil || errors.Is(err, ErrTooMany) {
		return err
	}
	return w.visit(path, e, err)
}

func (w *walk) refused(d *Dir) error {
	for _, bad := range d.refused {
		if err := w.visit(d.path, Entry{}, bad); err != nil {
			return err
		}
	}
	return nil
}
