package demo

import (
	"errors"
	"io/fs"
	"path"
	"strings"
	"sync"
	"time"
)

// The bounds of the tree, for all sessions together: guests share it, and one
// of them must not fill the memory of the machine.
const (
	maxTreeBytes   = 256 << 20
	maxTreeNodes   = 20_000 // beyond those that are there from the start
	maxNameBytes   = 255
	maxPathBytes   = 4096
	maxSymlinkHops = 20
	maxOpenFiles   = 256 // and directories
)

var (
	errNoSpace  = errors.New("no space left on the demo board")
	errNotEmpty = errors.New("directory is not empty")
	errNotDir   = errors.New("not a directory")
	errIsDir    = errors.New("is a directory")
	errLoop     = errors.New("too many symbolic links")
	errName     = errors.New("name is too long or not allowed")
	errBusy     = errors.New("too many open files")
)

// tree is a file system in memory, safe for concurrent use.
type tree struct {
	mu    sync.RWMutex
	root  *node
	bytes int64 // in blocks of files
	nodes int   // made by guests
	open  int   // handles
	now   func() time.Time
}

// node is a file, directory or symbolic link. The tree's lock guards it.
type node struct {
	mode     fs.FileMode
	modified time.Time
	fixed    bool // belongs to the board; guests only read it
	content  content
	target   string // of a symbolic link
	children map[string]*node
	parent   *node // of a directory; nil for the root
	links    int   // names
	handles  int
}

func newTree(now func() time.Time) *tree {
	root := &node{mode: fs.ModeDir | 0o755, modified: now(), fixed: true, children: map[string]*node{}, links: 1}
	return &tree{root: root, now: now}
}

func (n *node) size() int64 {
	switch {
	case n.content != nil:
		return n.content.size()
	case n.mode&fs.ModeSymlink != 0:
		return int64(len(n.target))
	}
	return 0
}

// find walks to the node at p. A symbolic link at the end is followed only if
// follow is set. The caller holds the lock.
func (t *tree) find(p string, follow bool) (*node, error) {
	hops := 0
	return t.walk(path.Clean("/"+p), follow, &hops)
}

func (t *tree) walk(p string, follow bool, hops *int) (*node, error) {
	if len(p) > maxPathBytes {
		return nil, errName
	}
	at, here := t.root, "/"
	parts := strings.FieldsFunc(p, func(r rune) bool { return r == '/' })
	for i, name := range parts {
		if !at.mode.IsDir() {
			return nil, errNotDir
		}
		next, ok := at.children[name]
		if !ok {
			return nil, fs.ErrNotExist
		}
		last := i == len(parts)-1
		if next.mode&fs.ModeSymlink == 0 || last && !follow {
			at, here = next, path.Join(here, name)
			continue
		}
		if *hops++; *hops > maxSymlinkHops {
			return nil, errLoop
		}
		target := next.target
		if !path.IsAbs(target) {
			target = path.Join(here, target)
		}
		rest := append([]string{target}, parts[i+1:]...)
		return t.walk(path.Clean(path.Join(rest...)), follow, hops)
	}
	return at, nil
}

// parentOf finds the directory in which p's last name lives.
func (t *tree) parentOf(p string) (*node, string, error) {
	dir, name := path.Split(path.Clean("/" + p))
	if name == "" || len(name) > maxNameBytes || strings.ContainsRune(name, 0) {
		return nil, "", errName
	}
	parent, err := t.find(dir, true)
	if err != nil {
		return nil, "", err
	}
	if !parent.mode.IsDir() {
		return nil, "", errNotDir
	}
	return parent, name, nil
}

// place is parentOf for a change: a fixed directory is refused.
func (t *tree) place(p string) (*node, string, error) {
	parent, name, err := t.parentOf(p)
	if err == nil && parent.fixed {
		err = fs.ErrPermission
	}
	return parent, name, err
}

// attach gives n a name. The caller has made sure that the name is free.
func (t *tree) attach(parent *node, name string, n *node) {
	parent.children[name] = n
	parent.modified = t.now()
	n.links++
	if n.mode.IsDir() {
		n.parent = parent
	}
}

// detach takes a name away, and with the last one the bytes.
func (t *tree) detach(parent *node, name string) {
	n := parent.children[name]
	delete(parent.children, name)
	parent.modified = t.now()
	n.links--
	t.collect(n)
}

// collect returns a node's bytes when neither a name nor a handle is left.
func (t *tree) collect(n *node) {
	if n.links > 0 || n.handles > 0 {
		return
	}
	t.nodes--
	if b, ok := n.content.(*blocks); ok {
		t.bytes -= b.truncate(0)
	}
}

// create makes a node under a name that is free.
func (t *tree) create(p string, n *node) error {
	parent, name, err := t.place(p)
	switch {
	case err != nil:
		return err
	case parent.children[name] != nil:
		return fs.ErrExist
	case t.nodes >= maxTreeNodes:
		return errNoSpace
	}
	t.nodes++
	n.modified = t.now()
	t.attach(parent, name, n)
	return nil
}

func (t *tree) mkdir(p string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.create(p, &node{mode: fs.ModeDir | 0o755, children: map[string]*node{}})
}

func (t *tree) symlink(target, p string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if target == "" || len(target) > maxPathBytes {
		return errName
	}
	return t.create(p, &node{mode: fs.ModeSymlink | 0o777, target: target})
}

// link gives a file a second name.
func (t *tree) link(old, p string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, err := t.find(old, false)
	if err != nil {
		return err
	}
	parent, name, err := t.place(p)
	switch {
	case err != nil:
		return err
	case n.fixed || n.mode.IsDir():
		return fs.ErrPermission
	case parent.children[name] != nil:
		return fs.ErrExist
	}
	t.attach(parent, name, n)
	return nil
}

// remove takes away a file or link, or with dir an empty directory.
func (t *tree) remove(p string, dir bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	parent, name, err := t.parentOf(p)
	if err != nil {
		return err
	}
	n := parent.children[name]
	switch {
	case n == nil:
		return fs.ErrNotExist
	case n.fixed || parent.fixed:
		return fs.ErrPermission
	case dir && !n.mode.IsDir():
		return errNotDir
	case !dir && n.mode.IsDir():
		return errIsDir
	case len(n.children) > 0:
		return errNotEmpty
	}
	t.detach(parent, name)
	return nil
}
