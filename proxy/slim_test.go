package proxy

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A client need not wait for the answer to its upgrade before it sends frames.
func TestFramesThatComeWithTheUpgradeArrive(t *testing.T) {
	s := serve(t, anywhere())
	host := strings.TrimPrefix(s.url, "http://")
	for _, pings := range []int{1, 100} { // also more than the new buffer is wide
		t.Run(fmt.Sprint(pings), func(t *testing.T) {
			conn, err := net.Dial("tcp", host)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(testWait))
			request := "GET /relay HTTP/1.1\r\nHost: " + host + "\r\nOrigin: " + s.url + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
				"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: relay.v1\r\n\r\n"
			ping := []byte{0x89, 0x80, 0, 0, 0, 0} // RFC 6455 section 5.2: FIN, ping; masked, empty
			conn.Write(append([]byte(request), bytes.Repeat(ping, pings)...))
			in := bufio.NewReader(conn)
			answer, err := http.ReadResponse(in, nil)
			if err != nil || answer.StatusCode != http.StatusSwitchingProtocols {
				t.Fatalf("answered with %v, %v", answer, err)
			}
			for pongs := 0; pongs < pings; {
				head := make([]byte, 2)
				if _, err := io.ReadFull(in, head); err != nil {
					t.Fatalf("after %d pongs: %v", pongs, err)
				}
				if _, err := in.Discard(int(head[1])); err != nil {
					t.Fatal(err)
				}
				if head[0] == 0x8a {
					pongs++
				}
			}
		})
	}
}
