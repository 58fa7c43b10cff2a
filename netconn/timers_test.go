package netconn

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestReceivedBytesAreAcknowledgedWithin50ms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, relay := rawRelay(t, 1000, Options{Window: 100})
		for rx := uint64(0); rx < 6; rx += 2 {
			began := time.Now()
			relay.Send(dataFrame(rx, "a"))
			time.Sleep(10 * time.Millisecond)
			relay.Send(dataFrame(rx+1, "b"))
			wantFrame(t, relay, appendAck(nil, rx+2, 100))
			if got := time.Since(began); got != ackDelay {
				t.Errorf("acknowledged after %v", got)
			}
		}
	})
}

func TestCreditReturnsAtOnceAfterAQuarterOfTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, relay := rawRelay(t, 1000, Options{Window: 100})
		relay.Send(dataFrame(0, string(make([]byte, 60))))
		synctest.Wait()
		began := time.Now()
		buf := make([]byte, 24)
		for range 2 { // 24 is no quarter, 48 is
			if _, err := c.Read(buf); err != nil {
				t.Fatal(err)
			}
		}
		wantFrame(t, relay, appendAck(nil, 60, 148))
		if got := time.Since(began); got != 0 {
			t.Errorf("acknowledged after %v", got)
		}
	})
}

func TestAnIdleConnectionSendsNoACK(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, relay := rawRelay(t, 1000, Options{})
		relay.Send(dataFrame(0, "a"))
		wantFrame(t, relay, appendAck(nil, 1, clientWindow))
		time.Sleep(30 * time.Second)
		select {
		case msg := <-relay.in:
			t.Errorf("received %x", msg)
		default:
		}
	})
}

func TestPingsAreAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, relay := rawRelay(t, 1000, Options{})
		relay.Send(appendNumber(nil, typePing, 42))
		wantFrame(t, relay, appendNumber(nil, typePong, 42))
	})
}

func TestTheRelayPingsAndKeepsAClientThatAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, peer := rawClient(t, 1000)
		began := time.Now()
		for i := range uint64(10) {
			wantFrame(t, peer, appendNumber(nil, typePing, i+1))
			if got, want := time.Since(began), time.Duration(i+1)*pingEvery; got != want {
				t.Errorf("PING %d came after %v, want %v", i+1, got, want)
			}
			peer.Send(appendNumber(nil, typePong, i+1))
		}
		if err := s.SetDeadline(time.Time{}); err != nil {
			t.Error(err)
		}
	})
}

func TestSilenceEndsTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, peer := rawClient(t, 1000)
		go func() { // hears, and says nothing
			for {
				if _, err := peer.Receive(); err != nil {
					return
				}
			}
		}()
		client, _ := rawRelay(t, 1000, Options{})
		began := time.Now()
		for _, c := range []*Conn{server, client} {
			_, err := c.Read(make([]byte, 1))
			if e := wantCode(t, err, CodeSilent); !e.Timeout() {
				t.Error("silence is not a timeout")
			}
			if got := time.Since(began); got != deadAfter {
				t.Errorf("ended after %v, want %v", got, deadAfter)
			}
		}
	})
}

func TestAMessageThatIsNotTakenEndsTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, relay := rawRelay(t, 1<<20, Options{})
		began := time.Now()
		go func() { // speaks, and does not receive
			for i := uint64(0); relay.Send(appendNumber(nil, typePing, i)) == nil; i++ {
				select {
				case <-time.After(10 * time.Second):
				case <-relay.end.done:
				}
			}
		}()
		var err error
		for p := make([]byte, chunk); err == nil; {
			_, err = c.Write(p)
		}
		wantCode(t, err, CodeSilent)
		if got := time.Since(began); got != sendWait {
			t.Errorf("ended after %v, want %v", got, sendWait)
		}
	})
}
