package proxy

import (
	"encoding/binary"
	"io"
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wasmiko/wasmiko/netconn"
)

// hog takes all that addr sends, and acknowledges nothing, although it has said
// that there is room for everything.
func hog(t *testing.T, s *served, addr string, took *atomic.Int64) {
	t.Helper()
	ws, _, err := websocket.Dial(t.Context(), s.relay(), &websocket.DialOptions{Subprotocols: []string{netconn.Protocol}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ws.CloseNow() })
	ws.SetReadLimit(1 << 20)
	target := targetOf(t, addr)
	open := binary.BigEndian.AppendUint16([]byte{2, 1, 0, 0xff, 0xff, 0xff, 0xff}, target.Port)
	open = append(append(open, byte(len(target.Host))), target.Host...)
	if err := ws.Write(t.Context(), websocket.MessageBinary, append(open, 0, 0)); err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			_, r, err := ws.Reader(t.Context())
			if err != nil {
				return
			}
			n, _ := io.Copy(io.Discard, r)
			took.Add(n)
		}
	}()
}

// Whoever does not acknowledge what his server sends makes the relay keep it.
// However many they are, the process stays within its bound, and others go on.
func TestHeldBytesStayWithinTheirBound(t *testing.T) {
	const bound, hogs = 32 << 20, 60
	cfg := anywhere()
	cfg.Limits = Limits{Buffers: bound, Sessions: unlimited, SessionsPerIP: unlimited, UpgradesPerMinute: unlimited}
	s := serve(t, cfg)
	chunk := make([]byte, 64<<10)
	flood := server(t, func(c *net.TCPConn) {
		for err := error(nil); err == nil; _, err = c.Write(chunk) {
		}
	})
	heap := func() int64 {
		runtime.GC()
		runtime.GC() // empties the pools
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	var took atomic.Int64
	for range hogs {
		hog(t, s, flood, &took)
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for last, same := int64(0), 0; same < 6; <-tick.C {
		if s.memory.Used() > bound {
			t.Fatalf("%d bytes are held, of %d", s.memory.Used(), bound)
		}
		if now := took.Load(); now == last && now > 0 {
			same++
		} else {
			last, same = now, 0
		}
	}
	grown := heap() - before
	t.Logf("%d KiB held of %d; the heap grew by %d KiB", s.memory.Used()>>10, bound>>10, grown>>10)
	if grown > bound+hogs*200<<10 {
		t.Error("the process holds more than it counts")
	}
	c := s.mustDial(t, server(t, echo))
	go c.Write(make([]byte, 1<<20))
	if n, err := io.CopyN(io.Discard, c, 1<<20); err != nil {
		t.Errorf("beside them %d bytes went, then %v", n, err)
	}
}

func TestNobodyIsAdmittedWithoutMemory(t *testing.T) {
	cfg := anywhere()
	cfg.Limits.Buffers = 1 << 20
	s := serve(t, cfg)
	_, err := s.dial(t, server(t, echo))
	if !isCode(err, netconn.CodeLimit) || !strings.Contains(err.Error(), "no memory left") {
		t.Errorf("without memory: %v", err)
	}
	s.log.eventually(t, errNoMemory.Error())
}
