package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"sync"
	"time"

	"github.com/wasmiko/wasmiko/netconn"
)

// losses are the ways in which a network goes away and comes back.
var losses = map[string]struct {
	states []state // one after the other
	woken  bool    // the client is told that it is back, as a browser is
}{
	"told":    {[]state{refuses}, true},
	"moved":   {[]state{silent}, true},
	"hung":    {[]state{refuses, silent}, true},
	"unaided": {[]state{refuses}, false},
}

const (
	shortLoss = 200 * time.Millisecond
	longLoss  = 3 * time.Second
	rounds    = 5
)

// resume loses the networks of n sessions a kind of loss, several times each, and
// reports how long after the network was back each session carried a byte.
func resume(address, port string, n int) error {
	relay, err := url.Parse(address)
	if err != nil {
		return err
	}
	figures := map[string]any{}
	var mu sync.Mutex
	var failed error
	var wg sync.WaitGroup
	for name, loss := range losses {
		var times []float64
		for range n {
			wg.Go(func() {
				took, err := loseAndResume(relay.Host, port, loss.states, loss.woken)
				mu.Lock()
				defer mu.Unlock()
				times = append(times, took...)
				figures[name] = times
				failed = errors.Join(failed, err)
			})
		}
	}
	wg.Wait()
	if failed != nil {
		return failed
	}
	return report(figures)
}

func loseAndResume(relay, port string, states []state, woken bool) ([]float64, error) {
	way, err := newNetwork(relay)
	if err != nil {
		return nil, err
	}
	live, err := live(way.url(), port)
	if err != nil {
		return nil, err
	}
	conn := live.(*netconn.Conn)
	defer conn.Close()
	times := make([]float64, rounds)
	for i := range times {
		for _, state := range states {
			way.become(state)
			time.Sleep((shortLoss + rand.N(longLoss-shortLoss)) / time.Duration(len(states)))
		}
		way.become(works)
		back := time.Now()
		if woken {
			conn.Wake()
		}
		if err := receive(conn, 1); err != nil {
			return nil, fmt.Errorf("after %v: %w", states, err)
		}
		times[i] = milliseconds(time.Since(back))
	}
	return times, nil
}
