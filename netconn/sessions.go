package netconn

import (
	"cmp"
	"crypto/rand"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	defaultHold = 15 * time.Minute
	longestHold = 8 * time.Hour
	// shortAbsence is not counted: when a network changes, everybody is away for
	// a moment.
	shortAbsence = time.Minute
)

// Sessions keeps a relay's connections while their clients are away, and gives
// them back to who proves to be the same. The zero value is ready for use; its
// fields must not be changed after that.
type Sessions struct {
	// Hold is for how long a connection is kept; zero means 15 minutes, and 8
	// hours are the most.
	Hold time.Duration

	// PerOwner and Total bound how many are kept for longer than a minute, of one
	// owner and together. One more, and who has been away longest is ended. Zero
	// means no bound.
	PerOwner, Total int

	mu    sync.Mutex
	conns map[[16]byte]*Conn
}

// kept is a connection in Sessions.
type kept struct {
	identity
	in    *Sessions
	user  string
	owner string
	since atomic.Int64 // when its client went away, in nanoseconds; 0: it has not
	timer *time.Timer
}

func (s *Sessions) hold() time.Duration {
	if s.Hold <= 0 {
		return defaultHold
	}
	return min(s.Hold, longestHold)
}

// enter makes an identity for a connection that is about to be opened.
func (s *Sessions) enter(user, owner string) *kept {
	k := &kept{in: s, user: user, owner: owner}
	rand.Read(k.sid[:])
	rand.Read(k.secret[:])
	return k
}

// add makes c known. Its lock is held.
func (s *Sessions) add(k *kept, c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns == nil {
		s.conns = make(map[[16]byte]*Conn)
	}
	s.conns[k.sid] = c
}

// Away returns how many connections have no client at the moment.
func (s *Sessions) Away() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, c := range s.conns {
		if c.back.(*kept).since.Load() != 0 {
			n++
		}
	}
	return n
}

// away keeps the connection for as long as it may be. Conn's lock is held.
func (k *kept) away(c *Conn) {
	since := time.Now().UnixNano()
	k.since.Store(since)
	hold := k.in.hold()
	k.timer = time.AfterFunc(min(shortAbsence, hold), func() {
		defer c.spare()
		k.in.makeRoom(k)
		c.mu.Lock()
		defer c.mu.Unlock()
		if k.since.Load() == since {
			k.timer = time.AfterFunc(hold-min(shortAbsence, hold), func() { c.spared(func() { k.expire(c, since) }) })
		}
	})
}

// expire ends a connection whose client has stayed away since then.
func (k *kept) expire(c *Conn, since int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if k.since.Load() == since {
		c.end(ending{err: &Error{Code: CodeLost, Text: "the client did not come back"}, code: CodeNotFound})
	}
}

// over forgets the connection. Conn's lock is held.
func (k *kept) over() {
	k.back()
	k.in.mu.Lock()
	defer k.in.mu.Unlock()
	delete(k.in.conns, k.sid)
}

// back notes that the client is there again.
func (k *kept) back() {
	k.since.Store(0)
	if k.timer != nil {
		k.timer.Stop()
	}
}

// makeRoom ends the connection that has been away longest, if k's owner or all
// together have too many.
func (s *Sessions) makeRoom(k *kept) {
	now := time.Now().UnixNano()
	var owned, all []absent
	s.mu.Lock()
	for _, c := range s.conns {
		other := c.back.(*kept)
		if since := other.since.Load(); since == 0 || now-since < int64(shortAbsence) {
			continue
		}
		one := absent{c, other, other.since.Load()}
		all = append(all, one)
		if other.owner == k.owner {
			owned = append(owned, one)
		}
	}
	s.mu.Unlock()
	if s.PerOwner > 0 && len(owned) > s.PerOwner {
		endLongest(owned)
	} else if s.Total > 0 && len(all) > s.Total {
		endLongest(all)
	}
}

// absent is a connection whose client is away.
type absent struct {
	conn  *Conn
	kept  *kept
	since int64
}

func endLongest(all []absent) {
	longest := slices.MinFunc(all, func(a, b absent) int { return cmp.Compare(a.since, b.since) })
	longest.kept.expire(longest.conn, longest.since)
}

// nobody stands for sessions that do not exist, so that the answer takes as long
// as for a wrong proof.
var nobody = func() (id identity) { rand.Read(id.secret[:]); return id }()

var errNoSession = &Error{Code: CodeNotFound, Text: "no such session"}

// rejoin makes s the transport of the connection that r names and proves.
func (s *Sessions) rejoin(sock Socket, r resume, nonce [16]byte, user string) (*Conn, error) {
	var c *Conn
	if s != nil {
		s.mu.Lock()
		c = s.conns[r.sid]
		s.mu.Unlock()
	}
	id := &nobody
	var k *kept
	if c != nil {
		k = c.back.(*kept)
		id = &k.identity
	}
	if !id.genuine(r.mac, client, nonce, r.epoch, r.rx, r.limit) || k == nil || k.user != "" && k.user != user {
		return nil, errNoSession
	}
	if err := c.takeOver(sock, r, nonce, k); err != nil {
		return nil, err
	}
	return c, nil
}

// takeOver puts a new transport in the place of the old one, at once: nothing
// that the old one may still bring counts any more.
func (c *Conn) takeOver(sock Socket, r resume, nonce [16]byte, k *kept) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.ended != nil:
		return errNoSession
	case r.epoch <= c.core.epoch:
		return errStale
	}
	c.unlink(CodeSuperseded)
	if err := c.core.attach(r.epoch, r.rx, r.limit); err != nil {
		c.breach(err)
		return err
	}
	k.back()
	c.resumed.Add(1)
	answer := resumed{epoch: r.epoch}
	c.narrow()
	answer.rx, answer.limit = c.core.point()
	answer.mac = k.proof(server, nonce, answer.epoch, answer.rx, answer.limit)
	c.run(&link{sock: sock, epoch: r.epoch, control: [][]byte{answer.append(nil)}})
	return nil
}

// Resumed returns how often the connection went on over another WebSocket.
func (c *Conn) Resumed() int { return int(c.resumed.Load()) }
