//go:build js

package main

import (
	"context"
	"encoding/hex"
	"io"
	"io/fs"
	"strconv"

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
	var lines []byte
	for i := range entries {
		lines = appendLine(lines, &entries[i])
	}
	page := wire.SFTPPage{Lines: string(lines)}
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

// appendLine appends the line of an entry, as wire.SFTPPage says.
func appendLine(b []byte, e *sshcore.Entry) []byte {
	name := nameOf(e.Name)
	b = append(append(b, name.Name...), '\t')
	b = append(append(b, fileType(e)...), '\t')
	b = appendField(b, e.Told.Has(sshcore.ToldSize), e.Size)
	b = appendField(b, e.Told.Has(sshcore.ToldMode), int64(posixBits(e.Mode)))
	b = appendField(b, e.Told.Has(sshcore.ToldOwner), int64(e.UID))
	b = appendField(b, e.Told.Has(sshcore.ToldOwner), int64(e.GID))
	b = appendField(b, e.Told.Has(sshcore.ToldTimes), e.Atime.UnixMilli())
	b = appendField(b, e.Told.Has(sshcore.ToldTimes), e.Mtime.UnixMilli())
	b = append(append(b, escape(e.Owner)...), '\t')
	b = append(append(b, escape(e.Group)...), '\t')
	return append(hex.AppendEncode(b, name.Raw), '\n')
}

func appendField(b []byte, told bool, n int64) []byte {
	if told {
		b = strconv.AppendInt(b, n, 10)
	}
	return append(b, '\t')
}
