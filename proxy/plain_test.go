package proxy

import (
	"context"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

func plainly(t *testing.T, addr string) *served {
	t.Helper()
	cfg := freely()
	cfg.Plain = addr
	return serve(t, cfg)
}

func dialPlain(t *testing.T, s *served, protocols ...string) *websocket.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testWait)
	t.Cleanup(cancel)
	ws, _, err := websocket.Dial(ctx, s.relay(), &websocket.DialOptions{Subprotocols: protocols})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ws.CloseNow() })
	return ws
}

func TestPlainClients(t *testing.T) {
	for name, protocols := range map[string][]string{"with the subprotocol binary": {"binary"}, "with none": nil} {
		t.Run(name, func(t *testing.T) {
			s := plainly(t, server(t, echo))
			ws := dialPlain(t, s, protocols...)
			if want := strings.Join(protocols, ""); ws.Subprotocol() != want {
				t.Errorf("the subprotocol is %q", ws.Subprotocol())
			}
			c := websocket.NetConn(t.Context(), ws, websocket.MessageBinary)
			c.SetDeadline(time.Now().Add(testWait))
			for _, text := range []string{"a", strings.Repeat("b", 300_000)} {
				go io.WriteString(c, text)
				got := make([]byte, len(text))
				if _, err := io.ReadFull(c, got); err != nil || string(got) != text {
					t.Fatalf("%d bytes come back otherwise: %v", len(text), err)
				}
			}
			ws.Close(websocket.StatusNormalClosure, "")
			until(t, "the session stays", func() bool { return s.Sessions() == 0 })
			s.log.eventually(t, "up=300001")
		})
	}
}

func TestAPlainClientIsToldHowItEnded(t *testing.T) {
	for _, c := range []struct {
		name   string
		target func(*net.TCPConn)
		code   websocket.StatusCode
	}{
		{"in order, after the last byte", func(c *net.TCPConn) { io.ReadFull(c, make([]byte, 1)); io.WriteString(c, "last words") }, websocket.StatusNormalClosure},
		{"by a reset", func(c *net.TCPConn) { io.ReadFull(c, make([]byte, 1)); c.SetLinger(0) }, websocket.StatusInternalError},
	} {
		t.Run(c.name, func(t *testing.T) {
			ws := dialPlain(t, plainly(t, server(t, c.target)), "binary")
			ws.Write(t.Context(), websocket.MessageBinary, []byte("x"))
			var err error
			for err == nil {
				var got []byte
				if _, got, err = ws.Read(t.Context()); err == nil && string(got) != "last words" {
					t.Errorf("received %q", got)
				}
			}
			if got := websocket.CloseStatus(err); got != c.code {
				t.Errorf("closed with %d (%v), want %d", got, err, c.code)
			}
		})
	}
}

func TestPlainClientsAreRefused(t *testing.T) {
	s := serve(t, freely())
	if _, res, err := websocket.Dial(t.Context(), s.relay(), nil); err == nil || res.StatusCode != 400 {
		t.Errorf("without a target for them: %v", err)
	}
	cfg := freely()
	cfg.Allow, cfg.Plain = []string{"127.0.0.1:22"}, "127.0.0.1:1"
	ws := dialPlain(t, serve(t, cfg), "binary")
	if _, _, err := ws.Read(t.Context()); websocket.CloseStatus(err) != 4004 {
		t.Errorf("a target that is not allowed: %v", err)
	}
	ws = dialPlain(t, plainly(t, server(t, echo)), "binary")
	ws.Write(t.Context(), websocket.MessageText, []byte("text"))
	if _, _, err := ws.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusUnsupportedData {
		t.Errorf("a text message: %v", err)
	}
}

// TestWebsockifysClient lets the client of Debian's websockify talk to us.
func TestWebsockifysClient(t *testing.T) {
	s := plainly(t, server(t, echo))
	const client = `
import os, select, sys
from websockify.websocket import WebSocket, WebSocketWantReadError
# Its own way to make a mask is of Python 2; the frame around it is its own.
WebSocket._sendmsg = lambda ws, kind, text: ws._send(ws._encode_hybi(kind, text, os.urandom(4)))
ws = WebSocket()
ws.connect(sys.argv[1], protocols=["binary"])
sent = bytes(range(256)) * 256
ws.sendmsg(sent)
got = b""
while len(got) < len(sent):
    try:
        got += ws.recvmsg()
    except WebSocketWantReadError:
        select.select([ws.socket], [], [])
assert got == sent, "the bytes differ"
ws.close()
print("same")
`
	ctx, cancel := context.WithTimeout(t.Context(), testWait)
	defer cancel()
	out, err := exec.CommandContext(ctx, "/usr/bin/python3", "-c", client, s.relay()).CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "same" {
		t.Errorf("%v: %s", err, out)
	}
}
