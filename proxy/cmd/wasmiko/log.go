package main

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"sync/atomic"
	"time"
)

const (
	queuedLines = 4096        // of some 300 bytes
	flushTime   = time.Second // for what is queued at the end
)

// lineWriter writes lines in a goroutine of its own: a session has to end also
// when nobody reads the log. Lines for which there is no room are counted and
// dropped.
type lineWriter struct {
	lines chan []byte
	idle  chan struct{}
	lost  atomic.Uint64
}

// openLog makes a logger of a lineWriter to w, and says in the log itself how many
// lines are missing.
func openLog(format string, w io.Writer) (*slog.Logger, *lineWriter) {
	l := &lineWriter{lines: make(chan []byte, queuedLines), idle: make(chan struct{})}
	direct := newLogger(format, w, w)
	go l.run(w, func(lost uint64) {
		direct.Warn("lines of this log are missing: nobody took them in time", "lines", lost)
	})
	return newLogger(format, l, w), l
}

// run writes until flush, and says how many lines are lost when there are more.
func (l *lineWriter) run(w io.Writer, say func(lost uint64)) {
	defer close(l.idle)
	said := uint64(0)
	for line := range l.lines {
		if line == nil {
			return
		}
		w.Write(line)
		if lost := l.lost.Load(); lost > said {
			say(lost - said)
			said = lost
		}
	}
}

// Write takes a line. It never waits.
func (l *lineWriter) Write(p []byte) (int, error) {
	select {
	case l.lines <- bytes.Clone(p):
	default:
		l.lost.Add(1)
	}
	return len(p), nil
}

// flush ends the writing when what is queued is written, and waits for that a
// little. What is logged after it is lost.
func (l *lineWriter) flush() {
	end := time.NewTimer(flushTime)
	defer end.Stop()
	select {
	case l.lines <- nil:
	case <-end.C:
		return
	}
	select {
	case <-l.idle:
	case <-end.C:
	}
}

// newLogger writes text for people and JSON for machines to w; to is what stands
// behind w.
func newLogger(format string, w, to io.Writer) *slog.Logger {
	if format == "text" || format == "auto" && isTerminal(to) {
		return slog.New(slog.NewTextHandler(w, nil))
	}
	return slog.New(slog.NewJSONHandler(w, nil))
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
