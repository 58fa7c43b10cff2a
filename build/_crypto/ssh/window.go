package ssh

// How much a channel may hold that nobody has read yet. It begins small; it
// grows while the reader keeps up, as a receive window of TCP does, so that a
// distant server can send without waiting; and it shrinks when the reader falls
// behind. Of a terminal to little, for what it has not shown yet lies before the
// effect of Ctrl-C; of all else to x/crypto's own window, for a disk that stops
// for a moment takes all at once afterwards, and a distant server should not have
// to begin anew then.
const (
	leastRoom    = 2 << 20
	terminalRoom = 64 << 10
	firstRoom    = 256 << 10
	mostRoom     = 8 << 20
)

// flow is what a channel knows of its reader.
type flow struct {
	room   uint32 // myWindow and unread together never exceed it when credit is given
	unread uint32 // bytes that arrived and were not read
	kept   uint32 // bytes read since room changed

	terminal bool
}

// sending notes what a channel becomes by a request.
func (ch *channel) sending(request string) {
	if request == "pty-req" {
		ch.windowMu.Lock()
		ch.flow.terminal = true
		ch.windowMu.Unlock()
	}
}

func (f *flow) least() uint32 {
	if f.terminal {
		return terminalRoom
	}
	return leastRoom
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
	case f.unread > f.room/2 && f.room > f.least():
		f.kept = 0
		f.room = max(f.room/2, f.least())
	case f.unread == 0 && f.kept >= f.room:
		f.kept = 0
		f.room = min(f.room*2, mostRoom)
	}
	if used := window + f.unread; used < f.room && f.room-used >= f.room/8 {
		return f.room - used
	}
	return 0
}
