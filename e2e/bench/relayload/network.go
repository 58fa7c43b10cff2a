package main

import (
	"io"
	"net"
	"sync"
)

// state of a network.
type state int

const (
	works   state = iota
	refuses       // connections break off at once
	silent        // nothing arrives any more, and nobody is told
)

// network is a way to a relay that can be lost. A connection that was there when
// it fell silent, or was made meanwhile, stays dead: as after a change of address.
type network struct {
	listener net.Listener
	target   string

	mu    sync.Mutex
	state state
	pipes map[*pipe]struct{}
	dead  []*pipe // kept, or the garbage collector would close them
}

type pipe struct {
	near, far net.Conn
	dead      bool
}

func (p *pipe) close() {
	for _, conn := range []net.Conn{p.near, p.far} {
		conn.(*net.TCPConn).SetLinger(0)
		conn.Close()
	}
}

func newNetwork(target string) (*network, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	n := &network{listener: listener, target: target, pipes: map[*pipe]struct{}{}}
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			go n.serve(near)
		}
	}()
	return n, nil
}

func (n *network) url() string { return "ws://" + n.listener.Addr().String() + "/relay" }

func (n *network) serve(near net.Conn) {
	far, err := net.Dial("tcp", n.target)
	if err != nil {
		near.Close()
		return
	}
	p := &pipe{near: near, far: far}
	n.mu.Lock()
	defer n.mu.Unlock()
	switch n.state {
	case refuses:
		p.close()
	case silent:
		n.dead = append(n.dead, p)
	case works:
		n.pipes[p] = struct{}{}
		go n.copy(p, far, near)
		go n.copy(p, near, far)
	}
}

// copy holds the bytes of a dead pipe back, and its end too.
func (n *network) copy(p *pipe, to io.Writer, from io.Reader) {
	for buf := make([]byte, 4<<10); ; {
		m, err := from.Read(buf)
		n.mu.Lock()
		dead := p.dead
		n.mu.Unlock()
		if dead {
			return
		}
		if err == nil {
			_, err = to.Write(buf[:m])
		}
		if err != nil {
			p.close()
			n.mu.Lock()
			delete(n.pipes, p)
			n.mu.Unlock()
			return
		}
	}
}

// become changes the state of the network and what is open in it.
func (n *network) become(to state) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.state = to
	for p := range n.pipes {
		switch to {
		case refuses:
			p.close()
		case silent:
			p.dead = true
			n.dead = append(n.dead, p)
		}
	}
	if to != works {
		clear(n.pipes)
	}
}
