package sshcore

import (
	"context"
	"strings"
)

// ReadLink returns what a link says, as the server has it.
func (s *SFTP) ReadLink(ctx context.Context, path string) (string, error) {
	return s.oneName(ctx, "readlink", path, withStrings(fxpReadlink, path))
}

// RealPath returns the absolute path of a file, as the server sees it. That of
// "." is where a session begins.
func (s *SFTP) RealPath(ctx context.Context, path string) (string, error) {
	return s.oneName(ctx, "realpath", path, withStrings(fxpRealpath, path))
}

// oneName sends a request that is answered with a single name, section 6.11.
func (s *SFTP) oneName(ctx context.Context, op, path string, packet []byte) (string, error) {
	f, err := s.c.ask(ctx, op, path, newRequest(packet), fxpName)
	if err != nil {
		return "", err
	}
	count, name := f.uint32(), f.string()
	if f.bad || count != 1 {
		return "", failed(op, path, s.c.broken("an answer without a name"))
	}
	if name == "" || strings.Contains(name, "\x00") {
		return "", failed(op, path, &NameError{Dir: path, Name: name})
	}
	return name, nil
}

// Symlink makes a link at path that says target.
func (s *SFTP) Symlink(ctx context.Context, target, path string) error {
	// The draft, section 6.10, has it the other way round; OpenSSH's PROTOCOL,
	// section 4.1, tells why everybody does it like this.
	return s.doNew(ctx, "symlink", path, withStrings(fxpSymlink, target, path))
}

// Link gives a file a second name. It fails with errors.ErrUnsupported if the
// server does not offer hardlink@openssh.com.
func (s *SFTP) Link(ctx context.Context, file, path string) error {
	_, err := s.extension(ctx, "link", path, extHardlink, fxpStatus, file, path)
	return s.explainNew(ctx, path, err)
}
