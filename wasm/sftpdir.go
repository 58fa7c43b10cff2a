//go:build js

package main

import (
	"context"
	"io"
	"io/fs"

	"github.com/wasmiko/wasmiko/sshcore"
	"github.com/wasmiko/wasmiko/wasm/wire"
)

// maxPage is how many entries the page gets at a time.
const maxPage = 1000

// listing is a folder that the page lists.
type listing struct {
	*sshcore.Dir
	session int // whose it is
	told    int // how many refused names the page knows
}

func (f *files) openDir(ctx context.Context, p wire.SFTPPath) (dir wire.SFTPDir, err error) {
	_, err = f.do(ctx, p.SFTP, p.Path, func(s *sshcore.SFTP, path string) error {
		d, err := s.OpenDir(ctx, path)
		if err != nil {
			return err
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.lastID++
		f.dirs[f.lastID] = &listing{Dir: d, session: p.SFTP}
		dir.Dir = f.lastID
		return nil
	})
	return dir, err
}

// next answers with entries, or with none at the end. The page asks for one
// page of a listing at a time.
func (f *files) next(ctx context.Context, p wire.SFTPNext) (wire.SFTPPage, error) {
	f.mu.Lock()
	d := f.dirs[p.Dir]
	f.mu.Unlock()
	if d == nil {
		return wire.SFTPPage{}, &sshcore.SFTPError{Op: "list", Err: fs.ErrClosed}
	}
	entries, err := d.Next(ctx, min(max(p.Max, 1), maxPage))
	if err != nil && err != io.EOF {
		return wire.SFTPPage{}, err
	}
	page := wire.SFTPPage{Entries: make([]wire.FileEntry, len(entries))}
	for i := range entries {
		page.Entries[i] = entryOf(&entries[i])
	}
	refused, _ := d.Refused()
	for _, bad := range refused[d.told:] {
		page.Refused = append(page.Refused, nameOf(bad.Name))
	}
	d.told = len(refused)
	return page, nil
}

func (f *files) closeDir(_ context.Context, p wire.SFTPDir) (wire.None, error) {
	f.mu.Lock()
	d := f.dirs[p.Dir]
	delete(f.dirs, p.Dir)
	f.mu.Unlock()
	if d != nil {
		d.Close()
	}
	return wire.None{}, nil
}
