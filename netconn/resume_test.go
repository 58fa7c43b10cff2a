package netconn

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	mathrand "math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// network lets one client reach a relay in memory, again and again, and can be
// cut.
type network struct {
	t        testing.TB
	sessions *Sessions
	memory   *Memory
	user     string
	opened   chan *Conn
	refused  chan error

	mu    sync.Mutex
	down  bool
	mute  bool          // messages vanish, and nobody is told
	hang  bool          // what is dialled never comes about
	slow  time.Duration // that a message takes
	dials int
	ends  []*muteSocket

	lengths    func() int // of what transports carry before they break
	left, cuts int
}

// muteSocket swallows messages while its network is mute.
type muteSocket struct {
	*pipeSocket
	net *network
	was bool // mute for ever
}

func (s *muteSocket) Send(msg []byte) error {
	s.net.mu.Lock()
	s.was = s.was || s.net.mute
	mute, slow := s.was, s.net.slow
	s.net.mu.Unlock()
	time.Sleep(slow)
	if mute {
		return nil
	}
	if s.net.sent(len(msg)) {
		s.pipeSocket.Close(1006, "")
	}
	return s.pipeSocket.Send(msg)
}

func newNetwork(t testing.TB, sessions *Sessions) *network {
	return &network{t: t, sessions: sessions, opened: make(chan *Conn, 1), refused: make(chan error, 100)}
}

var errDown = errors.New("the network is down")

func (n *network) dial(ctx context.Context, _ string) (Socket, error) {
	n.mu.Lock()
	n.dials++
	down, hang := n.down, n.hang
	n.mu.Unlock()
	if hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if down {
		return nil, errDown
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	a, b := newPipe()
	x, y := &muteSocket{pipeSocket: a, net: n}, &muteSocket{pipeSocket: b, net: n}
	n.ends = []*muteSocket{x, y}
	go n.serve(y)
	return x, nil
}

func (n *network) serve(s Socket) {
	r, err := Accept(context.Background(), s, AcceptOptions{Sessions: n.sessions, Memory: n.memory, User: n.user, Owner: n.user})
	if err != nil {
		n.refused <- err
		return
	}
	if r.Resumed != nil {
		return
	}
	c, err := r.Open("one")
	if err != nil {
		n.t.Error(err)
	}
	n.opened <- c
}

// cut breaks the current transport, and lets no other come about if down.
func (n *network) cut(down bool) {
	n.mu.Lock()
	n.down = down
	ends := n.ends
	n.mu.Unlock()
	ends[0].pipeSocket.Close(1006, "")
}

func (n *network) set(down, mute bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down, n.mute = down, mute
}

func (n *network) dialled() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.dials
}

// connect makes a connection that can be resumed.
func (n *network) connect(o Options) (c, s *Conn) {
	n.t.Helper()
	o.Redial = n.dial
	first, err := n.dial(context.Background(), "")
	if err != nil {
		n.t.Fatal(err)
	}
	c, err = Client(context.Background(), first, Target{Host: "target.example", Port: 22}, o)
	if err != nil {
		n.t.Fatal(err)
	}
	s = <-n.opened
	n.t.Cleanup(func() { c.Close(); s.Close() })
	return c, s
}

func say(t testing.TB, from, to *Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(from, text); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(text))
	if _, err := io.ReadFull(to, got); err != nil || string(got) != text {
		t.Fatalf("read %q, %v; want %q", got, err, text)
	}
}

func TestAConnectionOutlivesItsWebSocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, &Sessions{})
		c, s := n.connect(Options{})
		for range 5 {
			say(t, c, s, "up")
			n.cut(false)
			say(t, s, c, "down")
			synctest.Wait()
		}
		if s.Resumed() != 5 {
			t.Errorf("resumed %d times", s.Resumed())
		}
		c.CloseWrite()
		s.CloseWrite()
		if _, err := c.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("the end is %v", err)
		}
		<-c.Done()
		<-s.Done()
		if n.sessions.Away() != 0 || len(n.sessions.conns) != 0 {
			t.Error("an ended session is kept")
		}
	})
}

