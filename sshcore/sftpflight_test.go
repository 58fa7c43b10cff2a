package sshcore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/wasmiko/wasmiko/sshcore/internal/sshtest"
)

// writeServer takes an upload, and keeps it.
type writeServer struct {
	limits Limits
	file   []byte
	sizes  map[int]bool // of its writes
}

// serve answers a write, if it is early, before it has read its bytes.
func (w *writeServer) serve(early bool) func(*sshtest.Session) {
	return func(s *sshtest.Session) {
		for {
			head := make([]byte, packetHead)
			if _, err := io.ReadFull(s, head); err != nil {
				return
			}
			r := sshtest.SFTPRequest{Kind: head[4], ID: binary.BigEndian.Uint32(head[5:])}
			length := int(binary.BigEndian.Uint32(head)) - (packetHead - 4)
			if early && r.Kind == fxpWrite {
				s.Write(r.Status(StatusOK, ""))
			}
			if r.Kind == fxpInit {
				offer := append(sshtest.SFTPString(extLimits), sshtest.SFTPString("1")...)
				s.Write(sshtest.SFTPPacket(fxpVersion, r.ID, offer))
			}
			r.Body = make([]byte, length)
			if _, err := io.ReadFull(s, r.Body); err != nil {
				return
			}
			if answer := w.answer(r); len(answer) > 0 && !(early && r.Kind == fxpWrite) {
				s.Write(answer)
			}
		}
	}
}

func (w *writeServer) answer(r sshtest.SFTPRequest) []byte {
	switch r.Kind {
	case fxpInit:
		return nil
	case fxpStat:
		return r.Status(StatusNoSuchFile, "")
	case fxpOpen:
		return r.Handle("h")
	case fxpFstat:
		return r.Attrs(uint64(len(w.file)), aFile)
	case fxpExtended:
		l := w.limits
		return sshtest.SFTPPacket(fxpExtendedReply, r.ID, putUint64(putUint64(putUint64(putUint64(nil, l.Packet), l.Read), l.Write), l.Handles))
	case fxpWrite:
		f := fields{rest: r.Body}
		f.string()
		at, data := int(f.uint64()), f.string()
		if at != len(w.file) {
			return r.Status(StatusFailure, "a gap")
		}
		w.file = append(w.file, data...)
		w.sizes[len(data)] = true
	}
	return r.Status(StatusOK, "")
}

func TestWritesKeepToTheServersLimits(t *testing.T) {
	data := randomBytes(3*largeWrite + 7)
	for _, tc := range []struct {
		name   string
		limits Limits
		size   int
	}{
		{"OpenSSH's let large ones through", Limits{256 << 10, 255 << 10, 255 << 10, 100}, largeWrite},
		{"a limit that is none", Limits{Write: 1 << 63}, largeWrite},
		{"large writes without a bound on packets", Limits{Write: 1 << 20}, largeWrite},
		{"a server that does not say gets what all take", Limits{}, writeSize},
		{"small writes stay small", Limits{Packet: 34000, Write: 1000}, 1000},
		{"writes that would not fit into a packet", Limits{Packet: 34000, Write: 1 << 20}, writeSize},
		{"writes between", Limits{Packet: 256 << 10, Write: 50000}, 50000},
	} {
		for _, early := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/early answers %v", tc.name, early), func(t *testing.T) {
				w := &writeServer{limits: tc.limits, sizes: map[int]bool{}}
				connected(t, w.serve(early), func(t *testing.T, c *Client, _ *sshtest.Server) {
					s, err := c.SFTP(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					defer s.Close()
					for _, size := range []int64{0, int64(len(data)), int64(len(data)) - 1} { // unknown, right, wrong
						w.file = w.file[:0]
						n, err := s.Upload(t.Context(), "f", bytes.NewReader(data), Transfer{Size: size})
						if n != int64(len(data)) || err != nil || !bytes.Equal(w.file, data) {
							t.Fatalf("said to be %d: %d bytes, %v", size, n, err)
						}
					}
				})
				if !w.sizes[tc.size] {
					t.Errorf("no write has %d bytes", tc.size)
				}
				for size := range w.sizes {
					if size > tc.size {
						t.Errorf("a write has %d bytes", size)
					}
				}
			})
		}
	}
}

// What a resumed upload sends again is bounded, and so is what may be on the way.
func TestWhatFliesIsBoundedInBytes(t *testing.T) {
	for _, size := range []int{1, 512, 1000, writeSize, 50000, largeWrite, 255 << 10} {
		g := newRing(size, writeFlight)
		most := 0
		for range 10 * maxFlight {
			for !g.full() {
				g.flying = append(g.flying, g.piece())
			}
			most = max(most, len(g.flying))
			g.land()
		}
		if most*size > writeFlight || most > maxFlight || most < maxFlight && (most+1)*size <= writeFlight {
			t.Errorf("%d writes of %d bytes fly", most, size)
		}
	}
}

// An upload that breaks off has at most writeFlight bytes on the way, whatever
// the server has told of itself.
func TestAnUploadSendsNoMoreThanMayFly(t *testing.T) {
	taken := 0
	w := &writeServer{limits: Limits{Write: 255 << 10}, sizes: map[int]bool{}}
	connected(t, w.serve(false), func(t *testing.T, c *Client, _ *sshtest.Server) {
		s, err := c.SFTP(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		stop := errors.New("enough")
		acked := int64(0)
		_, err = s.Upload(t.Context(), "f", readerFunc(func(b []byte) (int, error) {
			if ahead := taken - int(acked); ahead > writeFlight-largeWrite {
				return 0, fmt.Errorf("%d bytes are on the way and more are wanted", ahead)
			}
			if taken >= 32<<20 {
				return 0, stop
			}
			taken += len(b)
			return len(b), nil
		}), Transfer{Progress: func(done, _ int64) { acked = done }})
		if !errors.Is(err, stop) {
			t.Error(err)
		}
	})
}
