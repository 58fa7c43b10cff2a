package sshcore

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
)

const (
	// maxEntries is how many entries of a directory, or of a tree, are believed.
	maxEntries = 1_000_000
	// maxReaddirs is how many requests for entries are on the way at a time.
	maxReaddirs = 8
	// maxRefused bounds the names that a Dir keeps to tell about.
	maxRefused = 100
)

// Dir is a directory that is being listed. It is for one goroutine at a time.
type Dir struct {
	s       *SFTP
	path    string
	handle  string
	ahead   []*request // in the order of their sending
	depth   int
	page    fields // entries that came and were not taken yet
	left    uint32 // of them
	seen    int
	dots    int // "." and ".."
	end     error
	refused []*NameError
	bad     int
	closed  bool
}

// OpenDir begins to list a directory. Close it.
func (s *SFTP) OpenDir(ctx context.Context, path string) (*Dir, error) {
	handle, err := s.openHandle(ctx, "list", path, withStrings(fxpOpendir, path))
	if err != nil {
		return nil, err
	}
	// Two from the start: a small directory and its end come in one round trip.
	return &Dir{s: s, path: path, handle: handle, depth: 2}, nil
}

// Next returns the next entries, at least one and at most max, in the server's
// order; "." and ".." are left out. It returns io.EOF at the end. A listing of
// more than a million entries ends with ErrTooMany. If ctx ends, the listing
// does.
func (d *Dir) Next(ctx context.Context, max int) ([]Entry, error) {
	var got []Entry
	for len(got) < max {
		if d.left == 0 {
			if len(got) > 0 || d.end != nil {
				break
			}
			if d.end = d.fetch(ctx); d.end != nil {
				break
			}
			continue
		}
		e, ok, err := d.take()
		if err != nil {
			d.end, d.left = err, 0
			break
		}
		if ok {
			got = append(got, e)
		}
	}
	if len(got) == 0 && max > 0 {
		return nil, d.end
	}
	return got, nil
}

// fetch waits for a page of entries, and has the next ones sent meanwhile.
func (d *Dir) fetch(ctx context.Context) error {
	for len(d.ahead) < d.depth {
		r := newRequest(withStrings(fxpReaddir, d.handle))
		if err := d.s.c.start(ctx, r); err != nil {
			return failed("list", d.path, err)
		}
		d.ahead = append(d.ahead, r)
	}
	d.depth = min(d.depth+1, maxReaddirs)
	r := d.ahead[0]
	d.ahead = d.ahead[1:]
	f, err := d.s.c.take(ctx, "list", d.path, r, fxpName)
	if err != nil {
		if statusOf(err) == StatusEOF {
			return io.EOF
		}
		return err
	}
	d.left = f.uint32()
	if d.left == 0 {
		return io.EOF // as OpenSSH's client sees it
	}
	d.page = *f
	return nil
}

// take takes one entry from the page. It is not ok if it is to be left out.
func (d *Dir) take() (e Entry, ok bool, err error) {
	d.left--
	name, long := d.page.string(), d.page.string()
	e = d.page.takeAttrs()
	if d.page.bad {
		return e, false, failed("list", d.path, d.s.c.broken("a listing that is cut off"))
	}
	// "." and ".." are no entries, but a server that sends nothing else has to end.
	count, dots := &d.seen, name == "." || name == ".."
	if dots {
		count = &d.dots
	}
	if *count++; *count > maxEntries {
		return e, false, failed("list", d.path, ErrTooMany)
	}
	if dots {
		return e, false, nil
	}
	if !goodName(name) {
		d.refuse(name)
		return e, false, nil
	}
	e.Name = name
	e.Owner, e.Group = longnameOwners(long)
	return e, true, nil
}

func (d *Dir) refuse(name string) {
	if d.bad++; d.bad <= maxRefused {
		d.refused = append(d.refused, &NameError{Dir: d.path, Name: name})
	}
}

// Refused returns the entries that were left out because of their names, the
// first hundred of them, and how many there were.
func (d *Dir) Refused() ([]*NameError, int) { return d.refused, d.bad }

// Close ends the listing. It does not wait for the server.
func (d *Dir) Close() error {
	if d.closed {
		return nil
	}
	d.closed, d.left = true, 0
	if d.end == nil {
		d.end = failed("list", d.path, fs.ErrClosed)
	}
	for _, r := range d.ahead {
		d.s.c.giveUp(r)
	}
	d.ahead = nil
	d.s.c.leave(withStrings(fxpClose, d.handle))
	return nil
}

// List lists a directory as it arrives. Each error but a *NameError, which
// stands for an entry that was left out, is the last.
func (s *SFTP) List(ctx context.Context, path string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		d, err := s.OpenDir(ctx, path)
		if err != nil {
			yield(Entry{}, err)
			return
		}
		defer d.Close()
		told := 0
		for {
			batch, err := d.Next(ctx, 256)
			for _, e := range batch {
				if !yield(e, nil) {
					return
				}
			}
			for ; told < len(d.refused); told++ {
				if !yield(Entry{}, d.refused[told]) {
					return
				}
			}
			switch {
			case errors.Is(err, io.EOF):
				return
			case err != nil:
				yield(Entry{}, err)
				return
			}
		}
	}
}