// announcer looks at the relay while OPENED goes out.
type announcer struct {
	*pipeSocket
	opened func()
}

func (s announcer) Send(msg []byte) error {
	if msg[0] == typeOpened {
		s.opened()
	}
	return s.pipeSocket.Send(msg)
}

func TestASessionIsKnownBeforeItsClientHearsOfIt(t *testing.T) {
	sessions, known := new(Sessions), 0
	a, b := newPipe()
	pair(t, a, announcer{b, func() {
		sessions.mu.Lock()
		defer sessions.mu.Unlock()
		known = len(sessions.conns)
	}}, Options{Redial: func(context.Context, string) (Socket, error) { return nil, errDown }}, AcceptOptions{Sessions: sessions})
	if known != 1 {
		t.Error("a client that comes back at once is told that there is no such session")
	}
}

// sent counts what side has sent, and breaks the transport when the next of the
// network's lengths is reached: that message is lost.
func (n *network) sent(size int) (broken bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.lengths == nil || n.cuts == 0 {
		return false
	}
	if n.left -= size; n.left > 0 {
		return false
	}
	n.left = n.lengths()
	n.cuts--
	return true
}

func TestEverythingArrivesAcrossCuts(t *testing.T) {
	const size, cuts = 8 << 20, 50
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, &Sessions{})
		r := mathrand.New(mathrand.NewPCG(1, 2))
		c, s := n.connect(Options{})
		n.mu.Lock()
		n.cuts, n.lengths = cuts, func() int { return 1 + r.IntN(size/cuts*3/2) }
		n.mu.Unlock()
		var wg sync.WaitGroup
		move := func(name string, from, to *Conn) {
			sent, received := sha256.New(), sha256.New()
			var both sync.WaitGroup
			both.Go(func() {
				io.Copy(from, io.TeeReader(io.LimitReader(rand.Reader, size), sent))
				from.CloseWrite()
			})
			both.Go(func() {
				if got, err := io.Copy(received, to); got != size || err != nil {
					t.Errorf("%s: %d bytes, %v", name, got, err)
				}
			})
			wg.Go(func() {
				both.Wait()
				if !bytes.Equal(sent.Sum(nil), received.Sum(nil)) {
					t.Errorf("%s: the hashes differ", name)
				}
			})
		}
		move("up", c, s)
		move("down", s, c)
		wg.Wait()
		<-c.Done()
		<-s.Done()
		if n.cuts > 0 || s.Resumed() < cuts/2 {
			t.Errorf("%d of %d cuts did not happen; resumed %d times", n.cuts, cuts, s.Resumed())
		}
	})
}

func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, &Sessions{})
		var links []Link
		c, s := n.connect(Options{OnLink: func(l Link) { links = append(links, l) }})
		say(t, c, s, "before")
		n.cut(true)
		time.Sleep(2 * time.Minute)
		if !c.Away() || !s.Away() {
			t.Error("the connection is not away")
		}
		synctest.Wait()
		attempt := 0
		for _, l := range links {
			if l.Up || l.Hold != defaultHold {
				t.Errorf("%+v", l)
			}
			if l.Wait == 0 { // the attempt itself
				attempt++
				continue
			}
			low, high := waitBefore(l.Attempt, 0), waitBefore(l.Attempt, 1)
			if l.Attempt != attempt+1 || l.Wait < low || l.Wait > high {
				t.Errorf("%+v after attempt %d, want a wait in [%v, %v]", l, attempt, low, high)
			}
		}
		if attempt < 14 || attempt > 24 {
			t.Errorf("%d attempts in two minutes", attempt)
		}
		n.set(false, false)
		c.Wake()
		began := time.Now()
		say(t, c, s, "after")
		if got := time.Since(began); got > ackDelay {
			t.Errorf("woken, it took %v", got)
		}
		synctest.Wait()
		if last := links[len(links)-1]; !last.Up || last.Away < 2*time.Minute {
			t.Errorf("the last news is %+v", last)
		}
	})
}

