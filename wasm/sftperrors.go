//go:build js

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"strconv"

	"github.com/wasmiko/wasmiko/sshcore"
	"github.com/wasmiko/wasmiko/wasm/wire"
)

// cancelled is what becomes of a stream whose call was cancelled.
var cancelled = failure("aborted", "cancelled", "Cancelled.")

var sftpHints = map[string]string{
	"sftp/no-such-file":       "It may have been moved or removed. List the folder anew.",
	"sftp/permission-denied":  "The account on the server may not do this. Its permissions, or those of the folder, decide.",
	"sftp/exists":             "Choose another name, or replace it.",
	"sftp/not-empty":          "Remove what is in it first, or remove it with all its contents.",
	"sftp/not-a-directory":    "",
	"sftp/is-a-directory":     "",
	"sftp/not-a-regular-file": "Pipes, sockets and devices cannot be moved like files.",
	"sftp/failure":            "SFTP servers give no reason for this. Try the same in a shell, which tells more.",
	"sftp/unsupported":        "The server cannot do this.",
	"sftp/no-space":           "Make room on the server, then go on.",
	"sftp/quota":              "Your share of the server's disk is used up. Make room, then go on.",
	"sftp/bad-name":           "Choose another name.",
	"sftp/name-too-long":      "Choose a shorter name.",
	"sftp/broken-link":        "What it points to is missing, or points back to it. Remove the link, or mend it.",
	"sftp/too-many":           "A folder with so many entries is not listed to its end.",
	"sftp/too-deep":           "Such a tree is broken or made to trap programs.",
	"sftp/size-mismatch":      "Move it again.",
	"sftp/changed":            "Move it again, when nobody writes to it.",
	"sftp/checksum-mismatch":  "What was there before is unharmed. Move it again.",
	"sftp/part-differs":       "Begin anew.",
	"sftp/part-busy":          "Wait for the other upload, then try again.",
	"sftp/part-taken":         "Make sure that nobody else uploads the same file, then try again.",
	"sftp/no-checksum":        "What was there before is unharmed. Move it without a checksum, or see to it that the server has sha256sum.",
	"sftp/no-sftp":            "Ask whoever runs the server to switch SFTP on (Subsystem sftp, in sshd_config).",
	"sftp/one-session":        "Connect a second time, or ask whoever runs the server to raise MaxSessions.",
	"sftp/connection":         "Open the files anew.",
	"sftp/protocol":           "Often a login script prints something: it must not, without a terminal.",
	"sftp/timeout":            "The server may be overloaded. Try again.",
}

func init() { maps.Copy(hints, sftpHints) }

// verbs say what was to be done, for sentences that begin with "Cannot".
var verbs = map[string]string{
	"list": "list", "stat": "look at", "lstat": "look at", "download": "read", "upload": "write",
	"readlink": "read the link", "realpath": "find", "mkdir": "make the folder",
	"remove": "remove", "rmdir": "remove the folder", "rename": "rename", "symlink": "make the link",
	"link": "link", "copy": "copy", "chmod": "change the permissions of", "chown": "change the owner of",
	"chtimes": "set the times of", "truncate": "set the size of", "sync": "save", "space": "measure",
	"part": "resume", "verify": "verify", "use": "use",
}

// describeSFTP says why a file operation failed; nil: it is not about files.
func (c *core) describeSFTP(err error) *wire.Error {
	switch {
	case errors.Is(err, sshcore.ErrNoSFTP):
		return c.sftpFailure(err, "no-sftp", "%s offers no file transfer (SFTP).", c.target.host)
	case errors.Is(err, sshcore.ErrOneSession):
		return c.sftpFailure(err, "one-session", "%s allows no further session on this connection.", c.target.host)
	}
	var e *sshcore.SFTPError
	if !errors.As(err, &e) {
		return nil
	}
	if f := c.brokenOff(err); f != nil {
		return f
	}
	reason := sftpReason(err, e)
	verb := verbs[e.Op]
	if verb == "" {
		verb = "use"
	}
	return c.sftpFailure(err, reason, "Cannot %s %s: %s.", verb, quotePath(e.Path), sftpCause(reason, e))
}

// brokenOff describes failures that are not the file's: the end of the
// connection, and an abort. nil: it is something else.
func (c *core) brokenOff(err error) *wire.Error {
	var closed *sshcore.ClosedError
	var stream *portError
	var f *wire.Error
	switch {
	case errors.As(err, &closed):
		f = c.describe(closed)
	case errors.Is(err, context.Canceled), errors.As(err, &stream):
		f = failure("aborted", "cancelled", "Cancelled.")
	case errors.Is(err, fs.ErrClosed):
		f = failure("closed", "local", "The SFTP session was closed.")
	default:
		return nil
	}
	f.SFTP = sftpDetail(err)
	return f
}

