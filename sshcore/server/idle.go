package server

import (
	"net"
	"time"
)

// idleConn closes a connection on which nothing was read or written for a
// while.
type idleConn struct {
	net.Conn
	limit time.Duration
	timer *time.Timer
}

func newIdleConn(raw net.Conn, limit time.Duration) *idleConn {
	return &idleConn{raw, limit, time.AfterFunc(limit, func() { raw.Close() })}
}

func (c *idleConn) stop() { c.timer.Stop() }

func (c *idleConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.used(n)
	return n, err
}

func (c *idleConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.used(n)
	return n, err
}

// used restarts the clock, unless it has run out already.
func (c *idleConn) used(n int) {
	if n > 0 && c.timer.Stop() {
		c.timer.Reset(c.limit)
	}
}
