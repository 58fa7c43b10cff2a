package sshcore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wasmiko/wasmiko/sshcore/internal/sshtest"
)

// withSFTP runs a test against an SFTP server that answers as it likes, in a
// bubble that waits for every goroutine's end.
func withSFTP(t *testing.T, answer func(sshtest.SFTPRequest) []byte, test func(t *testing.T, s *SFTP)) {
	t.Helper()
	connected(t, sshtest.SFTP(answer), func(t *testing.T, c *Client, _ *sshtest.Server) {
		s, err := c.SFTP(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		test(t, s)
	})
}

const (
	aFile = 0o100644
	aDir  = 0o040755
	aLink = 0o120777
)

// fileServer is a server with one file, that reads as read says.
func fileServer(size uint64, read func(sshtest.SFTPRequest) []byte) func(sshtest.SFTPRequest) []byte {
	return func(r sshtest.SFTPRequest) []byte {
		switch r.Kind {
		case fxpStat, fxpLstat, fxpFstat:
			return r.Attrs(size, aFile)
		case fxpOpen:
			return r.Handle("h")
		case fxpRead:
			return read(r)
		}
		return r.Status(StatusOK, "")
	}
}

// content is what a file of a test holds.
func content(offset uint64, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		at := offset + uint64(i)
		b[i] = byte(at ^ at>>8 ^ at>>16)
	}
	return b
}

