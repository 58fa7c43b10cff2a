package proxy

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wasmiko/wasmiko/netconn"
)

var (
	soak         = flag.Int64("soak", 64<<20, "bytes that TestEverythingArrivesAcrossCuts moves each way")
	soakTime     = flag.Duration("soaktime", time.Second, "how long TestSessionsSurviveRandomCuts cuts")
	soakSessions = flag.Int("soaksessions", 20, "how many sessions it has")
)

// TestSessionsSurviveRandomCuts lets sessions talk in numbered lines while
// whatever connects them is cut at random. No line may be lost, doubled or
// changed, and at the end nothing may be left.
func TestSessionsSurviveRandomCuts(t *testing.T) {
	s := serve(t, freely())
	cut := newCutter(t, s.url)
	addr := server(t, func(c *net.TCPConn) {
		c.SetDeadline(time.Now().Add(*soakTime + 2*testWait))
		io.Copy(c, c)
	})
	before := runtime.NumGoroutine()
	over := make(chan struct{})
	var lines atomic.Int64
	var talking sync.WaitGroup
	for i := range *soakSessions {
		c := cut.dial(t, addr, netconn.Options{})
		talking.Go(func() {
			defer c.Close()
			if err := talk(c, i, over, &lines); err != nil {
				t.Errorf("session %d: %v", i, err)
			}
		})
	}
	for began := time.Now(); time.Since(began) < *soakTime; {
		<-time.After(100*time.Millisecond + rand.N(400*time.Millisecond))
		cut.cut(false)
	}
	close(over)
	talking.Wait()
	until(t, "sessions are left", func() bool { return s.Sessions() == 0 })
	until(t, "goroutines are left", func() bool { return runtime.NumGoroutine() <= before+5 })
	t.Logf("%d sessions, %d lines, %d cuts", *soakSessions, lines.Load(), cut.cuts)
}

// talk sends numbered lines and expects each back, until over.
func talk(c *netconn.Conn, session int, over <-chan struct{}, lines *atomic.Int64) error {
	r := bufio.NewReader(c)
	for n, last := 0, false; !last; n++ {
		// After the last cut there is one more line, so that Close is heard: a
		// session that is closed while away is held until its time is over.
		select {
		case <-over:
			last = true
		default:
		}
		line := fmt.Sprintf("session %d says line %d\n", session, n)
		if _, err := io.WriteString(c, line); err != nil {
			return err
		}
		got, err := r.ReadString('\n')
		if err != nil || got != line {
			return fmt.Errorf("%q came back as %q, %w", line, got, err)
		}
		lines.Add(1)
	}
	return nil
}

// until waits for something that takes its time.
func until(t *testing.T, problem string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(testWait); !done(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatal(problem)
		}
	}
}
