//go:build !js

package netconn

import (
	"bytes"
	"io"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"
)

func TestPace(t *testing.T) {
	for _, tc := range []struct {
		name  string
		bytes uint64 // on the way at a time
		takes time.Duration
		want  int
	}{
		{"nothing is known", 0, 0, largeChunk},
		{"a swift line", 4 << 20, 50 * time.Millisecond, hugeChunk},
		{"a line of no time", 4 << 20, 0, hugeChunk},
		{"a swift and long one", 4 << 20, 300 * time.Millisecond, largeChunk},
		{"a slow line", 512 << 10, 4 * time.Second, chunk},
		{"a key and its echo tell nothing", 100, time.Second, largeChunk},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var p pace
				for at := uint64(0); at < 3*tc.bytes; at += tc.bytes {
					p.sent(at, at+tc.bytes/2)
					p.sent(at, at+tc.bytes)
					p.arrived(at)
					time.Sleep(tc.takes)
					p.arrived(at + tc.bytes)
				}
				if got := p.message(); got != tc.want {
					t.Errorf("messages of %d bytes, want %d", got, tc.want)
				}
			})
		})
	}
}

// What a relay sends at a time follows the line, and all of it arrives.
func TestMessagesGrowOnASwiftLine(t *testing.T) {
	c, s := loopbackPair(t)
	want := make([]byte, 8*hugeChunk)
	rand.NewChaCha8([32]byte{}).Read(want)
	sizes := make(chan int, 1000)
	go func() {
		defer close(sizes)
		for rest := want; len(rest) > 0; {
			if len(rest) < len(want)/2 {
				s.mu.Lock()
				s.pace.rate, s.pace.to = swift, 1<<62
				s.mu.Unlock()
			}
			m := s.BorrowMessage()
			n := copy(m.Bytes(), rest)
			sizes <- n
			if err := s.WriteMessage(m, n); err != nil {
				t.Error(err)
				return
			}
			rest = rest[n:]
		}
	}()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, want) {
		t.Errorf("what was sent came changed: %v", err)
	}
	most := 0
	for n := range sizes {
		most = max(most, n)
	}
	if most < hugeChunk {
		t.Errorf("the largest message has %d bytes", most)
	}
}

func TestMessagesAreNoLargerThanTheirShareOfTheMemory(t *testing.T) {
	m := &Memory{Max: 2 * shareOf * (300 << 10)} // a share of 300 KiB
	_, s := memoryPair(t, Options{}, AcceptOptions{Memory: m})
	s.pace.rate = swift
	msg := s.BorrowMessage()
	if got := len(msg.Bytes()); got != largeChunk {
		t.Errorf("%d bytes were lent", got)
	}
	before := m.Used()
	msg.Release()
	if got := before - m.Used(); got != largeMessage {
		t.Errorf("%d bytes were given back", got)
	}
}