func TestDownloadFromServersThatDoAsTheyLike(t *testing.T) {
	const size = 300_000
	upTo := func(r sshtest.SFTPRequest, end, most uint64) []byte {
		offset, n := r.Read()
		if offset >= end {
			return r.Status(StatusEOF, "")
		}
		return r.Data(content(offset, int(min(uint64(n), end-offset, most))))
	}
	protocol := errors.New("a breach of the protocol")
	for _, tc := range []struct {
		name string
		size uint64
		read func(sshtest.SFTPRequest) []byte
		want int64
		err  error
	}{
		{"an honest one", size, func(r sshtest.SFTPRequest) []byte { return upTo(r, size, 1<<20) }, size, nil},
		{"one that sends 1,000 bytes at a time", size, func(r sshtest.SFTPRequest) []byte { return upTo(r, size, 1000) }, size, nil},
		{"one that sends a byte less than asked", size, func(r sshtest.SFTPRequest) []byte {
			_, n := r.Read()
			return upTo(r, size, uint64(max(n-1, 1)))
		}, size, nil},
		{"a file that is shorter than it says", size, func(r sshtest.SFTPRequest) []byte { return upTo(r, 100_000, 1<<20) }, 100_000, ErrChanged},
		{"a size of 2^64-1", 1<<64 - 1, func(r sshtest.SFTPRequest) []byte { return upTo(r, size, 1<<20) }, size, ErrChanged},
		{"a file that says that it is empty", 0, func(r sshtest.SFTPRequest) []byte { return upTo(r, size, 1<<20) }, size, nil},
		{"no byte and no end", size, func(r sshtest.SFTPRequest) []byte { return r.Data(nil) }, 0, protocol},
		{"more than was asked for", size, func(r sshtest.SFTPRequest) []byte {
			_, n := r.Read()
			return r.Data(make([]byte, n+1))
		}, 0, protocol},
		{"an answer to what was not asked", size, func(r sshtest.SFTPRequest) []byte {
			r.ID += 1000
			return r.Data([]byte("x"))
		}, 0, protocol},
		{"an answer of another kind", size, func(r sshtest.SFTPRequest) []byte { return r.Handle("x") }, 0, protocol},
		{"a packet of 4 GiB", size, func(sshtest.SFTPRequest) []byte { return []byte("\xff\xff\xff\xffgabcdefghijkl") }, 0, protocol},
		{"a packet that is too short for an id", size, func(sshtest.SFTPRequest) []byte { return []byte("\x00\x00\x00\x01gabcdefghijkl") }, 0, protocol},
		{"a length that is not the packet's", size, func(r sshtest.SFTPRequest) []byte {
			return sshtest.SFTPPacket(fxpData, r.ID, []byte("\x00\x00\x00\x09abc"))
		}, 0, protocol},
		{"permission denied when reading", size, func(r sshtest.SFTPRequest) []byte { return r.Status(StatusPermissionDenied, "no") }, 0, fs.ErrPermission},
	} {
		t.Run(tc.name, func(t *testing.T) {
			withSFTP(t, fileServer(tc.size, tc.read), func(t *testing.T, s *SFTP) {
				at, wrong := uint64(0), false
				n, err := s.Download(t.Context(), "/f", writerFunc(func(p []byte) (int, error) {
					wrong = wrong || string(p) != string(content(at, len(p)))
					at += uint64(len(p))
					return len(p), nil
				}), Transfer{})
				if n != tc.want || wrong {
					t.Errorf("%d bytes, wrong: %v", n, wrong)
				}
				var e *SFTPError
				var breach *SFTPProtocolError
				switch {
				case tc.err == nil && err != nil:
					t.Error(err)
				case tc.err == nil:
				case !errors.As(err, &e) || e.Path != "/f":
					t.Errorf("error %v names no file", err)
				case tc.err == protocol:
					if !errors.As(err, &breach) || !errors.As(s.Err(), &breach) {
						t.Errorf("error %v, session %v", err, s.Err())
					}
				case !errors.Is(err, tc.err):
					t.Errorf("error %v", err)
				}
			})
		})
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestAServerThatNeverAnswersHoldsNobody(t *testing.T) {
	mute := func(kinds ...byte) func(sshtest.SFTPRequest) []byte {
		honest := fileServer(1<<40, func(r sshtest.SFTPRequest) []byte { return r.Data([]byte("x")) })
		return func(r sshtest.SFTPRequest) []byte {
			if strings.ContainsRune(string(kinds), rune(r.Kind)) {
				return nil
			}
			return honest(r)
		}
	}
	for _, tc := range []struct {
		name string
		mute []byte
		call func(context.Context, *SFTP) error
	}{
		{"stat", []byte{fxpStat}, func(ctx context.Context, s *SFTP) error { _, err := s.Stat(ctx, "x"); return err }},
		{"list", []byte{fxpOpendir}, func(ctx context.Context, s *SFTP) error { _, err := s.OpenDir(ctx, "x"); return err }},
		{"download, when opening", []byte{fxpOpen}, func(ctx context.Context, s *SFTP) error {
			_, err := s.Download(ctx, "x", io.Discard, Transfer{})
			return err
		}},
		{"download, when reading", []byte{fxpRead}, func(ctx context.Context, s *SFTP) error {
			_, err := s.Download(ctx, "x", io.Discard, Transfer{})
			return err
		}},
		{"upload, when writing", []byte{fxpWrite}, func(ctx context.Context, s *SFTP) error {
			_, err := s.Upload(ctx, "x", strings.NewReader(strings.Repeat("x", 10<<20)), Transfer{})
			return err
		}},
		{"upload, when closing", []byte{fxpClose}, func(ctx context.Context, s *SFTP) error {
			_, err := s.Put(ctx, "x", strings.NewReader("x"), Transfer{})
			return err
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			withSFTP(t, mute(tc.mute...), func(t *testing.T, s *SFTP) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second) // fake time
				defer cancel()
				begun := time.Now()
				err := tc.call(ctx, s)
				var e *SFTPError
				if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, ErrSizeMismatch) || !errors.As(err, &e) {
					t.Errorf("error %v", err)
				}
				if d := time.Since(begun); d > time.Second {
					t.Errorf("it took %v", d)
				}
			})
		})
	}
}

func TestCallsThatWereGivenUpDoNotPileUp(t *testing.T) {
	withSFTP(t, func(sshtest.SFTPRequest) []byte { return nil }, func(t *testing.T, s *SFTP) {
		for range 2 * maxWaiting {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			if _, err := s.Stat(ctx, "x"); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatal(err)
			}
			cancel()
		}
		if n := len(s.c.waiting); n > maxWaiting {
			t.Errorf("%d requests are waiting", n)
		}
	})
}

func TestCloseEndsWhatWaits(t *testing.T) {
	withSFTP(t, func(sshtest.SFTPRequest) []byte { return nil }, func(t *testing.T, s *SFTP) {
		time.AfterFunc(time.Second, func() { s.Close() })
		if _, err := s.Stat(t.Context(), "x"); !errors.Is(err, fs.ErrClosed) {
			t.Error(err)
		}
		if _, err := s.Stat(t.Context(), "x"); !errors.Is(err, fs.ErrClosed) {
			t.Error(err)
		}
	})
}

