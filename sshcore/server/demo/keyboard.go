package demo

import (
	"context"
	"io"
	"slices"
	"sync"
)

// maxTypeAhead is how many keys wait to be read. Beyond it the client's window
// fills, and nothing that was pasted is lost.
const maxTypeAhead = 64 << 10

// keyboard queues keys, so that Ctrl-C is seen while a command runs and types
// nothing that is not kept for the next prompt.
type keyboard struct {
	mu        sync.Mutex
	room      sync.Cond
	queue     []key
	err       error
	interrupt func() // what Ctrl-C does now; nil: it is a key
	more      chan struct{}
}

// newKeyboard reads keys from r until it ends or ctx does.
func newKeyboard(ctx context.Context, r io.Reader) *keyboard {
	k := &keyboard{more: make(chan struct{}, 1)}
	k.room.L = &k.mu
	context.AfterFunc(ctx, func() { k.fail(ctx.Err()) })
	go k.listen(newDecoder(r))
	return k
}

func (k *keyboard) listen(d *decoder) {
	for {
		key, err := d.next()
		if err != nil {
			k.fail(err)
			return
		}
		if !k.push(key) {
			return
		}
	}
}

// push queues a key once there is room, unless the keyboard has failed.
func (k *keyboard) push(p key) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if p == keyCtrlC && k.interrupt != nil {
		k.queue = nil
		k.interrupt()
		return k.err == nil
	}
	for len(k.queue) >= maxTypeAhead && k.err == nil {
		k.room.Wait()
	}
	k.queue = append(k.queue, p)
	k.wake()
	return k.err == nil
}

func (k *keyboard) fail(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err == nil {
		k.err = err
	}
	k.room.Broadcast()
	k.wake()
}

func (k *keyboard) wake() {
	select {
	case k.more <- struct{}{}:
	default:
	}
}

// onInterrupt sets what Ctrl-C does; with nil it is a key again. One that was
// typed ahead, right after Enter, does it now.
func (k *keyboard) onInterrupt(f func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.interrupt = f
	if i := slices.Index(k.queue, keyCtrlC); f != nil && i >= 0 {
		k.queue = k.queue[i+1:]
		k.room.Signal()
		f()
	}
}

// pop returns a key if one waits, or the error that ended the keyboard, or
// neither.
func (k *keyboard) pop() (p key, ok bool, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.queue) == 0 {
		return 0, false, k.err
	}
	p = k.queue[0]
	k.queue = k.queue[1:]
	k.room.Signal()
	return p, true, nil
}
