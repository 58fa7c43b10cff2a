//go:build js

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"sync"
	"time"

	"github.com/wasmiko/wasmiko/sshcore"
	"github.com/wasmiko/wasmiko/wasm/wire"
)

// files serves the calls that work with the server's files: the SFTP sessions
// of a core and the listings that run over them.
type files struct {
	core *core

	mu       sync.Mutex
	sessions map[int]*sshcore.SFTP
	dirs     map[int]*listing
	lastID   int
}

// handleFiles registers the calls of SFTP.
func (c *core) handleFiles() {
	f := &files{core: c, sessions: map[int]*sshcore.SFTP{}, dirs: map[int]*listing{}}
	b := c.bridge
	handle(b, "sftp", f.open)
	handle(b, "sftpClose", f.close)
	handle(b, "sftpStat", f.stat)
	handle(b, "sftpOpenDir", f.openDir)
	handle(b, "sftpNext", f.next)
	handle(b, "sftpCloseDir", f.closeDir)
	handle(b, "sftpReadlink", f.readlink)
	handle(b, "sftpRealpath", f.realpath)
	handle(b, "sftpMkdir", f.mkdir)
	handle(b, "sftpRemove", f.remove)
	handle(b, "sftpRename", f.rename)
	handle(b, "sftpSymlink", f.symlink)
	handle(b, "sftpLink", f.link)
	handle(b, "sftpCopy", f.copy)
	handle(b, "sftpChange", f.change)
	handle(b, "sftpStatVFS", f.statVFS)
	handle(b, "sftpPart", f.part)
	handlePorts(b, "sftpRead", f.read)
	handlePorts(b, "sftpWrite", f.write)
}

