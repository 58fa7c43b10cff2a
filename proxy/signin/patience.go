package signin

import (
	"context"
	"sync"
	"time"
)

const (
	freeTries   = 3
	longestWait = 16 * time.Second
	memory      = 15 * time.Minute
	maxTried    = 10_000
)

// patience makes whoever tries many passwords for one user wait, from wherever
// each attempt comes. The user waits too, but is never shut out. Names that do not
// exist are treated alike. The zero value is ready for use.
type patience struct {
	mu    sync.Mutex
	tried map[string]tries
}

type tries struct {
	failed int
	last   time.Time
}

func (p *patience) delay(name string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.tried[name]
	if t.failed < freeTries || time.Since(t.last) > memory {
		return 0
	}
	return min(time.Second<<min(t.failed-freeTries, 10), longestWait)
}

// wait reports whether its time passed before ctx ended.
func (p *patience) wait(ctx context.Context, name string) bool {
	d := p.delay(name)
	if d == 0 {
		return ctx.Err() == nil
	}
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

func (p *patience) failed(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tried == nil {
		p.tried = make(map[string]tries)
	}
	if len(p.tried) >= maxTried {
		p.sweep()
	}
	t := p.tried[name]
	if time.Since(t.last) > memory {
		t.failed = 0
	}
	p.tried[name] = tries{t.failed + 1, time.Now()}
}

// sweep makes room: of those who are over first, then of any.
func (p *patience) sweep() {
	for name, t := range p.tried {
		if time.Since(t.last) > memory {
			delete(p.tried, name)
		}
	}
	for name := range p.tried {
		if len(p.tried) < maxTried {
			break
		}
		delete(p.tried, name)
	}
}

func (p *patience) forget(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.tried, name)
}