func TestALateHandleIsClosed(t *testing.T) {
	var closed atomic.Int32
	var opened sshtest.SFTPRequest
	withSFTP(t, func(r sshtest.SFTPRequest) []byte {
		switch r.Kind {
		case fxpOpendir:
			opened = r
			return nil
		case fxpClose:
			if r.Path() == "late" {
				closed.Add(1)
			}
			return r.Status(StatusOK, "")
		}
		return append(opened.Handle("late"), r.Attrs(1, aFile)...)
	}, func(t *testing.T, s *SFTP) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.OpenDir(ctx, "x"); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		if _, err := s.Stat(t.Context(), "x"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second) // fake: until all is quiet
		if closed.Load() != 1 {
			t.Errorf("closed %d times", closed.Load())
		}
	})
}

// dirServer lists what page says, page by page, until it says nothing.
func dirServer(page func(n int) []string, mode uint32) func(sshtest.SFTPRequest) []byte {
	n := 0
	return func(r sshtest.SFTPRequest) []byte {
		switch r.Kind {
		case fxpOpendir:
			n = 0
			return r.Handle("d")
		case fxpReaddir:
			names := page(n)
			n++
			if names == nil {
				return r.Status(StatusEOF, "")
			}
			return r.Names(mode, names...)
		case fxpLstat:
			return r.Attrs(0, mode)
		}
		return r.Status(StatusOK, "")
	}
}

func TestNamesThatLeadElsewhereAreRefusedAndTold(t *testing.T) {
	bad := []string{"", "/", "a/b", "../x", "x/..", "/etc/passwd", "a\x00b", "..\x00"}
	good := []string{"a", "...", "..x", `..\x`, "CON", "a:b", "\x1b[31m", "\u202Egnp.exe", "\xff\xfe", "-rf", " ", strings.Repeat("n", 5000)}
	all := append(append([]string{".", ".."}, bad...), good...)
	withSFTP(t, dirServer(func(n int) []string {
		if n > 0 {
			return nil
		}
		return all
	}, aFile), func(t *testing.T, s *SFTP) {
		var got, refused []string
		for e, err := range s.List(t.Context(), "/d") {
			var bad *NameError
			switch {
			case errors.As(err, &bad):
				refused = append(refused, bad.Name)
			case err != nil:
				t.Fatal(err)
			default:
				got = append(got, e.Name)
			}
		}
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", good) {
			t.Errorf("listed %q", got)
		}
		if fmt.Sprintf("%q", refused) != fmt.Sprintf("%q", bad) {
			t.Errorf("refused %q", refused)
		}
	})
}

func TestAnEndlessListingEnds(t *testing.T) {
	page := strings.Split(strings.Repeat("name ", 999)+"name", " ")
	dots := strings.Split(strings.Repeat(". .. ", 499)+". ..", " ")
	for _, c := range []struct {
		name string
		page func(n int) []string
		want int
	}{
		{"of names", func(int) []string { return page }, maxEntries},
		{"of nothing but dots", func(int) []string { return dots }, 0},
		{"of as many as are believed, and the dots", func(n int) []string {
			switch {
			case n == 0:
				return []string{".", ".."}
			case n <= maxEntries/len(page):
				return page
			}
			return nil
		}, maxEntries},
	} {
		t.Run(c.name, func(t *testing.T) {
			withSFTP(t, dirServer(c.page, aFile), func(t *testing.T, s *SFTP) {
				n, ended := 0, error(nil)
				for _, err := range s.List(t.Context(), "/d") {
					if ended = err; err != nil {
						break
					}
					n++
				}
				if endless := c.page(1<<30) != nil; errors.Is(ended, ErrTooMany) != endless || n != c.want {
					t.Errorf("after %d entries: %v", n, ended)
				}
			})
		})
	}
}

