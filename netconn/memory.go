package netconn

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	defaultMemory = 512 << 20

	// One connection may hold shareOf of what is free, but no less than leastShare
	// and no more than mostShare, whatever its client asks for.
	shareOf    = 64
	leastShare = 16 << 10
	mostShare  = clientWindow

	// wakeDelay gathers what is given back before those that wait look again.
	wakeDelay = 5 * time.Millisecond
)

// Memory bounds what a relay's connections hold together: bytes that their clients
// have not acknowledged, and bytes that their targets have not taken. Each of these
// has one half. The zero value is ready for use.
//
// A connection may hold a share of what is still free. So those that hold most have
// to wait first, and are slow rather than dead; there is always something left for
// the others, however many do not move. (For switches: Choudhury and Hahne, "Dynamic
// queue length thresholds", 1998.) Only bytes that a client sends within credit that
// it was given before cannot be put off. If there is no room for those, the connection
// whose target leaves most untaken is ended.
type Memory struct {
	// Max is how many bytes; zero means 512 MiB. It must not be changed later.
	Max int64

	out, in half
	waiting atomic.Int64

	relieving sync.Mutex // taken before mu

	mu      sync.Mutex
	conns   map[*Conn]struct{}
	waiters []*Conn
	armed   bool
}

// half is what one direction has of a Memory.
type half struct{ used atomic.Int64 }

// Used returns how many bytes are held.
func (m *Memory) Used() int64 { return m.out.used.Load() + m.in.used.Load() }

// Limit returns how many may be.
func (m *Memory) Limit() int64 {
	if m.Max <= 0 {
		return defaultMemory
	}
	return m.Max
}

// Full reports whether there is nothing left for another connection.
func (m *Memory) Full() bool {
	return min(m.free(&m.out), m.free(&m.in))/shareOf < leastShare
}

// lend takes n bytes for a buffer of the caller's, if they are no more than one
// connection's share.
func (m *Memory) lend(n int64) bool {
	return m == nil || m.share(&m.out) >= n && m.reserve(&m.out, n)
}

func (m *Memory) free(h *half) int64 { return m.Limit()/2 - h.used.Load() }

// share is what one connection may hold.
func (m *Memory) share(h *half) int64 { return min(max(m.free(h)/shareOf, leastShare), mostShare) }

// reserve takes n bytes, if they are there.
func (m *Memory) reserve(h *half, n int64) bool {
	for {
		used := h.used.Load()
		if used+n > m.Limit()/2 {
			return false
		}
		if h.used.CompareAndSwap(used, used+n) {
			return true
		}
	}
}

// give gives n bytes back, and has those that wait look again.
func (m *Memory) give(h *half, n int64) {
	if n == 0 {
		return
	}
	h.used.Add(-n)
	if n < 0 || m.waiting.Load() == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.armed {
		m.armed = true
		time.AfterFunc(wakeDelay, m.wake)
	}
}

// await has c look again when there is more. Whoever calls it tries once more
// afterwards: something may have been given back just before. c's lock is held.
func (m *Memory) await(c *Conn) {
	if c.starved {
		return
	}
	c.starved = true
	m.mu.Lock()
	defer m.mu.Unlock()
	m.waiters = append(m.waiters, c)
	m.waiting.Store(int64(len(m.waiters)))
}

func (m *Memory) wake() {
	m.mu.Lock()
	waiters := m.waiters
	m.waiters, m.armed = nil, false
	m.waiting.Store(0)
	m.mu.Unlock()
	for _, c := range waiters {
		c.mu.Lock()
		c.starved = false
		c.writable.Broadcast()
		c.sendable.Broadcast()
		c.mu.Unlock()
	}
}

func (m *Memory) enter(c *Conn) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.conns == nil {
		m.conns = make(map[*Conn]struct{})
	}
	m.conns[c] = struct{}{}
}

func (m *Memory) leave(c *Conn) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.conns, c)
}

// relieve takes n bytes by ending the connections whose targets leave most untaken.
// It reports false if there are none.
func (m *Memory) relieve(n int64) bool {
	m.relieving.Lock() // one is ended after the other, and none in vain
	defer m.relieving.Unlock()
	for !m.reserve(&m.in, n) {
		worst := m.worst()
		if worst == nil {
			return false
		}
		worst.exhaust()
	}
	return true
}

// worst is the connection whose target leaves most untaken.
func (m *Memory) worst() (worst *Conn) {
	m.mu.Lock()
	conns := make([]*Conn, 0, len(m.conns))
	for c := range m.conns {
		conns = append(conns, c)
	}
	m.mu.Unlock()
	most := uint64(0)
	for _, c := range conns {
		c.mu.Lock()
		untaken, over := c.core.rx-c.core.taken, c.ended != nil
		c.mu.Unlock()
		if !over && untaken > most {
			worst, most = c, untaken
		}
	}
	return worst
}
