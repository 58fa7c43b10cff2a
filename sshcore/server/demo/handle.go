package demo

import (
	"errors"
	"io/fs"
	"sync"
)

// handle is an open file.
type handle struct {
	t      *tree
	n      *node
	append bool
	close  sync.Once
}

// opening is how a file is to be opened.
type opening struct{ write, create, exclusive, truncate, append bool }

// openFile opens the file at p, making it if that was asked for.
func (t *tree) openFile(p string, how opening) (*handle, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open >= maxOpenFiles {
		return nil, errBusy
	}
	n, err := t.find(p, true)
	switch {
	case err == nil && how.create && how.exclusive:
		return nil, fs.ErrExist
	case errors.Is(err, fs.ErrNotExist) && how.create:
		n = &node{mode: 0o644, content: newBlocks()}
		err = t.create(p, n)
	}
	switch {
	case err != nil:
		return nil, err
	case n.mode.IsDir():
		return nil, errIsDir
	case how.write && n.fixed:
		return nil, fs.ErrPermission
	}
	if b, ok := n.content.(*blocks); ok && how.write && how.truncate {
		t.bytes -= b.truncate(0)
		n.modified = t.now()
	}
	n.handles++
	t.open++
	return &handle{t: t, n: n, append: how.append}, nil
}

// ReadAt implements io.ReaderAt.
func (h *handle) ReadAt(p []byte, off int64) (int, error) {
	if _, changing := h.n.content.(*blocks); changing {
		h.t.mu.RLock()
		defer h.t.mu.RUnlock()
	}
	return h.n.content.readAt(p, off)
}

// WriteAt implements io.WriterAt.
func (h *handle) WriteAt(p []byte, off int64) (int, error) {
	h.t.mu.Lock()
	defer h.t.mu.Unlock()
	b, ok := h.n.content.(*blocks)
	if !ok || h.n.fixed {
		return 0, fs.ErrPermission
	}
	if h.append {
		off = b.length
	}
	if off < 0 || off > maxFileSize-int64(len(p)) {
		return 0, errNoSpace
	}
	more := b.need(len(p), off)
	if h.t.bytes+more > maxTreeBytes {
		return 0, errNoSpace
	}
	h.t.bytes += more
	b.writeAt(p, off)
	h.n.modified = h.t.now()
	return len(p), nil
}

// Close implements io.Closer.
func (h *handle) Close() error {
	h.close.Do(func() {
		h.t.mu.Lock()
		defer h.t.mu.Unlock()
		h.t.open--
		h.n.handles--
		h.t.collect(h.n)
	})
	return nil
}

// resize sets the length of the file at p.
func (t *tree) resize(p string, length int64) error {
	return t.change(p, func(n *node) error {
		b, ok := n.content.(*blocks)
		switch {
		case !ok:
			return errIsDir
		case length < 0 || length > maxFileSize:
			return errNoSpace
		}
		t.bytes -= b.truncate(length)
		n.modified = t.now()
		return nil
	})
}

// change lets f change the node at p, unless it belongs to the board.
func (t *tree) change(p string, f func(*node) error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, err := t.find(p, true)
	switch {
	case err != nil:
		return err
	case n.fixed:
		return fs.ErrPermission
	}
	return f(n)
}
