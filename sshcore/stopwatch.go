package sshcore

import (
	"sync"
	"time"
)

// stopwatch is a time limit that can stand still.
type stopwatch struct {
	mu      sync.Mutex
	left    time.Duration
	since   time.Time
	timer   *time.Timer
	halts   int
	expired func()
}

// newStopwatch starts a limit. A negative one never expires.
func newStopwatch(limit time.Duration, expired func()) *stopwatch {
	w := &stopwatch{left: limit, expired: expired}
	if limit >= 0 {
		w.since, w.timer = time.Now(), time.AfterFunc(limit, expired)
	}
	return w
}

// halt stops the time until resume has been called as often.
func (w *stopwatch) halt() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.halts++
	if w.halts == 1 && w.timer != nil {
		w.timer.Stop()
		w.left -= time.Since(w.since)
	}
}

func (w *stopwatch) resume() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.halts--
	if w.halts == 0 && w.timer != nil {
		w.since, w.timer = time.Now(), time.AfterFunc(max(w.left, 0), w.expired)
	}
}

// stop ends the limit for good.
func (w *stopwatch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.halts++
	if w.timer != nil {
		w.timer.Stop()
	}
}
