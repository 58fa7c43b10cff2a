package netconn

import "time"

// smallWrite is up to how many unanswered bytes an answer can be expected within
// seconds on any line that is of use.
const smallWrite = 4 << 10

// probe finds a dead path while somebody types into it: bytes that are not
// acknowledged within quiet are followed by a PING, and a PING without any
// answer within patience ends the transport.
type probe struct {
	timer    *time.Timer // nil: not armed
	asked    time.Time   // when the PING was queued; zero: none
	patience time.Duration
	hasty    bool // the last transport was dropped by the probe
}

func (p *probe) stop() {
	if p.timer != nil {
		p.timer.Stop()
	}
	p.timer, p.asked = nil, time.Time{}
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
func (c *Conn) ask() {
	c.probe.stop()
	c.probe.asked = time.Now()
	c.sendPing()
	c.armProbe(c.probe.patience)
}

// look decides what the silence of a transport means.
func (c *Conn) look(l *link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended != nil || c.link != l || c.probe.timer == nil {
		return
	}
	c.probe.timer = nil
	asked, silence := c.probe.asked, time.Since(l.heard)
	if l.heard.After(asked) {
		c.probe.asked, asked = time.Time{}, time.Time{}
	}
	waiting := c.core.written - c.core.acked
	switch {
	case asked.IsZero() && waiting == 0:
	case asked.IsZero() && silence >= quiet:
		c.ask()
	case asked.IsZero():
		c.armProbe(quiet - silence)
	case waiting > smallWrite && silence < sendWait:
		// A long message, perhaps, on a slow line.
		c.armProbe(sendWait - silence)
	default:
		c.probe.hasty = true
		c.drop(l, &Error{Code: CodeSilent})
	}
}

// proved is told that a new transport works. If the probe dropped the last one
// the line may just be slow: a second mistake would repeat itself for ever. The
// lock is held.
func (p *probe) proved() {
	if p.hasty {
		p.hasty = false
		p.patience = min(2*p.patience, deadAfter)
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
	case c.probe.asked.IsZero():
		c.ask()
	}
}

// Away reports whether the connection has no transport at the moment. What is
// written then goes out when it has one again.
func (c *Conn) Away() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.link == nil && c.ended == nil
}
