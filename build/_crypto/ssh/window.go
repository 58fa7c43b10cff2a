package ssh

// How much a channel may hold that nobody has read yet. It begins small; it
// grows while the reader keeps up, as a receive window of TCP does, so that a
// distant server can send without waiting; and it shrinks when the reader falls
// behind, to little, for what a terminal has not shown yet lies before the
// effect of Ctrl-C.
const (
	leastRoom = 64 << 10
	firstRoom = 256 << 10
	mostRoom  = 8 << 20
)

// flow is what a channel knows of its reader.
type flow struct {
	room   uint32 // myWindow and unread together never exceed it when credit is given
	unread uint32 // bytes that arrived and were not read
	kept   uint32 // bytes read since room changed, with nothing left unread
}

// arrived counts bytes that came. windowMu is held.
func (f *flow) arrived(n uint32) { f.unread += n }

// read counts bytes that were read, and returns how much credit to give, with
// window what the peer has left. Every message costs, so it is an eighth of the
// room or nothing; the peer has the rest of it, and does not starve.
func (f *flow) read(n, window uint32) uint32 {
	f.unread -= n
	f.kept += n
	switch {
	case f.unread > f.room/2:
		f.kept = 0
		f.room = max(f.room/2, leastRoom)
	case f.unread == 0 && f.kept >= f.room:
		f.kept = 0
		f.room = min(f.room*2, mostRoom)
	}
	if used := window + f.unread; used < f.room && f.room-used >= f.room/8 {
		return f.room - used
	}
	return 0
}
