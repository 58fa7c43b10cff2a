//go:build js

package main

import (
	"sync/atomic"
	"syscall/js"
)

// liveFuncs counts the callbacks that are not released yet. A js.Func that
// nobody releases keeps all that it refers to for the life of the Worker.
var liveFuncs atomic.Int32

// callback is a function for the page to call. Its one owner releases it. It
// must not block: no event of the page is delivered while it runs.
type callback struct {
	js.Func
	released bool
}

func newCallback(f func(arg js.Value)) *callback {
	liveFuncs.Add(1)
	return &callback{Func: js.FuncOf(func(_ js.Value, args []js.Value) any {
		if len(args) > 0 {
			f(args[0])
		} else {
			f(js.Undefined())
		}
		return nil
	})}
}

func (c *callback) release() {
	if c.released {
		return
	}
	c.released = true
	c.Func.Release()
	liveFuncs.Add(-1)
}
