package sshcore

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"
)

const (
	// maxName is how long a name may be on the file systems in use.
	maxName = 255
	// maxPath is PATH_MAX of Linux, the longest of those in use.
	maxPath = 4096
)

// explain finds out why a server refused what it refused without a reason:
// version 3 has statuses for little more than a missing file and missing
// permission. It is a round trip or two, and only after a failure.
func (s *SFTP) explain(ctx context.Context, err error) error {
	var e *SFTPError
	if !errors.As(err, &e) || e.Path == "" || ctx.Err() != nil {
		return err
	}
	switch e.Status {
	case StatusFailure, StatusBadMessage: // OpenSSH's for a name that is too long
		if e.Err == nil {
			e.Err = s.cause(ctx, e)
		}
	case StatusNoSuchFile: // OpenSSH's for what is no directory, too
		if there, statErr := s.Stat(ctx, e.Path); statErr == nil && notDir(e.Op, there) {
			e.Err = ErrNotDir
		} else if statErr != nil && s.isLink(ctx, e.Path) {
			e.Err = ErrBrokenLink
		}
	}
	return err
}

// notDir tells whether an operation on a directory has failed because that is
// none.
func notDir(op string, e Entry) bool {
	return (op == "list" || op == "rmdir") && e.Told.Has(ToldMode) && !e.IsDir()
}

// isLink tells whether a path is a link.
func (s *SFTP) isLink(ctx context.Context, path string) bool {
	e, err := s.Lstat(ctx, path)
	return err == nil && e.Mode&fs.ModeSymlink != 0
}

func (s *SFTP) cause(ctx context.Context, e *SFTPError) error {
	if s.tooLong(ctx, e.Path) {
		return ErrNameTooLong
	}
	switch e.Op {
	case "list", "rmdir", "remove", "upload", "mkdir", "copy", "symlink", "link":
	default:
		return nil
	}
	there, err := s.Stat(ctx, e.Path)
	switch {
	case err == nil && notDir(e.Op, there):
		return ErrNotDir
	case err == nil && e.Op == "rmdir" && s.holds(ctx, e.Path):
		return ErrNotEmpty
	case err == nil && there.IsDir() && (e.Op == "remove" || e.Op == "upload"):
		return ErrIsDir
	case err == nil:
		return nil
	}
	switch e.Op {
	case "mkdir", "upload", "copy", "symlink", "link": // which should have made it
		dir, _ := splitPath(e.Path)
		return s.full(ctx, dir, 0)
	}
	return nil
}

// tooLong tells whether a path, or one of its names, is longer than can be.
func (s *SFTP) tooLong(ctx context.Context, path string) bool {
	const never = 100 // so long every file system lets them be
	dir, base := splitPath(path)
	if len(path) >= maxPath {
		return true
	}
	for name := range strings.SplitSeq(dir, "/") {
		if len(name) > maxName {
			return true
		}
	}
	if len(base) <= never || len(base) > maxName {
		return len(base) > maxName
	}
	if dir == "" {
		dir = "."
	}
	v, err := s.Space(ctx, dir)
	return err == nil && v.NameMax > 0 && uint64(len(base)) > v.NameMax
}

// holds tells whether there is something in a directory.
func (s *SFTP) holds(ctx context.Context, path string) bool {
	d, err := s.OpenDir(ctx, path)
	if err != nil {
		return false
	}
	defer d.Close()
	_, err = d.Next(ctx, 1)
	return err != io.EOF
}

// full is ErrNoSpace if a file system has no room for more than so many bytes,
// or for another file.
func (s *SFTP) full(ctx context.Context, path string, flying uint64) error {
	if path == "" {
		path = "."
	}
	if !s.Offers(extStatVFS) {
		return nil
	}
	v, err := s.Space(ctx, path)
	if err == nil && v.Total > 0 && (v.Available <= flying || v.Files > 0 && v.FilesFree == 0) {
		return ErrNoSpace
	}
	return nil
}
