package demo

import (
	"errors"
	"io/fs"
)

// rename moves a name. What has the new name already is replaced only if
// replace is set, as posix-rename@openssh.com does.
func (t *tree) rename(from, to string, replace bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	oldParent, oldName, err := t.place(from)
	if err != nil {
		return err
	}
	newParent, newName, err := t.place(to)
	if err != nil {
		return err
	}
	n, there := oldParent.children[oldName], newParent.children[newName]
	switch {
	case n == nil:
		return fs.ErrNotExist
	case n.fixed:
		return fs.ErrPermission
	case there == n:
		return nil
	case within(newParent, n):
		return errors.New("a directory cannot be moved into itself")
	}
	if there != nil {
		if err := replaceable(n, there, replace); err != nil {
			return err
		}
		t.detach(newParent, newName)
	}
	n.links++ // so that detach does not collect it
	t.detach(oldParent, oldName)
	n.links--
	t.attach(newParent, newName, n)
	return nil
}

func replaceable(n, there *node, replace bool) error {
	switch {
	case !replace:
		return fs.ErrExist
	case there.fixed:
		return fs.ErrPermission
	case n.mode.IsDir() && !there.mode.IsDir():
		return errNotDir
	case !n.mode.IsDir() && there.mode.IsDir():
		return errIsDir
	case len(there.children) > 0:
		return errNotEmpty
	}
	return nil
}

// within reports whether dir is n or lies below it.
func within(dir, n *node) bool {
	for ; dir != nil; dir = dir.parent {
		if dir == n {
			return true
		}
	}
	return false
}