func (f *files) open(ctx context.Context, p wire.SFTPOpen) (wire.SFTP, error) {
	s, err := through(f.core, p.Hop, func(client *sshcore.Client) (*sshcore.SFTP, error) {
		s, err := client.SFTP(ctx)
		if p.Shell && errors.Is(err, sshcore.ErrNoSFTP) {
			return client.ShellSFTP(ctx)
		}
		return s, err
	})
	if err != nil {
		return wire.SFTP{}, err
	}
	home, err := s.RealPath(ctx, ".")
	if err != nil {
		s.Close()
		return wire.SFTP{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lastID++
	f.sessions[f.lastID] = s
	return wire.SFTP{SFTP: f.lastID, Shell: s.ByShell(), Home: nameOf(home), Extensions: printableMap(s.Extensions())}, nil
}

// session returns an SFTP session by its handle.
func (f *files) session(id int) (*sshcore.SFTP, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.sessions[id]; s != nil {
		return s, nil
	}
	return nil, &sshcore.SFTPError{Op: "use", Err: fs.ErrClosed}
}

func (f *files) close(_ context.Context, p wire.SFTPSession) (wire.None, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.sessions[p.SFTP]; s != nil {
		s.Close()
		delete(f.sessions, p.SFTP)
		maps.DeleteFunc(f.dirs, func(_ int, d *listing) bool { return d.session == p.SFTP })
	}
	return wire.None{}, nil
}

// do runs what answers nothing.
func (f *files) do(ctx context.Context, id int, path []byte, work func(*sshcore.SFTP, string) error) (wire.None, error) {
	s, err := f.session(id)
	if err == nil {
		err = work(s, string(path))
	}
	return wire.None{}, err
}

func (f *files) stat(ctx context.Context, p wire.SFTPStat) (wire.FileInfo, error) {
	s, err := f.session(p.SFTP)
	if err != nil {
		return wire.FileInfo{}, err
	}
	look := s.Lstat
	if p.Follow {
		look = s.Stat
	}
	e, err := look(ctx, string(p.Path))
	if err != nil {
		return wire.FileInfo{}, err
	}
	return infoOfFile(&e), nil
}

func (f *files) readlink(ctx context.Context, p wire.SFTPPath) (name wire.FileName, err error) {
	_, err = f.do(ctx, p.SFTP, p.Path, func(s *sshcore.SFTP, path string) error {
		target, err := s.ReadLink(ctx, path)
		name = nameOf(target)
		return err
	})
	return name, err
}

func (f *files) realpath(ctx context.Context, p wire.SFTPPath) (name wire.FileName, err error) {
	_, err = f.do(ctx, p.SFTP, p.Path, func(s *sshcore.SFTP, path string) error {
		real, err := s.RealPath(ctx, path)
		name = nameOf(real)
		return err
	})
	return name, err
}

func (f *files) mkdir(ctx context.Context, p wire.SFTPMkdir) (wire.None, error) {
	return f.do(ctx, p.SFTP, p.Path, func(s *sshcore.SFTP, path string) error {
		if p.Recursive {
			return s.MkdirAll(ctx, path, modeOf(p.Mode))
		}
		return s.Mkdir(ctx, path, modeOf(p.Mode))
	})
}

func (f *files) remove(ctx context.Context, p wire.SFTPRemove) (wire.None, error) {
	return f.do(ctx, p.SFTP, p.Path, func(s *sshcore.SFTP, path string) error {
		// Looked at first: RemoveAll is happy with what is not there.
		e, err := s.Lstat(ctx, path)
		switch {
		case err != nil:
			return err
		case !e.IsDir():
			return s.Remove(ctx, path)
		case !p.Recursive:
			return s.RemoveDir(ctx, path)
		}
		return s.RemoveAll(ctx, path, f.counter(p.Transfer))
	})
}

func (f *files) rename(ctx context.Context, p wire.SFTPPair) (wire.None, error) {
	return f.do(ctx, p.SFTP, p.From, func(s *sshcore.SFTP, from string) error {
		if p.Overwrite {
			return s.Replace(ctx, from, string(p.To))
		}
		return s.RenameNew(ctx, from, string(p.To))
	})
}

func (f *files) symlink(ctx context.Context, p wire.SFTPPair) (wire.None, error) {
	return f.do(ctx, p.SFTP, p.To, func(s *sshcore.SFTP, path string) error {
		return s.Symlink(ctx, string(p.From), path)
	})
}

func (f *files) link(ctx context.Context, p wire.SFTPPair) (wire.None, error) {
	return f.do(ctx, p.SFTP, p.From, func(s *sshcore.SFTP, from string) error {
		return s.Link(ctx, from, string(p.To))
	})
}

func (f *files) copy(ctx context.Context, p wire.SFTPPair) (wire.None, error) {
	return f.do(ctx, p.SFTP, p.From, func(s *sshcore.SFTP, from string) error {
		return s.Copy(ctx, from, string(p.To), nil)
	})
}

func (f *files) change(ctx context.Context, p wire.SFTPChange) (wire.None, error) {
	return f.do(ctx, p.SFTP, p.Path, func(s *sshcore.SFTP, path string) error {
		if p.Size != nil {
			if err := s.Truncate(ctx, path, *p.Size); err != nil {
				return err
			}
		}
		if p.UID != nil && p.GID != nil {
			uid, gid := *p.UID, *p.GID
			if uid < 0 || uid > math.MaxUint32 || gid < 0 || gid > math.MaxUint32 {
				return fmt.Errorf("no such owner: %d:%d", uid, gid)
			}
			if err := f.chown(ctx, s, path, uint32(uid), uint32(gid), p); err != nil {
				return err
			}
		}
		if p.Mode != nil {
			if err := f.chmod(ctx, s, path, p); err != nil {
				return err
			}
		}
		if p.Atime != nil && p.Mtime != nil {
			return s.Chtimes(ctx, path, timeOf(*p.Atime), timeOf(*p.Mtime))
		}
		return nil
	})
}

func (f *files) chown(ctx context.Context, s *sshcore.SFTP, path string, uid, gid uint32, p wire.SFTPChange) error {
	if p.Recursive {
		return s.ChownAll(ctx, path, uid, gid, f.counter(p.Transfer))
	}
	return s.Chown(ctx, path, uid, gid)
}

func (f *files) chmod(ctx context.Context, s *sshcore.SFTP, path string, p wire.SFTPChange) error {
	if !p.Recursive {
		return s.Chmod(ctx, path, modeOf(p.Mode))
	}
	dirMode := p.DirMode
	if dirMode == nil {
		dirMode = p.Mode
	}
	return s.ChmodAll(ctx, path, modeOf(p.Mode), modeOf(dirMode), f.counter(p.Transfer))
}

// counter passes on how many paths were done.
func (f *files) counter(transfer int) func(string) {
	told, done := f.meter(transfer), int64(0)
	return func(string) {
		done++
		told(done, -1)
	}
}

func (f *files) statVFS(ctx context.Context, p wire.SFTPPath) (info wire.FileSystemInfo, err error) {
	_, err = f.do(ctx, p.SFTP, p.Path, func(s *sshcore.SFTP, path string) error {
		v, err := s.Space(ctx, path)
		info = wire.FileSystemInfo{
			Size: float64(v.Total), Free: float64(v.Free), Available: float64(v.Available),
			Files: float64(v.Files), FilesFree: float64(v.FilesFree),
		}
		return err
	})
	return info, err
}

// part describes what a broken upload has left, or nothing of the type
// "unknown".
func (f *files) part(ctx context.Context, p wire.SFTPPath) (info wire.FileInfo, err error) {
	info.Type = "unknown"
	_, err = f.do(ctx, p.SFTP, p.Path, func(s *sshcore.SFTP, path string) error {
		_, e, err := s.Part(ctx, path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil {
			info = infoOfFile(&e)
		}
		return err
	})
	return info, err
}

// meter returns what passes a transfer's progress on, a few times a second.
func (f *files) meter(transfer int) func(done, total int64) {
	const pause = 100 * time.Millisecond
	if transfer == 0 {
		return func(int64, int64) {}
	}
	last := time.Now()
	return func(done, total int64) {
		if time.Since(last) < pause {
			return
		}
		last = time.Now()
		p := wire.SFTPProgress{Transfer: transfer, Done: done}
		if total >= 0 {
			p.Total = &total
		}
		f.core.bridge.tell("sftpProgress", p)
	}
}
