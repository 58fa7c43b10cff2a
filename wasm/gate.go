//go:build js

package main

import (
	"sync"
	"time"
)

// A gate is where one goroutine waits for something to change, up to a
// deadline that may move while it waits.
type gate struct {
	changed chan struct{} // holds at most one signal

	mu       sync.Mutex
	deadline time.Time
}

func newGate() gate { return gate{changed: make(chan struct{}, 1)} }

// signal wakes the waiter, or the next one. It never blocks.
func (g *gate) signal() {
	select {
	case g.changed <- struct{}{}:
	default:
	}
}

// wait returns after a signal or at the deadline. Which of them, and whether
// the deadline still is what it was, the caller has to look up anyway.
func (g *gate) wait() {
	g.mu.Lock()
	deadline := g.deadline
	g.mu.Unlock()
	if deadline.IsZero() {
		<-g.changed
		return
	}
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case <-g.changed:
	case <-timer.C:
	}
}

// expired tells whether the deadline has passed.
func (g *gate) expired() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !g.deadline.IsZero() && !time.Now().Before(g.deadline)
}

// setDeadline moves the deadline; the waiter looks at it again.
func (g *gate) setDeadline(t time.Time) {
	g.mu.Lock()
	g.deadline = t
	g.mu.Unlock()
	g.signal()
}
