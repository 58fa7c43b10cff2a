package proxy

import (
	"errors"
	"fmt"
	"runtime"
)

var errPanicked = errors.New("the relay failed; its log says where")

// spare runs f, a part of one session, and then after, if there is any, when f has
// panicked: that is no reason to end the sessions of others.
func (p *Proxy) spare(f, after func()) {
	defer func() {
		if what := recover(); what != nil {
			p.panicked(what)
			if after != nil {
				after()
			}
		}
	}()
	f()
}

// panicked logs a panic, in the goroutine that it happened in.
func (p *Proxy) panicked(what any) {
	p.metrics.panics.Inc()
	p.log.Error("panic", "what", wordingOf(what), "stack", stack())
}

// wordingOf tells of a panic's value what cannot hold a client's bytes: the words
// of Go's runtime, and of anything else the type.
func wordingOf(what any) string {
	if err, ok := what.(runtime.Error); ok {
		return clip(err.Error())
	}
	return fmt.Sprintf("a %T", what)
}

// stack lists the functions that led to a panic. A trace of Go's own would show
// their arguments as well.
func stack() []string {
	const deepest = 32
	pcs := make([]uintptr, deepest)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	var lines []string
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		lines = append(lines, fmt.Sprintf("%s:%d", f.Function, f.Line))
	}
	return lines
}

// testOnlyStep is where tests make a session panic.
var testOnlyStep = func(step string) {}
