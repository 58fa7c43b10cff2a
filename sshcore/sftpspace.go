package sshcore

import "context"

// Space describes the file system that holds a path.
type Space struct {
	Total, Free, Available uint64 // bytes; what is available to the user is less than what is free
	Files, FilesFree       uint64 // how many it can hold, and how many more
	ReadOnly               bool
	NameMax                uint64 // bytes of a name
}

// Space asks about a file system. It fails with errors.ErrUnsupported if the
// server does not offer statvfs@openssh.com.
func (s *SFTP) Space(ctx context.Context, path string) (Space, error) {
	f, err := s.extension(ctx, "space", path, extStatVFS, fxpExtendedReply, path)
	if err != nil {
		return Space{}, err
	}
	v := f.takeVFS()
	if f.bad {
		return Space{}, failed("space", path, s.c.broken("an answer that is cut off"))
	}
	return v, nil
}

// takeVFS takes the answer to statvfs, PROTOCOL section 4.4.
func (f *fields) takeVFS() Space {
	f.uint64() // block size
	unit := f.uint64()
	v := Space{Total: f.uint64() * unit, Free: f.uint64() * unit, Available: f.uint64() * unit}
	v.Files, v.FilesFree = f.uint64(), f.uint64()
	f.uint64() // files that are available to the user
	f.uint64() // file system id
	v.ReadOnly = f.uint64()&1 != 0
	v.NameMax = f.uint64()
	return v
}
