package sshcore

import (
	"context"
	"errors"
	"fmt"
)

// OpenSSH's extensions, described in its file PROTOCOL, section 4.
const (
	extPosixRename = "posix-rename@openssh.com"
	extHardlink    = "hardlink@openssh.com"
	extFsync       = "fsync@openssh.com"
	extStatVFS     = "statvfs@openssh.com"
	extLimits      = "limits@openssh.com"
	extCopyData    = "copy-data"
)

// check-file is older than OpenSSH; ProFTPD has it, and names it either way.
const (
	extCheckFile     = "check-file"
	extCheckFileName = "check-file-name"
)

// extension asks for something by an extension whose fields are strings.
func (s *SFTP) extension(ctx context.Context, op, path, name string, want byte, args ...string) (*fields, error) {
	if err := s.needs(op, path, name); err != nil {
		return nil, err
	}
	p := extended(name)
	for _, a := range args {
		p = putString(p, a)
	}
	return s.c.ask(ctx, op, path, newRequest(p), want)
}

func (s *SFTP) needs(op, path, extension string) error {
	if s.Offers(extension) {
		return nil
	}
	return failed(op, path, fmt.Errorf("%w: the server does not offer %s", errors.ErrUnsupported, extension))
}
