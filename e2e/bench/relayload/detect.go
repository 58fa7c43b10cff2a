package main

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/wasmiko/wasmiko/netconn"
)

// detect opens n sessions, waits for a line on standard input that says that the
// relay stands still from now on, and reports when each session knew. Every other
// one is typed into.
func detect(address, port string, n int) error {
	type session struct {
		conn *netconn.Conn
		lost chan time.Time
	}
	target, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return err
	}
	sessions := make([]session, n)
	for i := range sessions {
		lost := make(chan time.Time, 1)
		conn, err := netconn.Dial(context.Background(), address, netconn.Target{Host: "127.0.0.1", Port: uint16(target)}, netconn.Options{
			OnLink: func(l netconn.Link) {
				select {
				case lost <- time.Now():
				default:
				}
			},
		})
		if err != nil {
			return err
		}
		if err := receive(conn, 1); err != nil {
			return err
		}
		sessions[i] = session{conn, lost}
	}
	fmt.Println("done", n)
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	typing, idle := make([]float64, n/2), make([]float64, n-n/2)
	var wg sync.WaitGroup
	for i, s := range sessions {
		wg.Go(func() {
			since := time.Now()
			if i%2 == 0 {
				idle[i/2] = milliseconds((<-s.lost).Sub(since))
				return
			}
			time.Sleep(rand.N(time.Second))
			since = time.Now()
			for {
				if _, err := s.conn.Write(request('d', 1)); err != nil {
					return
				}
				select {
				case at := <-s.lost:
					typing[i/2] = milliseconds(at.Sub(since))
					return
				case <-time.After(time.Second):
				}
			}
		})
	}
	wg.Wait()
	return report(map[string]any{"typing": typing, "idle": idle})
}
