package wire

// SFTPOpen opens an SFTP session, at the place that At says.
type SFTPOpen struct {
	Hop   int  `js:"hop,omitempty"`
	Shell bool `js:"shell,omitempty"` // where there is no SFTP, by commands of a shell
}

// SFTP is an SFTP session that was opened: its handle within its core, and
// what the server told of itself.
type SFTP struct {
	SFTP       int               `js:"sftp"`
	Shell      bool              `js:"shell"` // it is commands of a shell instead
	Home       FileName          `js:"home"`  // where relative paths start
	Extensions map[string]string `js:"extensions"`
}

// SFTPSession is the handle of an SFTP session.
type SFTPSession struct {
	SFTP int `js:"sftp"`
}

// SFTPPath names a file. Paths are the server's bytes.
type SFTPPath struct {
	SFTP int    `js:"sftp"`
	Path []byte `js:"path"`
}

// SFTPStat asks about a file.
type SFTPStat struct {
	SFTP   int    `js:"sftp"`
	Path   []byte `js:"path"`
	Follow bool   `js:"follow"` // links
}

// FileInfo is what the server tells of a file. What it did not tell is absent.
type FileInfo struct {
	Type  string   `js:"type" values:"file,directory,symlink,fifo,socket,block,char,unknown"`
	Size  *int64   `js:"size,omitempty"`
	Mode  *int     `js:"mode,omitempty"` // 0o7777 at most
	UID   *int64   `js:"uid,omitempty"`
	GID   *int64   `js:"gid,omitempty"`
	Atime *float64 `js:"atime,omitempty"` // milliseconds since 1970
	Mtime *float64 `js:"mtime,omitempty"` // milliseconds since 1970
}

// SFTPDir is the handle of a folder that is being listed.
type SFTPDir struct {
	Dir int `js:"dir"`
}

// SFTPNext asks for the next entries of a folder.
type SFTPNext struct {
	Dir int `js:"dir"`
	Max int `js:"max"`
}

// SFTPPage is a part of a listing.
type SFTPPage struct {
	// A line for each entry, with a line feed at its end; none: the listing has
	// ended. Objects would take ten times as long to cross. A line's fields, with
	// tabs between them, are name, type, size, mode, uid, gid, atime, mtime, owner,
	// group and raw, as in FileInfo and FileName; empty, if the server did not tell,
	// and raw is in hex. Texts are escaped and so hold neither tab nor line feed.
	Lines   string     `js:"lines"`
	Refused []FileName `js:"refused"` // names that lead elsewhere, and were left out
}

// FileName is a name or a path.
type FileName struct {
	Name string `js:"name"`          // escaped, where it is no clean UTF-8
	Raw  []byte `js:"raw,omitempty"` // its bytes, where Name is not exactly them
}

// SFTPMkdir makes a folder.
type SFTPMkdir struct {
	SFTP      int    `js:"sftp"`
	Path      []byte `js:"path"`
	Mode      *int   `js:"mode,omitempty"`
	Recursive bool   `js:"recursive"` // also those above it; one that is there is fine
}

// SFTPRemove removes a file, a link or an empty folder.
type SFTPRemove struct {
	SFTP      int    `js:"sftp"`
	Path      []byte `js:"path"`
	Recursive bool   `js:"recursive"` // folders with all that is in them
	Transfer  int    `js:"transfer"`  // for SFTPProgress, which counts what was removed; 0: tell nothing
}

// SFTPPair is for what has two paths.
type SFTPPair struct {
	SFTP      int    `js:"sftp"`
	From      []byte `js:"from"` // what a link points to
	To        []byte `js:"to"`
	Overwrite bool   `js:"overwrite"` // rename alone
}

