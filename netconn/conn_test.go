package netconn

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// rawRelay is a client's Conn whose relay is played by the test, by hand.
func rawRelay(t testing.TB, window uint32, o Options) (*Conn, *pipeSocket) {
	t.Helper()
	a, b := newPipe()
	go func() {
		b.Send(hello{maxMessage: maxMessage}.append(nil))
		b.Receive() // OPEN
		b.Send(opened{window: window}.append(nil))
	}()
	c, err := Client(t.Context(), a, Target{Host: "target.example", Port: 22}, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close(CodeNormal, ""); c.Close() })
	return c, b
}

// rawClient is a relay's Conn whose client is played by the test.
func rawClient(t testing.TB, window uint32) (*Conn, *pipeSocket) {
	t.Helper()
	a, b := newPipe()
	go func() {
		a.Receive() // HELLO
		a.Send(open{window: window, target: Target{Host: "target.example", Port: 22}}.append(nil))
		a.Receive() // OPENED
	}()
	r, err := Accept(t.Context(), b, AcceptOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.Open("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(CodeNormal, ""); s.Close() })
	return s, a
}

func dataFrame(off uint64, p string) []byte {
	b := append(make([]byte, dataHeader), p...)
	putData(b, off)
	return b
}

// wantFrame receives one frame and compares it.
func wantFrame(t testing.TB, s Socket, want []byte) {
	t.Helper()
	if got, err := s.Receive(); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("received %x, %v; want %x", got, err, want)
	}
}

func TestAReaderThatDoesNotReadStopsTheWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const window = 100_000
		c, s := memoryPair(t, Options{}, AcceptOptions{Window: window})
		var written atomic.Int64
		go func() {
			for p := make([]byte, 1000); ; {
				n, err := c.Write(p)
				written.Add(int64(n))
				if err != nil {
					return
				}
			}
		}()
		time.Sleep(time.Minute) // synctest's clock: all that can happen happens
		if n := written.Load(); n < window-1000 || n > window {
			t.Errorf("wrote %d bytes that nobody read, the window is %d", n, window)
		}
		if _, err := io.CopyN(io.Discard, s, 50_000); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if n := written.Load(); n < window+49_000 || n > window+50_000 {
			t.Errorf("wrote %d bytes after 50000 were read", n)
		}
	})
}

func TestAFullSocketStopsTheWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := newPipe()
		var buffered atomic.Int64
		a.buffered = func() int { return int(buffered.Load()) }
		c, s := pair(t, a, b, Options{}, AcceptOptions{Window: 8 << 20})
		go io.Copy(io.Discard, s)
		buffered.Store(highWater + 1)
		var written atomic.Int64
		go func() {
			for p := make([]byte, 1000); written.Load() < 2<<20; {
				n, err := c.Write(p)
				written.Add(int64(n))
				if err != nil {
					return
				}
			}
		}()
		time.Sleep(10 * time.Second)
		if n := written.Load(); n > sendQueue+chunk {
			t.Errorf("wrote %d bytes into a socket that is full", n)
		}
		buffered.Store(0)
		time.Sleep(time.Second)
		if n := written.Load(); n < 2<<20 {
			t.Error("the writer does not go on when the socket has room")
		}
	})
}

