package sshcore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
)

// Rename renames a file, and replaces one that is there, in one step, if the
// server offers posix-rename@openssh.com. Otherwise it is as RenameNew.
func (s *SFTP) Rename(ctx context.Context, from, to string) error {
	if s.Offers(extPosixRename) {
		_, err := s.extension(ctx, "rename", from, extPosixRename, fxpStatus, from, to)
		return s.explainNew(ctx, to, err)
	}
	return s.RenameNew(ctx, from, to)
}

// RenameNew renames a file, and fails with fs.ErrExist if the new name is
// taken.
func (s *SFTP) RenameNew(ctx context.Context, from, to string) error {
	return s.explainNew(ctx, to, s.do(ctx, "rename", from, withStrings(fxpRename, from, to)))
}

// renameFree is RenameNew for files, by making a hard link where that is offered:
// some servers, such as that of github.com/pkg/sftp, do replace by RENAME,
// whatever draft-ietf-secsh-filexfer-02 section 6.5 says. OpenSSH's RENAME makes
// a link itself.
func (s *SFTP) renameFree(ctx context.Context, from, to string) error {
	if !s.Offers(extHardlink) {
		return s.RenameNew(ctx, from, to)
	}
	err := s.Link(ctx, from, to)
	switch {
	case err == nil:
		return s.Remove(ctx, from)
	case errors.Is(err, fs.ErrExist), statusOf(err) == StatusOK:
		return err
	}
	return s.RenameNew(ctx, from, to) // a file system without hard links
}

// Replace renames a file to a name that may be taken by another, which is not
// harmed before its successor is in place. Where the server cannot do that in
// one step, the old file stands aside meanwhile, under a name of its own, and
// is put back if anything fails.
func (s *SFTP) Replace(ctx context.Context, from, to string) error {
	if s.Offers(extPosixRename) {
		return s.Rename(ctx, from, to)
	}
	err := s.RenameNew(ctx, from, to)
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	aside := besides(to, fmt.Sprintf(".old-%08x", rand.Uint32()))
	if err := s.RenameNew(ctx, to, aside); err != nil {
		return err
	}
	if err := s.RenameNew(ctx, from, to); err != nil {
		// Not with ctx, which may be what ended.
		if back := s.RenameNew(context.WithoutCancel(ctx), aside, to); back != nil {
			return fmt.Errorf("%w; the old file is now %q: %w", err, aside, back)
		}
		return err
	}
	return s.Remove(ctx, aside)
}

// besides is a path in the same directory, with a suffix, also for names that
// leave no room for one.
func besides(path, suffix string) string {
	dir, base := splitPath(path)
	if over := len(base) + len(suffix) - maxName; over > 0 {
		// What is cut off still counts, or two long names would share a part.
		suffix = fmt.Sprintf("~%08x", hash32(base)) + suffix
		base = base[:maxName-len(suffix)]
	}
	return dir + base + suffix
}

// hash32 is FNV-1a.
func hash32(s string) uint32 {
	h := uint32(2166136261)
	for _, b := range []byte(s) {
		h = (h ^ uint32(b)) * 16777619
	}
	return h
}
