package netconn

import "time"

// smallWrite is up to how many unanswered bytes an answer can be expected within
// seconds on any line that is of use.
const smallWrite = 4 << 10

// probe finds a dead path while somebody types into it: bytes that are not
// acknowledged within quiet are followed by a PING, and a PING without any
// answer within patience ends the transport. After a hint that the network may
// have changed the PING comes at once, and has less time: to dial again in vain
// costs little, and teaches how slow the line is.
type probe struct {
	timer *time.Timer   // nil: not armed
	asked time.Time     // when the PING was queued; zero: none
	woken bool          // because of a hint
	rtt   time.Duration // of the last RESUME; zero: none
}

func (p *probe) stop() {
	if p.timer != nil {
		p.timer.Stop()
	}
	p.timer, p.asked, p.woken = nil, time.Time{}, false
}

// expectAnswer is called when a client has written. The lock is held.
func (c *Conn) expectAnswer() {
	if c.side == client && c.back != nil && c.link != nil && c.probe.timer == nil {
		c.armProbe(quiet)
	}
}

func (c *Conn) armProbe(after time.Duration) {
	l := c.link
	c.probe.timer = time.AfterFunc(after, func() { c.look(l) })
}

// ask makes the other side prove that it is there. The lock is held.
func (c *Conn) ask(woken bool) {
	c.probe.stop()
	c.probe.asked, c.probe.woken = time.Now(), woken
	c.sendPing()
	first, _ := c.probe.waits()
	c.armProbe(first)
}

// waits is how long a PING's answer may take, and how long if there may be a
// long message before it on a slow line.
func (p *probe) waits() (usual, behind time.Duration) {
	if p.woken {
		return max(wakeWait, 2*p.rtt), max(patience, 2*p.rtt)
	}
	return patience, sendWait
}

// look decides what the silence of a transport means.
func (c *Conn) look(l *link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended != nil || c.link != l || c.probe.timer == nil {
		return
	}
	c.probe.timer = nil
	if l.heard.After(c.probe.asked) {
		c.probe.asked, c.probe.woken = time.Time{}, false
	}
	waiting := c.core.written - c.core.acked
	silence := time.Since(l.heard)
	if c.probe.woken { // what was heard before may have been long ago
		silence = time.Since(c.probe.asked)
	}
	_, behind := c.probe.waits()
	switch asked := !c.probe.asked.IsZero(); {
	case !asked && waiting == 0:
	case !asked && silence >= quiet:
		c.ask(false)
	case !asked:
		c.armProbe(quiet - silence)
	case waiting > smallWrite && silence < behind:
		c.armProbe(behind - silence)
	default:
		c.drop(l, &Error{Code: CodeSilent})
	}
}

// Wake tells that the network may have changed, or that the machine was asleep:
// a transport has to prove that it works, and a lost one is dialled at once.
func (c *Conn) Wake() {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.back == nil || c.ended != nil:
	case c.link == nil:
		if r, ok := c.back.(*redialer); ok {
			r.hurry()
		}
	case !c.probe.woken:
		c.ask(true)
	}
}

// Away reports whether the connection has no transport at the moment. What is
// written then goes out when it has one again.
func (c *Conn) Away() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.link == nil && c.ended == nil
}