func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := memoryPair(t, Options{}, AcceptOptions{Window: 10})
		began := time.Now()
		after := func(want time.Duration, err, is error) {
			t.Helper()
			var ne net.Error
			if !errors.Is(err, is) || is == os.ErrDeadlineExceeded && (!errors.As(err, &ne) || !ne.Timeout()) {
				t.Errorf("got error %v, want %v", err, is)
			}
			if got := time.Since(began); got != want {
				t.Errorf("returned after %v, want %v", got, want)
			}
		}
		buf := make([]byte, 20)

		// A Write that has begun, with a deadline set while it waits.
		time.AfterFunc(time.Second, func() { c.SetWriteDeadline(time.Now().Add(time.Second)) })
		n, err := c.Write(buf)
		after(2*time.Second, err, os.ErrDeadlineExceeded)
		if n != 10 {
			t.Errorf("wrote %d bytes into a window of 10", n)
		}
		// The write deadline does not concern Read; Read's can be put off.
		c.SetReadDeadline(time.Now().Add(time.Second))
		time.AfterFunc(time.Second/2, func() { c.SetReadDeadline(began.Add(5 * time.Second)) })
		_, err = c.Read(buf)
		after(5*time.Second, err, os.ErrDeadlineExceeded)
		// Data that is there does not help against a deadline that has passed.
		if _, err = s.Write([]byte("late")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		_, err = c.Read(buf)
		after(6*time.Second, err, os.ErrDeadlineExceeded)
		// And nothing was lost.
		c.SetDeadline(time.Time{})
		n, err = c.Read(buf)
		after(6*time.Second, err, nil)
		if string(buf[:n]) != "late" {
			t.Errorf("read %q", buf[:n])
		}
	})
}

func TestCloseUnblocksAndFlushes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := memoryPair(t, Options{}, AcceptOptions{})
		if _, err := c.Write(make([]byte, 200_000)); err != nil {
			t.Fatal(err)
		}
		failed := make(chan error)
		go func() { _, err := c.Read(make([]byte, 1)); failed <- err }()
		synctest.Wait()
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if err := <-failed; !errors.Is(err, net.ErrClosed) {
			t.Errorf("the waiting Read returns %v", err)
		}
		if err := c.Close(); err != nil {
			t.Errorf("the second Close returns %v", err)
		}
		if _, err := c.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Write after Close returns %v", err)
		}
		if n, err := io.Copy(io.Discard, s); n != 200_000 || err != nil {
			t.Errorf("the other side reads %d bytes, %v; want all and EOF", n, err)
		}
		synctest.Wait()
		_, err := s.Write([]byte("x"))
		wantCode(t, err, CodeNormal)
	})
}

func TestCloseGivesUpFlushingAfterASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := rawRelay(t, 1<<20, Options{})
		if _, err := c.Write(make([]byte, sendQueue)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write(make([]byte, chunk)); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := c.Close(); err == nil {
			t.Error("Close does not tell that bytes were lost")
		}
		if got := time.Since(began); got != flushWait {
			t.Errorf("Close took %v", got)
		}
	})
}

func TestCloseTellsThatALossTookBytes(t *testing.T) {
	for _, c := range []struct {
		name  string
		bytes int
		lost  bool
	}{
		{"queued bytes are lost", sendQueue, true},
		{"nothing was queued", 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn, relay := rawRelay(t, 1<<20, Options{})
				if _, err := conn.Write(make([]byte, c.bytes)); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				relay.Close(1006, "")
				synctest.Wait()
				if err := conn.Close(); (err != nil) != c.lost {
					t.Errorf("Close returns %v", err)
				}
			})
		})
	}
}

func TestHalfClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := newPipe()
		c, s := pair(t, a, b, Options{}, AcceptOptions{})
		go func() {
			sent, _ := io.ReadAll(s)
			s.Write(bytes.ToUpper(sent))
			s.CloseWrite()
		}()
		if _, err := c.Write([]byte("to the end")); err != nil {
			t.Fatal(err)
		}
		if err := c.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if err := c.CloseWrite(); err != nil {
			t.Errorf("the second CloseWrite returns %v", err)
		}
		if _, err := c.Write([]byte("x")); err != errWriteClosed {
			t.Errorf("Write after CloseWrite returns %v", err)
		}
		if got, err := io.ReadAll(c); string(got) != "TO THE END" || err != nil {
			t.Errorf("read %q, %v", got, err)
		}
		synctest.Wait()
		if a.end.err == nil || a.end.err.Code != CodeNormal {
			t.Errorf("after FIN both ways the WebSocket closes with %v", a.end.err)
		}
		if in, out := c.Stats(); in != 10 || out != 10 {
			t.Errorf("Stats are %d, %d", in, out)
		}
	})
}

