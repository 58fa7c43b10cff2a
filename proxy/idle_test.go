package proxy

import (
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/wasmiko/wasmiko/netconn"
)

// Most sessions are idle most of the time: one must cost little, also after it
// was busy. What is measured is both ends of the WebSocket and the TCP server:
// 70 KiB when this was written, and 600 before buffers were borrowed only for
// bytes that are there.
func TestIdleSessionsAreSmall(t *testing.T) {
	const sessions, each = 100, 96 << 10
	cfg := anywhere()
	cfg.Limits = Limits{Sessions: unlimited, SessionsPerIP: unlimited, UpgradesPerMinute: unlimited}
	s := serve(t, cfg)
	addr := server(t, func(c *net.TCPConn) {
		io.CopyBuffer(struct{ io.Writer }{c}, struct{ io.Reader }{c}, make([]byte, 4<<10))
	})
	used := func() int64 {
		runtime.GC()
		runtime.GC() // empties the pools
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapInuse + m.StackInuse)
	}
	before := used()
	conns := make([]*netconn.Conn, sessions)
	for i := range conns {
		conns[i] = s.mustDial(t, addr)
	}
	for _, c := range conns {
		go c.Write(make([]byte, 100<<10))
		if _, err := io.CopyN(io.Discard, c, 100<<10); err != nil {
			t.Fatal(err)
		}
	}
	// What has arrived is acknowledged within 50 ms, and only then forgotten.
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	per := (used() - before) / sessions
	for deadline := time.Now().Add(testWait); per > each && time.Now().Before(deadline); <-tick.C {
		per = (used() - before) / sessions
	}
	if per > each {
		t.Errorf("%d KiB a session", per>>10)
	} else {
		t.Logf("%d KiB a session", per>>10)
	}
}