func (c *core) sftpFailure(err error, reason, format string, args ...any) *wire.Error {
	f := failure("sftp", reason, format, args...)
	f.SFTP = sftpDetail(err)
	return f
}

// sftpDetail is what programs want to know.
func sftpDetail(err error) *wire.SFTPFail {
	detail := &wire.SFTPFail{}
	var e *sshcore.SFTPError
	if errors.As(err, &e) {
		name := nameOf(e.Path)
		detail.Status, detail.Path, detail.Raw = int(e.Status), name.Name, name.Raw
	}
	var t *transferError
	if errors.As(err, &t) {
		detail.Done = &t.done
	}
	return detail
}

// sftpReason names the cause.
func sftpReason(err error, e *sshcore.SFTPError) string {
	var name *sshcore.NameError
	var protocol *sshcore.SFTPProtocolError
	const statusQuota = 15 // of later drafts
	switch {
	case errors.Is(err, sshcore.ErrNameTooLong):
		return "name-too-long"
	case errors.As(err, &name), e.Status == sshcore.StatusBadMessage, errors.Is(err, fs.ErrInvalid):
		return "bad-name"
	case errors.As(err, &protocol):
		return "protocol"
	case e.Status == statusQuota:
		return "quota"
	}
	for _, known := range sftpReasons {
		if errors.Is(err, known.err) {
			return known.reason
		}
	}
	return "failure"
}

var sftpReasons = []struct {
	err    error
	reason string
}{
	{sshcore.ErrChecksum, "checksum-mismatch"},
	{sshcore.ErrNoChecksum, "no-checksum"},
	{sshcore.ErrPartBusy, "part-busy"},
	{sshcore.ErrPartTaken, "part-taken"},
	{sshcore.ErrBrokenLink, "broken-link"},
	{fs.ErrNotExist, "no-such-file"},
	{fs.ErrPermission, "permission-denied"},
	{fs.ErrExist, "exists"},
	{sshcore.ErrIsDir, "is-a-directory"},
	{sshcore.ErrNotDir, "not-a-directory"},
	{sshcore.ErrNotEmpty, "not-empty"},
	{sshcore.ErrNotRegular, "not-a-regular-file"},
	{sshcore.ErrNoSpace, "no-space"},
	{sshcore.ErrChanged, "changed"},
	{errShort, "changed"},
	{sshcore.ErrSizeMismatch, "size-mismatch"},
	{sshcore.ErrTooMany, "too-many"},
	{sshcore.ErrTooDeep, "too-deep"},
	{sshcore.ErrSFTPEnded, "connection"},
	{sshcore.ErrPartDiffers, "part-differs"},
	{errors.ErrUnsupported, "unsupported"},
	{context.DeadlineExceeded, "timeout"},
}

// causes are the ends of sentences.
var causes = map[string]string{
	"no-such-file":       "there is no such file or folder",
	"broken-link":        "it is a link that leads nowhere",
	"permission-denied":  "permission denied",
	"exists":             "something with this name is there already",
	"not-empty":          "it is not empty",
	"not-a-directory":    "it is no folder",
	"is-a-directory":     "it is a folder",
	"not-a-regular-file": "it is no ordinary file",
	"unsupported":        "the server does not offer this",
	"no-space":           "no space is left on the server",
	"quota":              "the quota on the server is used up",
	"bad-name":           "the server does not take this name",
	"name-too-long":      "the name is longer than the server takes",
	"too-many":           "it has more entries than can be believed",
	"too-deep":           "it is nested too deeply",
	"size-mismatch":      "on the server it has another size than expected",
	"changed":            "it changed while it was moved",
	"checksum-mismatch":  "the checksum on the server differs",
	"part-differs":       "what is there already is not of the same file",
	"part-busy":          "another upload to the same file is running",
	"part-taken":         "another upload to the same file has taken its place",
	"no-checksum":        "the server cannot be made to tell a checksum",
	"connection":         "the server's SFTP program has ended",
	"protocol":           "the server does not keep to the protocol of SFTP",
	"timeout":            "the server does not answer",
}

func sftpCause(reason string, e *sshcore.SFTPError) string {
	if cause := causes[reason]; cause != "" {
		return cause
	}
	if e.Msg != "" && e.Msg != "Failure" {
		return "the server says " + strconv.Quote(e.Msg)
	}
	if e.Err != nil {
		return e.Err.Error()
	}
	return fmt.Sprintf("the server refused, and does not tell why (status %d)", e.Status)
}

// quotePath shows a path within a sentence.
func quotePath(path string) string {
	if path == "" {
		return "it"
	}
	return "\u201c" + escape(path) + "\u201d"
}
