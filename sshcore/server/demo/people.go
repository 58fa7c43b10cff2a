package demo

import (
	"slices"
	"sync"
	"time"

	"github.com/wasmiko/wasmiko/sshcore/server"
)

// people are the sessions that are going on.
type people struct {
	mu   sync.Mutex
	last int
	here map[int]visitor
}

// visitor is one session, with everything that its client chose made clean.
type visitor struct {
	number int
	user   string
	does   string
	client string
	since  time.Time
}

func newPeople() *people { return &people{here: map[int]visitor{}} }

// enter notes a session until the returned function is called.
func (p *people) enter(s *server.Session, does string) (leave func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last++
	number := p.last
	p.here[number] = visitor{
		number: number,
		user:   clean(s.Login().User, 16),
		does:   does,
		client: clean(s.Login().ClientVersion, 40),
		since:  time.Now(),
	}
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.here, number)
	}
}

// list returns who is there, in the order of their coming.
func (p *people) list() []visitor {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]visitor, 0, len(p.here))
	for _, v := range p.here {
		all = append(all, v)
	}
	slices.SortFunc(all, func(a, b visitor) int { return a.number - b.number })
	return all
}
