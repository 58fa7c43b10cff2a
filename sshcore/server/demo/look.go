package demo

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// stat describes the node at p.
func (t *tree) stat(p string, follow bool) (info, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	n, err := t.find(p, follow)
	if err != nil {
		return info{}, err
	}
	return n.info(path.Base(path.Clean("/" + p))), nil
}

// list describes what is in the directory at p, by name.
func (t *tree) list(p string) ([]info, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	n, err := t.find(p, true)
	if err != nil {
		return nil, err
	}
	if !n.mode.IsDir() {
		return nil, errNotDir
	}
	infos := make([]info, 0, len(n.children))
	for name, child := range n.children {
		infos = append(infos, child.info(name))
	}
	slices.SortFunc(infos, func(a, b info) int { return strings.Compare(a.name, b.name) })
	return infos, nil
}

// readlink returns where a symbolic link points.
func (t *tree) readlink(p string) (string, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	n, err := t.find(p, false)
	switch {
	case err != nil:
		return "", err
	case n.mode&fs.ModeSymlink == 0:
		return "", errors.New("not a symbolic link")
	}
	return n.target, nil
}

// listing is a snapshot of a directory.
type listing []info

// ListAt implements sftp.ListerAt.
func (l listing) ListAt(to []fs.FileInfo, off int64) (int, error) {
	if off >= int64(len(l)) {
		return 0, io.EOF
	}
	n := 0
	for ; n < len(to) && off+int64(n) < int64(len(l)); n++ {
		to[n] = l[off+int64(n)]
	}
	if n < len(to) {
		return n, io.EOF
	}
	return n, nil
}

// openedDir is a listing that counts as an open file until it is closed.
type openedDir struct {
	listing
	t     *tree
	close sync.Once
}

// openDir opens the directory at p.
func (t *tree) openDir(p string) (*openedDir, error) {
	t.mu.Lock()
	full := t.open >= maxOpenFiles
	if !full {
		t.open++
	}
	t.mu.Unlock()
	if full {
		return nil, errBusy
	}
	d := &openedDir{t: t}
	var err error
	if d.listing, err = t.list(p); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// Close implements io.Closer.
func (d *openedDir) Close() error {
	d.close.Do(func() {
		d.t.mu.Lock()
		defer d.t.mu.Unlock()
		d.t.open--
	})
	return nil
}

// info describes a node as it was.
type info struct {
	name     string
	bytes    int64
	mode     fs.FileMode
	modified time.Time
}

func (n *node) info(name string) info {
	return info{name, n.size(), n.mode, n.modified}
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.bytes }
func (i info) Mode() fs.FileMode  { return i.mode }
func (i info) ModTime() time.Time { return i.modified }
func (i info) IsDir() bool        { return i.mode.IsDir() }
func (i info) Sys() any           { return nil }
func (i info) Uid() uint32        { return 2200 }
func (i info) Gid() uint32        { return 2200 }