func TestADeadPathIsFound(t *testing.T) {
	for _, c := range []struct {
		name   string
		do     func(c *Conn)
		within time.Duration
	}{
		{"within 10 seconds of a key", func(c *Conn) { c.Write([]byte("x")) }, quiet + patience},
		{"within half a second of waking up", func(c *Conn) { c.Wake() }, wakeWait},
		{"within 5 seconds of it with much on the way", func(c *Conn) { c.Write(make([]byte, 2*smallWrite)); c.Wake() }, patience},
		{"within half a second of it after a key", func(c *Conn) { c.Write([]byte("x")); c.Wake() }, wakeWait},
		{"within 45 seconds of silence", func(*Conn) {}, deadAfter},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, &Sessions{})
				lost := make(chan time.Time, 10)
				conn, s := n.connect(Options{OnLink: func(l Link) {
					if !l.Up {
						lost <- time.Now()
					}
				}})
				say(t, conn, s, "before")
				time.Sleep(time.Second)
				n.set(false, true)
				began := time.Now()
				c.do(conn)
				time.Sleep(c.within / 2)
				n.set(false, false)
				if got := (<-lost).Sub(began); got > c.within {
					t.Errorf("found after %v", got)
				}
				say(t, s, conn, "after")
			})
		})
	}
}

func TestATypistOnAGoodLineIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, &Sessions{})
		c, s := n.connect(Options{})
		for range 100 {
			say(t, c, s, "x")
			time.Sleep(3 * time.Second)
		}
		if n.dialled() != 1 {
			t.Errorf("dialled %d times", n.dialled())
		}
	})
}

func TestTheProbeLearnsThatALineIsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, &Sessions{})
		c, s := n.connect(Options{})
		say(t, c, s, "before")
		takes := func(slow time.Duration) {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.slow = slow
		}
		takes(time.Second)
		for range 5 {
			c.Wake()
			time.Sleep(time.Minute)
		}
		takes(0)
		time.Sleep(2 * time.Second) // until no message is on its way: the end waits for none
		say(t, c, s, "after")
		if got := n.dialled(); got != 2 {
			t.Errorf("dialled %d times; want one more, by which the time is known", got)
		}
	})
}

// An attempt that was begun without a network may hang when there is one again.
func TestWakeDoesNotWaitForAnAttemptThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, &Sessions{})
		c, s := n.connect(Options{})
		say(t, c, s, "before")
		hangs := func(hang bool) {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.hang = hang
		}
		for _, begun := range []time.Duration{100 * time.Millisecond, 5 * time.Second} {
			hangs(true)
			n.cut(false)
			time.Sleep(begun)
			hangs(false)
			back := time.Now()
			c.Wake()
			say(t, c, s, "after")
			if got, most := time.Since(back), max(hurriedWait-begun, 0)+ackDelay; got > most {
				t.Errorf("begun %v before, it took %v; want %v at most", begun, got, most)
			}
		}
	})
}

func TestHoldExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, &Sessions{Hold: 10 * time.Minute})
		c, s := n.connect(Options{})
		say(t, s, c, "before")
		c.Write([]byte("late"))
		n.cut(true)
		began := time.Now()
		got, err := io.ReadAll(s)
		wantCode(t, err, CodeLost)
		if took := time.Since(began); took != 10*time.Minute {
			t.Errorf("held for %v", took)
		}
		if len(got) > 4 {
			t.Errorf("read %q", got)
		}
		n.set(false, false)
		if _, err = c.Read(make([]byte, 1)); err == io.EOF {
			t.Error("a session that is gone looks like its end")
		}
		wantCode(t, err, CodeGone)
		<-s.Done()
		<-c.Done()
	})
}

func TestAClientThatReachesNobodyGivesUpAfterTheHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, &Sessions{Hold: time.Minute})
		c, _ := n.connect(Options{})
		n.cut(true)
		began := time.Now()
		_, err := c.Read(make([]byte, 1))
		wantCode(t, err, CodeLost)
		if !errors.Is(err, errDown) {
			t.Errorf("the reason is not told: %v", err)
		}
		if got := time.Since(began); got < time.Minute || got > time.Minute+holdSlack+2*longestWait {
			t.Errorf("gave up after %v", got)
		}
	})
}

func TestClosingWhileAwayDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, &Sessions{})
		c, s := n.connect(Options{})
		n.cut(true)
		synctest.Wait()
		for _, conn := range []*Conn{c, s} {
			began := time.Now()
			if err := conn.Close(); err != nil {
				t.Error(err)
			}
			<-conn.Done()
			if got := time.Since(began); got != 0 {
				t.Errorf("Close took %v", got)
			}
		}
	})
}

func TestOnlyTheSameMayResume(t *testing.T) {
	ask := func(c *Conn, change func(*resume)) func(nonce [16]byte) resume {
		return func(nonce [16]byte) resume {
			r := resume{sid: c.back.(*redialer).sid, epoch: 7}
			r.rx, r.limit = c.point()
			r.mac = c.back.(*redialer).proof(client, nonce, r.epoch, r.rx, r.limit)
			change(&r)
			return r
		}
	}
	for _, test := range []struct {
		name   string
		opener string
		user   string
		change func(r *resume)
		want   Code
	}{
		{"a wrong proof is no session", "ann", "eve", func(r *resume) { r.mac[3] ^= 1 }, CodeNotFound},
		{"an unknown session is no session", "ann", "ann", func(r *resume) { r.sid[0] ^= 1 }, CodeNotFound},
		{"another user has no such session", "ann", "eve", func(*resume) {}, CodeNotFound},
		{"an offset that the proof does not cover is no session", "ann", "ann", func(r *resume) { r.rx++ }, CodeNotFound},
		{"an epoch that the proof does not cover is no session", "ann", "ann", func(r *resume) { r.epoch++ }, CodeNotFound},
		{"nobody has a user's session", "ann", "", func(*resume) {}, CodeNotFound},
		{"the same user with the proof is taken", "ann", "ann", func(*resume) {}, 0},
		{"whoever has the secret of what was nobody's is taken", "", "ann", func(*resume) {}, 0},
		{"and without it is not", "", "ann", func(r *resume) { r.mac[3] ^= 1 }, CodeNotFound},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, &Sessions{})
				n.user = test.opener
				c, s := n.connect(Options{})
				say(t, c, s, "before")
				n.user = test.user
				sock, _ := n.dial(context.Background(), "")
				h, err := receive(sock, client, parseHello)
				if err != nil {
					t.Fatal(err)
				}
				r := ask(c, test.change)(h.nonce)
				sock.Send(r.append(nil))
				_, err = receive(sock, client, parseResumed)
				if test.want == 0 {
					if err != nil {
						t.Fatal(err)
					}
					_, err = c.Read(make([]byte, 1)) // its own transport was superseded
					wantCode(t, err, CodeSuperseded)
					return
				}
				e := wantCode(t, err, test.want)
				if e.Text != errNoSession.Text {
					t.Errorf("the answer tells which: %q", e.Text)
				}
				say(t, c, s, "the session goes on")
			})
		})
	}
}

func TestARecordedRESUMEIsOfNoUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, &Sessions{})
		c, s := n.connect(Options{})
		r := c.back.(*redialer)
		var recorded []byte
		for i := range 2 {
			sock, _ := n.dial(context.Background(), "")
			h, err := receive(sock, client, parseHello)
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				ask := resume{sid: r.sid, epoch: 100}
				ask.mac = r.proof(client, h.nonce, ask.epoch, 0, 0)
				recorded = ask.append(nil)
				sock.Close(CodeNormal, "") // it was never sent
				continue
			}
			sock.Send(recorded)
			_, err = receive(sock, client, parseResumed)
			wantCode(t, err, CodeNotFound)
		}
		say(t, c, s, "the session goes on")
	})
}