func TestALostRelayIsNeverEOF(t *testing.T) {
	for _, c := range []struct {
		name  string
		close CloseError
		want  Code
		fin   bool
	}{
		{name: "a normal close without FIN is a loss", close: CloseError{CodeNormal, ""}, want: CodeLost},
		{name: "a server that goes away is a loss", close: CloseError{1001, ""}, want: CodeLost},
		{name: "a broken TCP connection is a loss", close: CloseError{1006, ""}, want: CodeLost},
		{name: "a close code of the protocol says why", close: CloseError{CodeReset, "rst"}, want: CodeReset},
		{name: "a relay that stops says so", close: CloseError{CodeDraining, ""}, want: CodeDraining},
		{name: "an unknown code of the range is kept", close: CloseError{4999, ""}, want: 4999},
		{name: "after FIN it is the end, and only writing fails", close: CloseError{CodeNormal, ""}, want: CodeNormal, fin: true},
		{name: "after FIN a loss is a loss for writing", close: CloseError{1006, ""}, want: CodeLost, fin: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn, relay := rawRelay(t, 1000, Options{})
				relay.Send(dataFrame(0, "last words"))
				if c.fin {
					relay.Send(appendNumber(nil, typeFin, 10))
				}
				synctest.Wait()
				relay.Close(c.close.Code, c.close.Reason)
				got, err := io.ReadAll(conn)
				if string(got) != "last words" {
					t.Errorf("read %q", got)
				}
				if c.fin {
					if err != nil {
						t.Errorf("want EOF, got %v", err)
					}
				} else {
					wantCode(t, err, c.want)
				}
				synctest.Wait()
				_, err = conn.Write([]byte("x"))
				wantCode(t, err, c.want)
			})
		})
	}
}

func TestAbortTellsTheOtherSide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := newPipe()
		c, s := pair(t, a, b, Options{}, AcceptOptions{})
		s.Write([]byte("before"))
		s.Abort(CodeReset, "RST from target")
		got, err := io.ReadAll(c)
		if string(got) != "before" {
			t.Errorf("read %q before the error", got)
		}
		if e := wantCode(t, err, CodeReset); e.Text != "RST from target" {
			t.Errorf("the text is %q", e.Text)
		}
		synctest.Wait()
		if a.end.err.Code != CodeReset {
			t.Errorf("the close code is %d", a.end.err.Code)
		}
	})
}

func TestBreachesEndTheConnection(t *testing.T) {
	for _, c := range []struct {
		name string
		msg  []byte
		text string
	}{
		{"a gap", dataFrame(1, "x"), "DATA at 1, expected 0"},
		{"an unknown type", []byte{0x42}, "unexpected frame 0x42"},
		{"RESUME", zeros(typeResume, 52), "unexpected frame 0x04"},
		{"a short frame", []byte{typeAck}, "frame 0x11 with 1 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn, peer := rawClient(t, 1000)
				peer.Send([]byte{0x99}) // one to be ignored
				peer.Send(c.msg)
				wantFrame(t, peer, appendError(nil, CodeProtocol, c.text))
				var closed *CloseError
				if _, err := peer.Receive(); !errors.As(err, &closed) || closed.Code != CodeProtocol {
					t.Errorf("the WebSocket ends with %v", err)
				}
				_, err := conn.Read(make([]byte, 1))
				wantCode(t, err, CodeProtocol)
			})
		})
	}
}

func TestNoBytesFollowABreachOrAnERROR(t *testing.T) {
	for _, c := range []struct {
		name     string
		msg      []byte
		farewell bool
	}{
		{"a breach is answered at once", dataFrame(9, "x"), true},
		{"an ERROR is not answered", appendError(nil, CodeReset, ""), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn, relay := rawRelay(t, 1<<20, Options{})
				if _, err := conn.Write(make([]byte, sendQueue)); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				relay.Send(c.msg)
				synctest.Wait()
				var kinds []byte
				for {
					msg, err := relay.Receive()
					if err != nil {
						break
					}
					kinds = append(kinds, msg[0])
				}
				// Two messages are in the pipe and one in Send, of four.
				want := []byte{typeData, typeData, typeData}
				if c.farewell {
					want = append(want, typeError)
				}
				if !bytes.Equal(kinds, want) {
					t.Errorf("received frames %x, want %x", kinds, want)
				}
			})
		})
	}
}

func TestTheLaterFINClosesTheWebSocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, relay := rawRelay(t, 1000, Options{})
		c.CloseWrite()
		wantFrame(t, relay, appendNumber(nil, typeFin, 0))
		relay.Send(appendNumber(nil, typeFin, 0))
		wantFrame(t, relay, appendAck(nil, 1, clientWindow))
		relay.Send(appendAck(nil, 1, 1000))
		var closed *CloseError
		if _, err := relay.Receive(); !errors.As(err, &closed) || closed.Code != CodeNormal {
			t.Errorf("the WebSocket ends with %v", err)
		}
		if _, err := c.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("Read returns %v", err)
		}
	})
}

// brokenSend is a Socket whose Send fails before the other side's close is
// received.
type brokenSend struct {
	*pipeSocket
	err error
}

func (s *brokenSend) Send(msg []byte) error {
	if s.err != nil {
		return s.err
	}
	return s.pipeSocket.Send(msg)
}

func (s *brokenSend) Close(Code, string) error { return nil }

func TestACloseCodeSaysMoreThanAFailedSend(t *testing.T) {
	broken := errors.New("broken pipe")
	for _, c := range []struct {
		name string
		code Code
		want Code
	}{
		{"the close code of the protocol counts", CodeLimit, CodeLimit},
		{"a close without a reason is a loss", 1006, CodeLost},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := newPipe()
				sock := &brokenSend{pipeSocket: a}
				conn, _ := pair(t, sock, b, Options{}, AcceptOptions{})
				sock.err = broken
				conn.Write([]byte("x"))
				synctest.Wait()
				b.Close(c.code, "")
				_, err := conn.Read(make([]byte, 1))
				wantCode(t, err, c.want)
			})
		})
	}
}

func TestADeadlineThatWasReplacedDoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := rawRelay(t, 1000, Options{})
		synctest.Wait()
		// The timer of the first deadline has fired and waits for the lock.
		c.mu.Lock()
		c.readBy.set(time.Now().Add(time.Second))
		time.Sleep(time.Second)
		c.readBy.set(time.Now().Add(time.Second))
		c.mu.Unlock()
		began := time.Now()
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		if got := time.Since(began); got != time.Second {
			t.Errorf("Read ended after %v", got)
		}
	})
}

func TestCloseLeavesNoTimer(t *testing.T) {
	c, _ := memoryPair(t, Options{}, AcceptOptions{})
	c.SetDeadline(time.Now().Add(time.Hour))
	c.Close()
	if c.readBy.timer != nil || c.writeBy.timer != nil {
		t.Error("a deadline's timer goes on")
	}
}

func TestGoAwayReachesTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := make(chan time.Duration, 1)
		c, s := memoryPair(t, Options{OnGoAway: func(d time.Duration) { got <- d }}, AcceptOptions{})
		if err := s.GoAway(90 * time.Second); err != nil {
			t.Fatal(err)
		}
		if d := <-got; d != 90*time.Second {
			t.Errorf("got %v", d)
		}
		if err := c.GoAway(0); err == nil {
			t.Error("a client may send GOAWAY")
		}
		// The connection lives on.
		go s.Write([]byte("x"))
		if _, err := c.Read(make([]byte, 1)); err != nil {
			t.Error(err)
		}
	})
}

func TestAddressesNameTheTarget(t *testing.T) {
	c, s := memoryPair(t, Options{}, AcceptOptions{})
	for _, conn := range []*Conn{c, s} {
		if got := conn.RemoteAddr().String(); got != "target.example:22" {
			t.Errorf("RemoteAddr is %s", got)
		}
		if got := conn.LocalAddr().String(); got != "relay" {
			t.Errorf("LocalAddr is %s", got)
		}
	}
	if got := (Addr{"::1", 2222}).String(); got != "[::1]:2222" {
		t.Errorf("an IPv6 target is %s", got)
	}
}
