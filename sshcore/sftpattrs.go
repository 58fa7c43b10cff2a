package sshcore

import (
	"io/fs"
	"math"
	"time"
)

// Flags of the attributes, draft-ietf-secsh-filexfer-02 section 5.
const (
	attrSize     = 0x01
	attrOwner    = 0x02
	attrMode     = 0x04
	attrTimes    = 0x08
	attrExtended = 0x80000000
)

// Entry describes a file. What the server did not tell is zero.
type Entry struct {
	// Name is the last part of the path: the server's bytes as they came,
	// whatever their encoding. From a listing it is never empty, "." or "..",
	// and holds neither "/" nor NUL.
	Name         string
	Size         int64
	Mode         fs.FileMode
	UID, GID     uint32
	Owner, Group string // of a listing, if the server has them; only to be shown
	Atime, Mtime time.Time
	Told         Told // what of the above the server told
}

// Told is a set of the attributes in an Entry.
type Told uint8

// The attributes that come together. Owner and Group are apart: they are empty
// if they were not told.
const (
	ToldSize  Told = attrSize
	ToldOwner Told = attrOwner
	ToldMode  Told = attrMode
	ToldTimes Told = attrTimes
)

// Has tells whether all of the attributes were told.
func (t Told) Has(what Told) bool { return t&what == what }

// IsDir tells whether it is a directory.
func (e *Entry) IsDir() bool { return e.Mode.IsDir() }

// takeAttrs takes attributes. Sizes and counts are the server's word, and
// nothing is allocated by them.
func (f *fields) takeAttrs() Entry {
	var e Entry
	flags := f.uint32()
	e.Told = Told(flags & (attrSize | attrOwner | attrMode | attrTimes))
	if flags&attrSize != 0 {
		e.Size = int64(min(f.uint64(), math.MaxInt64))
	}
	if flags&attrOwner != 0 {
		e.UID, e.GID = f.uint32(), f.uint32()
	}
	if flags&attrMode != 0 {
		e.Mode = fileMode(f.uint32())
	}
	if flags&attrTimes != 0 {
		e.Atime, e.Mtime = time.Unix(int64(f.uint32()), 0), time.Unix(int64(f.uint32()), 0)
	}
	if flags&attrExtended != 0 {
		for n := f.uint32(); n > 0 && !f.bad; n-- {
			f.take(uint64(f.uint32()))
			f.take(uint64(f.uint32()))
		}
	}
	return e
}

// File types in the mode, as POSIX systems number them and servers send them.
const (
	typeMask   = 0o170000
	typeFIFO   = 0o010000
	typeChar   = 0o020000
	typeDir    = 0o040000
	typeBlock  = 0o060000
	typeFile   = 0o100000
	typeLink   = 0o120000
	typeSocket = 0o140000
)

func fileMode(m uint32) fs.FileMode {
	mode := fs.FileMode(m & 0o777)
	switch m & typeMask {
	case typeFile, 0: // some servers send permissions without a type
	case typeDir:
		mode |= fs.ModeDir
	case typeLink:
		mode |= fs.ModeSymlink
	case typeFIFO:
		mode |= fs.ModeNamedPipe
	case typeSocket:
		mode |= fs.ModeSocket
	case typeBlock:
		mode |= fs.ModeDevice
	case typeChar:
		mode |= fs.ModeDevice | fs.ModeCharDevice
	default:
		mode |= fs.ModeIrregular
	}
	for _, b := range specialBits {
		if m&b.posix != 0 {
			mode |= b.mode
		}
	}
	return mode
}

var specialBits = [...]struct {
	posix uint32
	mode  fs.FileMode
}{{0o4000, fs.ModeSetuid}, {0o2000, fs.ModeSetgid}, {0o1000, fs.ModeSticky}}

// posixMode is the permissions for a server, without the type, which cannot be
// changed.
func posixMode(mode fs.FileMode) uint32 {
	m := uint32(mode.Perm())
	for _, b := range specialBits {
		if mode&b.mode != 0 {
			m |= b.posix
		}
	}
	return m
}

// posixTime is a time for a server, which has 32 bits for it.
func posixTime(t time.Time) uint32 {
	return uint32(min(max(t.Unix(), 0), math.MaxUint32))
}