func TestTheRelayDoesNotTakeAnEpochTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, &Sessions{})
		c, s := n.connect(Options{})
		n.cut(false)
		synctest.Wait()
		say(t, c, s, "epoch 1")
		r := c.back.(*redialer)
		sock, _ := n.dial(context.Background(), "")
		h, _ := receive(sock, client, parseHello)
		ask := resume{sid: r.sid, epoch: 1}
		ask.mac = r.proof(client, h.nonce, 1, 0, 0)
		sock.Send(ask.append(nil))
		_, err := receive(sock, client, parseResumed)
		wantCode(t, err, CodeSuperseded)
		say(t, c, s, "goes on")
	})
}

func TestAResumeWithImpossibleOffsetsEndsTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, &Sessions{})
		c, s := n.connect(Options{})
		say(t, s, c, "four")
		r := c.back.(*redialer)
		sock, _ := n.dial(context.Background(), "")
		h, _ := receive(sock, client, parseHello)
		ask := resume{sid: r.sid, epoch: 1, rx: 99, limit: 1 << 30}
		ask.mac = r.proof(client, h.nonce, 1, ask.rx, ask.limit)
		sock.Send(ask.append(nil))
		_, err := receive(sock, client, parseResumed)
		wantCode(t, err, CodeProtocol)
		_, err = s.Read(make([]byte, 1))
		wantCode(t, err, CodeProtocol)
	})
}

func TestABrowserThatLeavesIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, &Sessions{})
		_, s := n.connect(Options{})
		n.set(true, false)
		n.ends[0].pipeSocket.Close(codeGoingAway, "")
		_, err := s.Read(make([]byte, 1))
		wantCode(t, err, CodeLost)
		<-s.Done()
	})
}

func TestTooManyAbsencesEndTheLongest(t *testing.T) {
	for _, test := range []struct {
		name           string
		perUser, total int
		users          []string
		gone           int
	}{
		{"of one owner", 2, 0, []string{"eve", "ann", "ann", "ann"}, 1},
		{"of everybody", 0, 3, []string{"eve", "ann", "bob", "ann"}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sessions := &Sessions{PerOwner: test.perUser, Total: test.total}
				var conns []*Conn
				for _, user := range test.users {
					n := newNetwork(t, sessions)
					n.user = user
					_, s := n.connect(Options{})
					n.cut(true)
					time.Sleep(time.Second)
					conns = append(conns, s)
				}
				time.Sleep(shortAbsence - 5*time.Second)
				if sessions.Away() != len(conns) {
					t.Errorf("a short absence is counted: %d are held", sessions.Away())
				}
				time.Sleep(10 * time.Second)
				for i, s := range conns {
					if ended := !s.Away(); ended != (i == test.gone) {
						t.Errorf("connection %d: ended is %v", i, ended)
					}
				}
			})
		})
	}
}

func TestARelayWithoutSessionsHoldsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, nil)
		c, s := n.connect(Options{})
		n.cut(false)
		for _, conn := range []*Conn{c, s} {
			_, err := conn.Read(make([]byte, 1))
			wantCode(t, err, CodeLost)
		}
		if n.dialled() != 1 {
			t.Error("a session that cannot be resumed is redialled")
		}
	})
}

func TestRoutedURLs(t *testing.T) {
	for _, c := range [][3]string{
		{"wss://h/relay", "", "wss://h/relay"},
		{"wss://h/relay", "pod-1", "wss://h/relay?r=pod-1"},
		{"wss://h/relay?x=1", "pod-1", "wss://h/relay?x=1&r=pod-1"},
	} {
		if got := routed(c[0], c[1]); got != c[2] {
			t.Errorf("%q with %q is %q", c[0], c[1], got)
		}
	}
}

func FuzzResumeFrames(f *testing.F) {
	f.Add(resume{epoch: 1, rx: 2, limit: 3}.append(nil))
	f.Add(resumed{epoch: 1, rx: 2, limit: 3}.append(nil))
	f.Fuzz(func(t *testing.T, msg []byte) {
		if r, err := parseResume(msg); err == nil && !bytes.Equal(r.append(nil), msg) {
			t.Errorf("RESUME %x becomes %x", msg, r.append(nil))
		}
		if r, err := parseResumed(msg); err == nil && !bytes.Equal(r.append(nil), msg) {
			t.Errorf("RESUMED %x becomes %x", msg, r.append(nil))
		}
	})
}
