package sshcore

import (
	"context"
	"io/fs"
	"time"
)

// Transfer says how to move a file. The zero value moves all of it.
type Transfer struct {
	// Offset is where to begin in the file on the server. An upload cuts the
	// file off there first; it must be at least that long.
	Offset int64
	// Length bounds a download. Zero is the rest of the file.
	Length int64

	// Tail is the end of what an earlier download had up to Offset. It is compared
	// with the file before anything else; if that has other bytes there, the
	// download fails with ErrPartDiffers. 64 KiB are plenty.
	Tail []byte
	// Known is the file as that earlier download has found it. If its size or its
	// time is another now, the download fails with ErrChanged. Nil is fine.
	Known *Entry
	// Opened is told what a file that is downloaded is. Nil is fine.
	Opened func(Entry)

	// Mode is what an uploaded file gets; see the upload in question for zero.
	Mode fs.FileMode
	// Mtime is the time that an uploaded file gets. Zero leaves it.
	Mtime time.Time
	// Sync has the server write an upload to its disk before it counts as
	// done, if it offers fsync@openssh.com.
	Sync bool
	// New has an upload fail with fs.ErrExist if something has its name already.
	New bool
	// Again lets a Put from the start replace the part that an earlier one left,
	// at once. Without it the part stays for a minute after its last change, and
	// another name is used, for it might be written to by somebody else.
	Again bool
	// Check is asked about an upload of which everything has arrived, at the path
	// where that is: a Put gives it its name only then. See Matches. Nil is fine.
	Check func(ctx context.Context, path string) error
	// Size is how long an upload will be, from Offset on, for Progress. Zero
	// means unknown.
	Size int64

	// Progress is told how much of how much has been moved, from Offset on:
	// written, or acknowledged by the server. A total of -1 is unknown. It
	// comes from the caller's goroutine and must not block. Nil is fine.
	Progress func(done, total int64)
}

func (t *Transfer) progress(done, total int64) {
	if t.Progress != nil {
		t.Progress(done, total)
	}
}

const (
	// readSize and largeWrite are what was measured as fastest with OpenSSH,
	// through a relay and in a page. A server that does not say that it takes
	// that gets writeSize, which all take.
	readSize   = 64 << 10
	writeSize  = 32 << 10
	largeWrite = 128 << 10
	// maxFlight is how many requests are on the way at a time, and readFlight
	// and writeFlight how many bytes: more than a channel's window lets through
	// in a round trip, however long that is. What is on the way of an upload that
	// is cut off may be there in part, and is sent again: web/src/client/put.ts
	// counts on writeFlight.
	maxFlight   = 64
	readFlight  = 4 << 20
	writeFlight = 2 << 20
)

// ring is the requests of a transfer in the order of the file, each with its
// piece of memory, which is used again.
type ring struct {
	flying []*piece // oldest first
	free   []*piece
	limit  int // of flying; it begins with half of most and grows with each answer
	most   int
}

// newRing is for pieces of a size, of which so many bytes may fly.
func newRing(size, flight int) ring {
	most := max(1, min(flight/size, maxFlight))
	return ring{limit: max(1, most/2), most: most}
}

// piece is a request for, or with, a part of a file.
type piece struct {
	*request
	offset int64
	memory []byte
	have   int // valid bytes of memory
	want   int
}

func (g *ring) full() bool { return len(g.flying) >= g.limit }

// piece returns one that is not flying.
func (g *ring) piece() *piece {
	if n := len(g.free); n > 0 {
		p := g.free[n-1]
		g.free = g.free[:n-1]
		return p
	}
	return &piece{request: newRequest(nil)}
}

// land takes the oldest piece out, to be used again.
func (g *ring) land() {
	p := g.flying[0]
	g.flying = append(g.flying[:0], g.flying[1:]...)
	g.free = append(g.free, p)
	g.limit = min(g.limit+1, g.most)
}

// abandon leaves the pieces that are still flying to the connection.
func (g *ring) abandon(c *sftpConn) {
	for _, p := range g.flying {
		c.giveUp(p.request)
	}
	g.flying = nil
}
