//go:build js

package main

import (
	"context"
	"fmt"
	"sync"
	"syscall/js"

	"github.com/wasmiko/wasmiko/wasm/wire"
)

// A bridge carries calls between page and core over one MessagePort, both
// ways: the core's half of web/src/client/rpc.ts. Its messages are
// {id, method, params, ports?}, {id, result} or {id, error}, {id, cancel}.
// Each side numbers its own calls.
type bridge struct {
	js        js.Value
	onMessage *callback
	handlers  map[string]handler
	fail      func(error) *wire.Error

	mu      sync.Mutex
	lastID  int
	waiting map[int]chan js.Value      // our calls, by id
	serving map[int]context.CancelFunc // the page's calls, by id
}

// handler serves a call: it reads the parameters and returns the result as the
// page sees it.
type handler func(ctx context.Context, params js.Value, ports []js.Value) (js.Value, error)

// pageError is what the page answered instead of a result.
type pageError struct{ failure wire.Error }

func (e *pageError) Error() string { return "page: " + e.failure.Message }

// newBridge returns a bridge that serves nothing yet. fail makes of an error
// what the page is told.
func newBridge(port js.Value, fail func(error) *wire.Error) *bridge {
	return &bridge{
		js:       port,
		handlers: map[string]handler{},
		fail:     fail,
		waiting:  map[int]chan js.Value{},
		serving:  map[int]context.CancelFunc{},
	}
}

// handle serves a method.
func handle[P, R any](b *bridge, method string, f func(context.Context, P) (R, error)) {
	handlePorts(b, method, func(ctx context.Context, p P, _ []js.Value) (R, error) { return f(ctx, p) })
}

// handlePorts serves a method whose calls carry MessagePorts.
func handlePorts[P, R any](b *bridge, method string, f func(context.Context, P, []js.Value) (R, error)) {
	b.handlers[method] = func(ctx context.Context, params js.Value, ports []js.Value) (js.Value, error) {
		var p P
		if err := fromJS(params, &p); err != nil {
			return js.Value{}, fmt.Errorf("parameters of %s: %w", method, err)
		}
		r, err := f(ctx, p, ports)
		if err != nil {
			return js.Value{}, err
		}
		return toJS(r), nil
	}
}

// run starts to receive. The handlers must be in place.
func (b *bridge) run() {
	b.onMessage = newCallback(func(event js.Value) { b.receive(event.Get("data")) })
	b.js.Set("onmessage", b.onMessage.Value)
}

// stop ends the bridge.
func (b *bridge) stop() {
	b.js.Set("onmessage", js.Null())
	b.js.Call("close")
	b.onMessage.release()
}

// receive runs within the page's event: whatever takes time gets a goroutine.
func (b *bridge) receive(message js.Value) {
	id := message.Get("id").Int()
	b.mu.Lock()
	defer b.mu.Unlock()
	if message.Get("method").Type() == js.TypeString {
		ctx, cancel := context.WithCancel(context.Background())
		b.serving[id] = cancel
		go b.serve(ctx, id, message)
		return
	}
	if message.Get("cancel").Truthy() {
		if cancel := b.serving[id]; cancel != nil {
			cancel()
		}
		return
	}
	if answer := b.waiting[id]; answer != nil {
		delete(b.waiting, id)
		answer <- message // has room for one
	}
}

func (b *bridge) serve(ctx context.Context, id int, message js.Value) {
	result, err := b.dispatch(ctx, message)
	b.mu.Lock()
	b.serving[id]()
	delete(b.serving, id)
	b.mu.Unlock()
	answer := jsObject.New()
	answer.Set("id", id)
	if err != nil {
		answer.Set("error", toJS(b.fail(err)))
	} else {
		answer.Set("result", result)
	}
	b.js.Call("postMessage", answer)
}

func (b *bridge) dispatch(ctx context.Context, message js.Value) (js.Value, error) {
	method := message.Get("method").String()
	h := b.handlers[method]
	if h == nil {
		return js.Value{}, fmt.Errorf("no call %q", method)
	}
	return h(ctx, message.Get("params"), portsOf(message))
}

func portsOf(message js.Value) []js.Value {
	list := message.Get("ports")
	if list.Type() != js.TypeObject {
		return nil
	}
	ports := make([]js.Value, list.Length())
	for i := range ports {
		ports[i] = list.Index(i)
	}
	return ports
}

// ask calls the page and waits for its answer. When ctx ends first, the page
// is told that no answer is wanted any more.
func ask[R any](ctx context.Context, b *bridge, method string, params any) (R, error) {
	var r R
	answer := make(chan js.Value, 1)
	id := b.post(method, params, answer)
	select {
	case <-ctx.Done():
		b.cancel(id)
		return r, context.Cause(ctx)
	case message := <-answer:
		if failure := message.Get("error"); !failure.IsUndefined() {
			e := new(pageError)
			if err := fromJS(failure, &e.failure); err != nil {
				return r, fmt.Errorf("error of %s: %w", method, err)
			}
			return r, e
		}
		return r, fromJS(message.Get("result"), &r)
	}
}

// tell calls the page and does not wait.
func (b *bridge) tell(method string, params any) { b.post(method, params, nil) }

func (b *bridge) post(method string, params any, answer chan js.Value) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lastID++
	if answer != nil {
		b.waiting[b.lastID] = answer
	}
	message := jsObject.New()
	message.Set("id", b.lastID)
	message.Set("method", method)
	message.Set("params", toJS(params))
	b.js.Call("postMessage", message)
	return b.lastID
}

func (b *bridge) cancel(id int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.waiting, id)
	message := jsObject.New()
	message.Set("id", id)
	message.Set("cancel", true)
	b.js.Call("postMessage", message)
}
