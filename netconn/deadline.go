package netconn

import (
	"sync"
	"time"
)

// deadline wakes the calls of one direction when a moment has come. Its owner's
// lock guards it.
type deadline struct {
	lock   sync.Locker
	wake   *sync.Cond
	timer  *time.Timer
	passed bool
}

// set replaces the moment; the zero time means never. The lock is held.
func (d *deadline) set(t time.Time) {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	d.passed = false
	if t.IsZero() {
		return
	}
	wait := time.Until(t)
	if wait <= 0 {
		d.passed = true
		d.wake.Broadcast()
		return
	}
	// The timer may fire while another is being set: only the current one counts.
	var timer *time.Timer
	timer = time.AfterFunc(wait, func() {
		d.lock.Lock()
		defer d.lock.Unlock()
		if d.timer == timer {
			d.passed = true
			d.wake.Broadcast()
		}
	})
	d.timer = timer
}
