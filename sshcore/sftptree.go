package sshcore

import (
	"context"
	"errors"
	"io/fs"
)

// ChmodAll sets the permissions of all that is at path and below it: files get
// mode and directories dirMode, links and what they lead to stay as they are. It
// goes on after what it cannot change, and returns the first error of those.
//
// changed is told each path, from the caller's goroutine; nil is fine.
func (s *SFTP) ChmodAll(ctx context.Context, path string, mode, dirMode fs.FileMode, changed func(path string)) error {
	return s.changeAll(ctx, "chmod", path, changed, func(p []byte, e Entry) []byte {
		if e.IsDir() {
			return putUint32(putUint32(p, attrMode), posixMode(dirMode))
		}
		return putUint32(putUint32(p, attrMode), posixMode(mode))
	})
}

// ChownAll sets owner and group of all that is at path and below it, likewise.
func (s *SFTP) ChownAll(ctx context.Context, path string, uid, gid uint32, changed func(path string)) error {
	return s.changeAll(ctx, "chown", path, changed, func(p []byte, _ Entry) []byte { return putOwner(p, uid, gid) })
}

// changing is a change of a whole tree on its way.
type changing struct {
	s       *SFTP
	op      string
	attrs   func([]byte, Entry) []byte
	changed func(string)
	flying  []*request
	paths   []string
	first   error
}

func (s *SFTP) changeAll(ctx context.Context, op, root string, changed func(string), attrs func([]byte, Entry) []byte) error {
	if changed == nil {
		changed = func(string) {}
	}
	c := &changing{s: s, op: op, attrs: attrs, changed: changed}
	// Last, and the deepest first: a directory may well get permissions that
	// keep us out.
	var dirs []string
	err := s.Walk(ctx, root, func(path string, e Entry, err error) error {
		switch {
		case err != nil && path == root:
			return err
		case err != nil:
			c.note(err)
			return nil
		case e.IsDir():
			dirs = append(dirs, path)
			return nil
		case e.Mode&fs.ModeSymlink != 0: // SETSTAT would follow it
			return nil
		}
		return c.send(ctx, path, e)
	})
	if err == nil {
		err = c.collect(ctx)
	}
	for i := len(dirs) - 1; i >= 0 && err == nil; i-- {
		err = c.send(ctx, dirs[i], Entry{Mode: fs.ModeDir})
		if err == nil {
			err = c.collect(ctx)
		}
	}
	if err == nil {
		err = c.first
	}
	return failed(op, root, err)
}

// send sends a change, after some others if there are many on the way.
func (c *changing) send(ctx context.Context, path string, e Entry) error {
	if len(c.flying) >= maxRemoves {
		if err := c.collect(ctx); err != nil {
			return err
		}
	}
	r := newRequest(c.attrs(withStrings(fxpSetstat, path), e))
	if err := c.s.c.start(ctx, r); err != nil {
		return failed(c.op, path, err)
	}
	c.flying, c.paths = append(c.flying, r), append(c.paths, path)
	return nil
}

// collect takes the answers that are on their way.
func (c *changing) collect(ctx context.Context) error {
	for i, r := range c.flying {
		_, err := c.s.c.take(ctx, c.op, c.paths[i], r, fxpStatus)
		switch {
		case err == nil:
			c.changed(c.paths[i])
		case statusOf(err) == StatusOK:
			return err // ctx or the session ended
		default:
			c.note(err)
		}
	}
	c.flying, c.paths = c.flying[:0], c.paths[:0]
	return nil
}

// note keeps the first error of what could not be changed.
func (c *changing) note(err error) {
	if c.first == nil && !errors.Is(err, fs.ErrNotExist) { // removed meanwhile
		c.first = err
	}
}
