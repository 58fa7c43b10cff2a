package sshcore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
)

// do sends a request that is answered with a status.
func (s *SFTP) do(ctx context.Context, op, path string, packet []byte) error {
	_, err := s.c.ask(ctx, op, path, newRequest(packet), fxpStatus)
	return s.explain(ctx, err)
}

// doNew is do for what makes path. Version 3 has no status for a path that
// exists already, so it looks for that when the server just says that it failed.
func (s *SFTP) doNew(ctx context.Context, op, path string, packet []byte) error {
	return s.explainNew(ctx, path, s.do(ctx, op, path, packet))
}

// explainNew finds out why a path could not be given to what should have got it.
func (s *SFTP) explainNew(ctx context.Context, path string, err error) error {
	var e *SFTPError
	if !errors.As(err, &e) || e.Status != StatusFailure && e.Status != StatusBadMessage || e.Err != nil {
		return err
	}
	if s.tooLong(ctx, path) {
		e.Err = ErrNameTooLong
	} else if _, statErr := s.Lstat(ctx, path); statErr == nil {
		e.Err = fs.ErrExist
	}
	return err
}

// Mkdir makes a directory. Zero mode leaves it to the server.
func (s *SFTP) Mkdir(ctx context.Context, path string, mode fs.FileMode) error {
	return s.doNew(ctx, "mkdir", path, putMode(withStrings(fxpMkdir, path), mode))
}

// MkdirAll makes a directory and those above it that are missing. It is happy
// with one that is there.
func (s *SFTP) MkdirAll(ctx context.Context, path string, mode fs.FileMode) error {
	err := s.Mkdir(ctx, path, mode)
	if errors.Is(err, fs.ErrNotExist) {
		above, _ := splitPath(strings.TrimRight(path, "/"))
		if above = strings.TrimRight(above, "/"); above == "" {
			return err
		}
		if err := s.MkdirAll(ctx, above, mode); err != nil {
			return err
		}
		err = s.Mkdir(ctx, path, mode)
	}
	if err == nil || statusOf(err) == StatusOK {
		return err
	}
	if e, statErr := s.Stat(ctx, path); statErr == nil && e.IsDir() {
		return nil
	}
	return err
}

// Remove removes a file or a link.
func (s *SFTP) Remove(ctx context.Context, path string) error {
	return s.do(ctx, "remove", path, withStrings(fxpRemove, path))
}

// RemoveDir removes an empty directory.
func (s *SFTP) RemoveDir(ctx context.Context, path string) error {
	return s.do(ctx, "rmdir", path, withStrings(fxpRmdir, path))
}

// Chmod sets the permissions.
func (s *SFTP) Chmod(ctx context.Context, path string, mode fs.FileMode) error {
	return s.do(ctx, "chmod", path, putUint32(putUint32(withStrings(fxpSetstat, path), attrMode), posixMode(mode)))
}

// Chown sets owner and group.
func (s *SFTP) Chown(ctx context.Context, path string, uid, gid uint32) error {
	return s.do(ctx, "chown", path, putOwner(withStrings(fxpSetstat, path), uid, gid))
}

// Chtimes sets the times of the last access and of the last change, in seconds.
func (s *SFTP) Chtimes(ctx context.Context, path string, atime, mtime time.Time) error {
	return s.do(ctx, "chtimes", path, putTimes(withStrings(fxpSetstat, path), atime, mtime))
}

// Truncate sets the size of a file.
func (s *SFTP) Truncate(ctx context.Context, path string, size int64) error {
	if size < 0 {
		return failed("truncate", path, fmt.Errorf("%w: a negative size", fs.ErrInvalid))
	}
	return s.do(ctx, "truncate", path, putUint64(putUint32(withStrings(fxpSetstat, path), attrSize), uint64(size)))
}

// Sync has the server write a file to its disk. It fails with
// errors.ErrUnsupported if the server does not offer fsync@openssh.com.
func (s *SFTP) Sync(ctx context.Context, path string) error {
	const op = "sync"
	if err := s.needs(op, path, extFsync); err != nil {
		return err
	}
	if e, err := s.describe(ctx, op, path, withStrings(fxpStat, path)); err != nil {
		return err
	} else if err := regular(e); err != nil {
		return failed(op, path, err)
	}
	f, err := s.open(ctx, op, path, fxfRead|fxfWrite, 0)
	if err != nil {
		return err
	}
	defer f.drop()
	return f.sync(ctx)
}

// putMode appends attributes that are a mode, or nothing.
func putMode(p []byte, mode fs.FileMode) []byte {
	if mode == 0 {
		return putUint32(p, 0)
	}
	return putUint32(putUint32(p, attrMode), posixMode(mode))
}

func putOwner(p []byte, uid, gid uint32) []byte {
	return putUint32(putUint32(putUint32(p, attrOwner), uid), gid)
}
