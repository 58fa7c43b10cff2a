//go:build js

package main

import (
	"context"
	"time"

	"github.com/wasmiko/wasmiko/netconn"
	"github.com/wasmiko/wasmiko/wasm/wire"
)

// onLink tells the page how the way to the relay stands.
func (c *core) onLink(l netconn.Link) {
	ms := func(d time.Duration) int { return int(d.Milliseconds()) }
	c.bridge.tell("link", wire.Link{
		Up: l.Up, Attempt: l.Attempt,
		WaitMs: ms(l.Wait), AwayMs: ms(l.Away), HoldMs: ms(l.Hold),
	})
}

// onGoAway tells the page that the relay is about to stop.
func (c *core) onGoAway(after time.Duration) {
	c.bridge.tell("goAway", wire.GoAway{AfterMs: int(after.Milliseconds())})
}

// wake serves the page's hint that the network may have changed, or that now is
// the time to try again.
func (c *core) wake(context.Context, wire.None) (wire.None, error) {
	if relay := c.relay.Load(); relay != nil {
		relay.Wake()
	}
	return wire.None{}, nil
}

// away reports whether the way to the relay is lost at the moment, and how often
// it was found again.
func (c *core) away() (now bool, before int) {
	relay := c.relay.Load()
	if relay == nil {
		return false, 0
	}
	return relay.Away(), relay.Resumed()
}