func TestAListingStopsWhenItIsTold(t *testing.T) {
	var asked atomic.Int32
	withSFTP(t, dirServer(func(int) []string { asked.Add(1); return []string{"x"} }, aFile), func(t *testing.T, s *SFTP) {
		for range s.List(t.Context(), "/d") {
			break
		}
		time.Sleep(time.Second) // fake: until all is quiet
		if n := asked.Load(); n > maxReaddirs {
			t.Errorf("%d pages were asked for", n)
		}
		ctx, cancel := context.WithCancel(t.Context())
		for _, err := range s.List(ctx, "/d") {
			cancel()
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
		cancel()
	})
}

func TestTreesThatCannotBeBelieved(t *testing.T) {
	for _, tc := range []struct {
		name string
		page func(int) []string
		call func(context.Context, *SFTP) error
		err  error
	}{
		{"a walk without a bottom", onePage("d"), walkAll, ErrTooDeep},
		{"a removal without a bottom", onePage("d"), removeAll, ErrTooDeep},
		{"a walk over a name that climbs", onePage("x/.."), walkAll, &NameError{}},
		{"a removal of a name that climbs", onePage("../x"), removeAll, &NameError{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var climbed atomic.Bool
			serve := dirServer(tc.page, aDir)
			pages := map[string]int{}
			handles := 0
			withSFTP(t, func(r sshtest.SFTPRequest) []byte {
				if r.Kind != fxpClose && strings.Contains(r.Path(), "..") {
					climbed.Store(true)
				}
				switch r.Kind {
				case fxpOpendir:
					handles++
					return r.Handle(fmt.Sprint(handles))
				case fxpReaddir:
					pages[r.Path()]++
					if names := tc.page(pages[r.Path()] - 1); names != nil {
						return r.Names(aDir, names...)
					}
					return r.Status(StatusEOF, "")
				}
				return serve(r)
			}, func(t *testing.T, s *SFTP) {
				err := tc.call(t.Context(), s)
				var bad *NameError
				switch {
				case errors.Is(tc.err, ErrTooDeep) && !errors.Is(err, ErrTooDeep):
					t.Error(err)
				case errors.As(tc.err, &bad) && !errors.As(err, &bad):
					t.Error(err)
				}
				if climbed.Load() {
					t.Error("it left the tree")
				}
			})
		})
	}
}

func onePage(names ...string) func(int) []string {
	return func(n int) []string {
		if n > 0 {
			return nil
		}
		return names
	}
}

func walkAll(ctx context.Context, s *SFTP) error {
	return s.Walk(ctx, "/d", func(_ string, _ Entry, err error) error { return err })
}

func removeAll(ctx context.Context, s *SFTP) error { return s.RemoveAll(ctx, "/d", nil) }

func TestServersWithoutSFTP(t *testing.T) {
	for _, tc := range []struct {
		name string
		run  func(*sshtest.Session)
		err  error
		text string
	}{
		{"its program is missing", func(s *sshtest.Session) { s.Exit(127) }, ErrNoSFTP, ""},
		{"it hangs up in the greeting", func(s *sshtest.Session) { io.WriteString(s, "\x00\x00\x00") }, ErrNoSFTP, ""},
		{"its login script is chatty", func(s *sshtest.Session) { io.WriteString(s, "Welcome to example.org!\r\n") }, nil, `it begins with "Welcome t"`},
		{"it speaks version 2", func(s *sshtest.Session) { s.Write(sshtest.SFTPPacket(fxpVersion, 2, nil)) }, nil, "version 2"},
		{"it never says a word", func(s *sshtest.Session) { io.Copy(io.Discard, s) }, errSFTPTimeout, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			connected(t, tc.run, func(t *testing.T, c *Client, _ *sshtest.Server) {
				s, err := c.SFTP(t.Context())
				if err == nil {
					s.Close()
				}
				var broken *SFTPProtocolError
				if tc.err != nil && !errors.Is(err, tc.err) ||
					tc.err == nil && (!errors.As(err, &broken) || !strings.Contains(err.Error(), tc.text)) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
	t.Run("it refuses the subsystem", func(t *testing.T) {
		connected(t, func(*sshtest.Session) {}, func(t *testing.T, c *Client, srv *sshtest.Server) {
			srv.Refuse = "subsystem"
			if _, err := c.SFTP(t.Context()); !errors.Is(err, ErrNoSFTP) {
				t.Errorf("got %v", err)
			}
		})
	})
	t.Run("it refuses the channel", func(t *testing.T) {
		connected(t, nil, func(t *testing.T, c *Client, _ *sshtest.Server) {
			if _, err := c.SFTP(t.Context()); !errors.Is(err, ErrOneSession) {
				t.Errorf("got %v", err)
			}
		})
	})
}

func TestALostConnectionIsToldFromARefusal(t *testing.T) {
	connected(t, sshtest.SFTP(func(sshtest.SFTPRequest) []byte { return nil }), func(t *testing.T, c *Client, srv *sshtest.Server) {
		s, err := c.SFTP(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Second, srv.Hangup)
		_, err = s.Stat(t.Context(), "/x")
		var e *SFTPError
		var closed *ClosedError
		if !errors.As(err, &e) || e.Op != "stat" || e.Status != 0 || !errors.As(err, &closed) {
			t.Errorf("got %v", err)
		}
	})
}
