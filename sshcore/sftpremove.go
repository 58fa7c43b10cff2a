package sshcore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

const (
	// maxDepth is how deeply nested a tree is believed to be.
	maxDepth = 64
	// maxRemoves is how many removals are on the way at a time.
	maxRemoves = 64
	// maxPasses is how often a directory is listed until it is empty: on some
	// systems a listing misses entries while others are removed.
	maxPasses = 3
)

// RemoveAll removes a file, or a directory with all that is in it. It removes
// links and never follows them. What is not there is no error. It stops at the
// first error, with ErrTooDeep and ErrTooMany for trees that cannot be
// believed.
//
// removed is told each path that is gone, from the caller's goroutine; nil is
// fine.
func (s *SFTP) RemoveAll(ctx context.Context, path string, removed func(path string)) error {
	const op = "remove"
	// With a slash at its end the name of a link means what it leads to.
	for len(path) > 1 && strings.HasSuffix(path, "/") {
		path = path[:len(path)-1]
	}
	if _, base := splitPath(path); !goodName(base) {
		return failed(op, path, fmt.Errorf("%w: not a name that can be removed", fs.ErrInvalid))
	}
	if removed == nil {
		removed = func(string) {}
	}
	m := &removal{s: s, removed: removed}
	err := m.tree(ctx, path, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return failed(op, path, err)
}

// removal is a RemoveAll on its way.
type removal struct {
	s       *SFTP
	removed func(string)
	count   int
}

// tree removes whatever is at path. It looks for itself whether that is a
// directory: some servers describe what a link leads to when they list it.
func (m *removal) tree(ctx context.Context, path string, depth int) error {
	e, err := m.s.Lstat(ctx, path)
	if err != nil {
		return err
	}
	if !e.IsDir() {
		return m.gone(path, m.s.Remove(ctx, path))
	}
	if depth > maxDepth {
		return failed("remove", path, ErrTooDeep)
	}
	for pass := 1; ; pass++ {
		if err := m.contents(ctx, path, depth); err != nil {
			return err
		}
		err := m.s.RemoveDir(ctx, path)
		if err == nil || pass == maxPasses || statusOf(err) == StatusOK || errors.Is(err, fs.ErrPermission) {
			return m.gone(path, err)
		}
	}
}

func (m *removal) gone(path string, err error) error {
	if err == nil {
		m.removed(path)
	}
	return err
}

// contents empties a directory while it is being listed, so that no listing
// has to be kept.
func (m *removal) contents(ctx context.Context, path string, depth int) error {
	d, err := m.s.OpenDir(ctx, path)
	if err != nil {
		return err
	}
	defer d.Close()
	for {
		batch, err := d.Next(ctx, maxRemoves)
		if err == io.EOF {
			return d.unlisted()
		}
		if err != nil {
			return err
		}
		if m.count += len(batch); m.count > maxEntries {
			return failed("remove", path, ErrTooMany)
		}
		if err := m.batch(ctx, path, batch, depth); err != nil {
			return err
		}
	}
}

// unlisted fails if entries were left out of a listing.
func (d *Dir) unlisted() error {
	if len(d.refused) > 0 {
		return failed("list", d.path, d.refused[0])
	}
	return nil
}

// batch removes entries: the files at once, the directories one by one.
func (m *removal) batch(ctx context.Context, dir string, batch []Entry, depth int) error {
	var flying []*request
	var paths []string
	var first error
	for _, e := range batch {
		path := childPath(dir, e.Name)
		if e.IsDir() || !e.Told.Has(ToldMode) {
			continue
		}
		r := newRequest(withStrings(fxpRemove, path))
		if first = m.s.c.start(ctx, r); first != nil {
			first = failed("remove", path, first)
			break
		}
		flying, paths = append(flying, r), append(paths, path)
	}
	for i, r := range flying {
		_, err := m.s.c.take(ctx, "remove", paths[i], r, fxpStatus)
		if err = m.gone(paths[i], err); err != nil && first == nil && !errors.Is(err, fs.ErrNotExist) {
			first = err
		}
	}
	for _, e := range batch {
		if first != nil {
			return first
		}
		if e.IsDir() || !e.Told.Has(ToldMode) {
			if err := m.tree(ctx, childPath(dir, e.Name), depth+1); !errors.Is(err, fs.ErrNotExist) {
				first = err
			}
		}
	}
	return first
}
