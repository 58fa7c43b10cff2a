package netconn

var errPanicked = &Error{Code: CodeInternal, Text: "the relay failed"}

// spare is deferred by whatever runs in a goroutine of c's own. A panic there is
// the connection's end and not the program's, if its owner has asked to be told;
// in a client, nobody else's connections are at stake.
func (c *Conn) spare() {
	if c.onPanic == nil {
		return
	}
	what := recover()
	if what == nil {
		return
	}
	c.onPanic(what)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.core.discard()
	c.end(ending{err: errPanicked, code: errPanicked.Code, reason: errPanicked.Text,
		farewell: appendError(nil, errPanicked.Code, errPanicked.Text)})
}

// spared runs f with spare.
func (c *Conn) spared(f func()) {
	defer c.spare()
	f()
}