// SFTPChange sets attributes; what is absent stays. Owner and group, and the
// two times, go together.
type SFTPChange struct {
	SFTP  int      `js:"sftp"`
	Path  []byte   `js:"path"`
	Mode  *int     `js:"mode,omitempty"`
	UID   *int64   `js:"uid,omitempty"`
	GID   *int64   `js:"gid,omitempty"`
	Atime *float64 `js:"atime,omitempty"` // milliseconds since 1970
	Mtime *float64 `js:"mtime,omitempty"`
	Size  *int64   `js:"size,omitempty"`

	// Mode, or owner and group, of all that is below, too, yet not of links.
	Recursive bool `js:"recursive,omitempty"`
	DirMode   *int `js:"dirMode,omitempty"`  // instead of Mode, for folders
	Transfer  int  `js:"transfer,omitempty"` // for SFTPProgress, which counts what was changed; 0: tell nothing
}

// FileSystemInfo is the space of a file system, in bytes, and its files.
type FileSystemInfo struct {
	Size      float64 `js:"size"`
	Free      float64 `js:"free"`
	Available float64 `js:"available"` // for this user
	Files     float64 `js:"files"`
	FilesFree float64 `js:"filesFree"`
}

// SFTPRead downloads. The bytes go out on the port, which ends with EOF only
// once all is verified; before the answer comes.
type SFTPRead struct {
	SFTP   int    `js:"sftp"`
	Path   []byte `js:"path"`
	Offset int64  `js:"offset"`
	Length *int64 `js:"length,omitempty"` // absent: to the end
	// What an earlier download has, up to Offset, or the end of that: it is
	// compared first.
	Tail []byte `js:"tail,omitempty"`
	// The file as that has found it: it fails if it has changed since.
	Size  *int64   `js:"size,omitempty"`
	Mtime *float64 `js:"mtime,omitempty"` // milliseconds since 1970

	Verify   bool `js:"verify,omitempty"` // the checksum of what was read, before EOF
	Transfer int  `js:"transfer"`         // for SFTPProgress; 0: tell nothing
}

// SFTPWrite uploads what comes in on the port, until its EOF. The answer says
// that it is on the server.
type SFTPWrite struct {
	SFTP      int      `js:"sftp"`
	Path      []byte   `js:"path"`
	Offset    int64    `js:"offset"`         // into the file, or into its part
	Skip      int64    `js:"skip"`           // so many of the bytes that come first are there already; the last 64 KiB of them are compared
	Size      *int64   `js:"size,omitempty"` // of the whole file, where that is known
	Mode      *int     `js:"mode,omitempty"`
	Mtime     *float64 `js:"mtime,omitempty"` // milliseconds since 1970
	Atomic    bool     `js:"atomic"`          // to a part first
	Overwrite bool     `js:"overwrite"`       // a file that is there
	Again     bool     `js:"again,omitempty"` // a part that is there was left by an earlier try, and may be replaced
	Verify    bool     `js:"verify"`          // the checksum, before it gets its name
	Transfer  int      `js:"transfer"`        // for SFTPProgress; 0: tell nothing
}

// SFTPMoved tells what a transfer moved, and how long the file is now, as far
// as this transfer has to do with it.
type SFTPMoved struct {
	Bytes int64    `js:"bytes"`
	Size  int64    `js:"size"`
	Mode  *int     `js:"mode,omitempty"`  // of what was downloaded, as the server tells
	Mtime *float64 `js:"mtime,omitempty"` // likewise; milliseconds since 1970
}

// SFTPProgress tells how far a transfer has come.
type SFTPProgress struct {
	Transfer int    `js:"transfer"`
	Done     int64  `js:"done"`
	Total    *int64 `js:"total,omitempty"`
}

// SFTPFail goes with the failure of a file operation.
type SFTPFail struct {
	Status int    `js:"status"`         // the server's answer; 0: it was not that
	Path   string `js:"path"`           // escaped, where it is no clean UTF-8
	Raw    []byte `js:"raw,omitempty"`  // its bytes, where Path is not exactly them
	Done   *int64 `js:"done,omitempty"` // bytes that were moved and are safe, of a transfer
}
