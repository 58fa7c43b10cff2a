package sshcore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"sync"
	"time"
)

// partRest is for how long nobody must have written to a part that some other
// upload may have left behind: what is younger may still be written to.
const partRest = time.Minute

// part is where a Put writes to until it is whole. Its usual name is that of
// the target with ".part" behind it, so that another Put finds it to go on. A
// Put that finds that name taken by an upload that may be running gets a name
// of its own, since two that write to one file make neither's.
type part struct {
	*file
	usual string // name is this one, or one of its own
	done  func() // what was reserved, is no more
}

func partPath(target string) string { return besides(target, ".part") }

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

// openPart opens a part for target: a new one, which nobody else has put there,
// or the one to resume.
func (s *SFTP) openPart(ctx context.Context, target string, t Transfer, mode fs.FileMode) (*part, error) {
	p := &part{usual: partPath(target)}
	var err error
	ours, done := s.client.parts.reserve(p.usual)
	p.done = done
	switch {
	case t.Offset > 0 && !ours:
		err = failed("upload", p.usual, ErrPartBusy)
	case t.Offset > 0:
		p.file, err = s.resumePart(ctx, p.usual)
	default:
		p.file, err = s.newPart(ctx, p.usual, ours, t.Again, mode)
	}
	if err != nil {
		done()
		return nil, err
	}
	return p, nil
}

func (s *SFTP) resumePart(ctx context.Context, name string) (*file, error) {
	const op = "upload"
	e, err := s.Lstat(ctx, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, failed(op, name, fmt.Errorf("%w: there is nothing to resume", ErrSizeMismatch))
	case err != nil:
		return nil, err
	}
	if err := regular(e); err != nil {
		return nil, failed(op, name, err)
	}
	return s.open(ctx, op, name, fxfWrite, 0)
}

// newPart makes the usual part, if that name is free or can be freed. ours tells
// that no upload of this connection writes to it, and again that no other does.
func (s *SFTP) newPart(ctx context.Context, usual string, ours, again bool, mode fs.FileMode) (*file, error) {
	if !ours {
		return s.createPart(ctx, ownPart(usual), mode)
	}
	f, err := s.createPart(ctx, usual, mode)
	if err == nil || statusOf(err) == StatusOK {
		return f, err
	}
	old, lstatErr := s.Lstat(ctx, usual)
	if lstatErr != nil {
		return nil, err // it could not be made for another reason
	}
	if again || regular(old) != nil {
		if s.Remove(ctx, usual) == nil {
			return s.createPart(ctx, usual, mode)
		}
	}
	return s.besidePart(ctx, usual, old, mode)
}

// besidePart makes a part beside one that is there. If that has not been written
// to for a while, by the server's clock, the new one takes its place.
func (s *SFTP) besidePart(ctx context.Context, usual string, old Entry, mode fs.FileMode) (*file, error) {
	f, err := s.createPart(ctx, ownPart(usual), mode)
	if err != nil {
		return nil, err
	}
	e, err := f.stat(ctx)
	if err != nil {
		f.drop()
		return nil, err
	}
	rests := e.Told.Has(ToldTimes) && old.Told.Has(ToldTimes) && e.Mtime.Sub(old.Mtime) > partRest
	if rests && s.Remove(ctx, usual) == nil && s.RenameNew(ctx, f.name, usual) == nil {
		f.name = usual
	}
	return f, nil
}

func (s *SFTP) createPart(ctx context.Context, name string, mode fs.FileMode) (*file, error) {
	return s.open(ctx, "upload", name, fxfWrite|fxfCreate|fxfExcl, mode)
}

func ownPart(usual string) string {
	return besides(usual[:len(usual)-len(".part")], fmt.Sprintf(".%08x.part", rand.Uint32()))
}

// land gives a part, which an upload has closed, its target's name.
func (p *part) land(ctx context.Context, u *upload, target string, t Transfer) error {
	if t.Check != nil {
		if err := t.Check(ctx, p.name); err != nil {
			// Of a part that is another's, or none, the check told nothing.
			if taken := p.still(ctx, u.whole); errors.Is(taken, ErrPartTaken) {
				return taken
			}
			if errors.Is(err, ErrChecksum) { // nothing to go on from
				p.s.c.leave(withStrings(fxpRemove, p.name))
			}
			return err
		}
	}
	if u.named == nil || !sameFile(*u.named, u.whole) {
		if err := p.still(ctx, u.whole); err != nil {
			return err
		}
	}
	if t.New {
		return p.s.renameFree(ctx, p.name, target)
	}
	return p.s.Replace(ctx, p.name, target)
}

// still fails with ErrPartTaken unless the part is as it was closed: somebody who
// took it for an abandoned one may have put another in its place.
func (p *part) still(ctx context.Context, whole Entry) error {
	now, err := p.s.Lstat(ctx, p.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return failed(p.op, p.name, ErrPartTaken)
	case err != nil:
		return err
	case !sameFile(now, whole):
		return failed(p.op, p.name, ErrPartTaken)
	}
	return nil
}

// sameFile tells whether nothing says that two are different files.
func sameFile(a, b Entry) bool { return a.Size == b.Size && a.Mtime.Equal(b.Mtime) }

// abandon lets another Put find what has arrived.
func (p *part) abandon() {
	if p.name != p.usual {
		p.s.c.leave(withStrings(fxpRename, p.name, p.usual))
	}
}

// parts are the parts that the uploads of a connection write to. The zero value
// is ready.
type parts struct {
	mu    sync.Mutex
	taken map[string]bool
}

// reserve tells whether nobody else writes to a part. done ends that.
func (p *parts) reserve(name string) (ours bool, done func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken[name] {
		return false, func() {}
	}
	if p.taken == nil {
		p.taken = make(map[string]bool)
	}
	p.taken[name] = true
	return true, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.taken, name)
	}
}
