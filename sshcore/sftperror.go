package sshcore

import (
	"errors"
	"fmt"
	"io/fs"
)

// Errors of SFTP that a caller may want to tell apart.
var (
	// ErrNoSFTP reports a server without the subsystem "sftp".
	ErrNoSFTP = errors.New("the server has no SFTP subsystem")
	// ErrOneSession reports that the server refuses another session channel
	// on this connection. A second connection may be let in.
	ErrOneSession = errors.New("the server refuses another session on this connection")
	// ErrSFTPEnded reports that the SFTP server went away while the
	// connection stayed.
	ErrSFTPEnded = errors.New("the SFTP server ended the session")
	// ErrNotRegular reports that what should be read or replaced is not a
	// file: reading a FIFO or a device could wait for ever, or change things.
	ErrNotRegular = errors.New("not a regular file")
	// ErrIsDir reports a directory where a file was expected, and ErrNotDir the
	// reverse.
	ErrIsDir  = errors.New("a directory")
	ErrNotDir = errors.New("not a directory")
	// ErrNotEmpty reports a directory that holds something, and so cannot be
	// removed as it is.
	ErrNotEmpty = errors.New("the directory is not empty")
	// ErrBrokenLink reports a link that leads to nothing, or in a circle. It is
	// an fs.ErrNotExist, too.
	ErrBrokenLink = fmt.Errorf("a link that leads nowhere: %w", fs.ErrNotExist)
	// ErrNameTooLong reports a name, or a path, that the server's file system
	// does not take.
	ErrNameTooLong = errors.New("the name is too long")
	// ErrChanged reports that a file changed while it was read, or that it is
	// not as long as the server said.
	ErrChanged = errors.New("the file changed while it was read")
	// ErrSizeMismatch reports that a file on the server is not as long as
	// what was written to it, or shorter than where a transfer should resume.
	ErrSizeMismatch = errors.New("the file on the server has another size than expected")
	// ErrChecksum reports a file whose checksum on the server is not that of what
	// was sent or received.
	ErrChecksum = errors.New("the checksum on the server differs")
	// ErrNoChecksum reports a server that cannot be made to tell a checksum.
	ErrNoChecksum = errors.New("the server cannot tell a checksum")
	// ErrPartDiffers reports that what an earlier transfer has left is not of the
	// same file, so that there is nothing to resume.
	ErrPartDiffers = errors.New("what is there already is not of the same file")
	// ErrPartBusy reports that another upload on this connection writes to the
	// part from which one should go on.
	ErrPartBusy = errors.New("another upload to the same file is running")
	// ErrPartTaken reports that somebody else has removed or replaced the part of
	// an upload. The file under its final name was not touched.
	ErrPartTaken = errors.New("another upload to the same file has taken this one's place")
	// ErrNoSpace reports a full disk, or a quota that is used up.
	ErrNoSpace = errors.New("no space left on the server")
	// ErrTooMany reports a directory or a tree with more entries than can be
	// believed.
	ErrTooMany = errors.New("too many entries")
	// ErrTooDeep reports a tree that is nested too deeply to be believed.
	ErrTooDeep = errors.New("nested too deeply")
)

// SFTPError reports a file operation that failed. Unwrap gives one of the
// errors above, fs.ErrNotExist, fs.ErrPermission, fs.ErrExist or
// errors.ErrUnsupported where the cause is known; a *ClosedError if the
// connection ended, a *SFTPProtocolError if the server does not keep to SFTP,
// fs.ErrClosed after Close, what the caller's reader or writer returned, or
// the cause of ctx's end.
type SFTPError struct {
	Op   string // such as "stat", "download"
	Path string // raw bytes
	// Status is the server's answer, draft-ietf-secsh-filexfer-02 section 7,
	// or 0 if it was not one that failed the operation.
	Status uint32
	Msg    string // the server's words: not to be trusted, and not clean
	Err    error
}

// The statuses of section 7, and those of later drafts that some servers send.
const (
	StatusOK               = 0
	StatusEOF              = 1
	StatusNoSuchFile       = 2
	StatusPermissionDenied = 3
	StatusFailure          = 4
	StatusBadMessage       = 5
	StatusUnsupported      = 8
	statusNoSuchPath       = 10
	statusExists           = 11
	statusWriteProtect     = 12
	statusNoSpace          = 14
	statusQuota            = 15
)

func (e *SFTPError) Error() string {
	s := fmt.Sprintf("%s %q: ", e.Op, e.Path)
	switch {
	case e.Err != nil:
		return s + e.Err.Error()
	case e.Msg != "" && e.Status == StatusFailure:
		return s + fmt.Sprintf("the server says %q", e.Msg)
	case e.Msg != "":
		return s + fmt.Sprintf("the server says %q (status %d)", e.Msg, e.Status)
	}
	return s + fmt.Sprintf("the server refused (status %d)", e.Status)
}

// Unwrap returns the cause.
func (e *SFTPError) Unwrap() error { return e.Err }

// statusCause is what a status means in Go's terms, or nil.
func statusCause(status uint32) error {
	switch status {
	case StatusNoSuchFile, statusNoSuchPath:
		return fs.ErrNotExist
	case StatusPermissionDenied, statusWriteProtect:
		return fs.ErrPermission
	case statusExists:
		return fs.ErrExist
	case StatusUnsupported:
		return errors.ErrUnsupported
	case statusNoSpace, statusQuota:
		return ErrNoSpace
	}
	return nil
}

// failed makes an SFTPError, unless err already is one.
func failed(op, path string, err error) error {
	var e *SFTPError
	if err == nil || errors.As(err, &e) {
		return err
	}
	return &SFTPError{Op: op, Path: path, Err: err}
}

// statusOf is the server's answer in an error, or StatusOK.
func statusOf(err error) uint32 {
	var e *SFTPError
	if errors.As(err, &e) {
		return e.Status
	}
	return StatusOK
}

// SFTPProtocolError reports a server that does not keep to SFTP version 3. It
// ends the SFTP session.
type SFTPProtocolError struct{ What string }

func (e *SFTPProtocolError) Error() string {
	return "the SFTP server does not keep to the protocol: " + e.What
}

// NameError reports an entry of a directory that was left out, because its
// name would lead somewhere else.
type NameError struct {
	Dir  string
	Name string // as it came
}

func (e *NameError) Error() string {
	return fmt.Sprintf("%q holds the impossible name %q", e.Dir, e.Name)
}
