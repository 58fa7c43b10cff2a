//go:build !js

package netconn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// closeWait is how long the closing handshake may take.
const closeWait = time.Second

// webSocket is a Socket over coder/websocket's Conn.
type webSocket struct {
	ws *websocket.Conn

	// ctx ends every Receive, and with it the WebSocket: coder/websocket closes
	// the connection under a reader whose context ends. That is the only way to
	// cut its own Close short.
	ctx    context.Context
	cancel context.CancelFunc
	once   sync.Once

	expected int // what the next message may have, as the last had
}

// NewWebSocket makes a Socket of a WebSocket, for Accept or Client, and limits
// the messages that it accepts to what relay.v1 announces. The WebSocket should
// be without compression: SSH's bytes are random.
func NewWebSocket(ws *websocket.Conn) Socket { return newWebSocket(ws, maxMessage) }

func newWebSocket(ws *websocket.Conn, limit int64) *webSocket {
	ws.SetReadLimit(limit)
	s := &webSocket{ws: ws, expected: maxMessage}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

func dialSocket(ctx context.Context, url string, limit int64, o Options) (Socket, error) {
	ws, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{
		HTTPHeader:      http.Header(o.Header),
		Subprotocols:    []string{Protocol},
		CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		return nil, err
	}
	if got := ws.Subprotocol(); got != Protocol {
		ws.Close(websocket.StatusProtocolError, "")
		return nil, fmt.Errorf("the server does not speak %s", Protocol)
	}
	return newWebSocket(ws, limit), nil
}

func (s *webSocket) Send(message []byte) error {
	return s.ws.Write(context.Background(), websocket.MessageBinary, message)
}

func (s *webSocket) Receive() ([]byte, error) {
	kind, r, err := s.ws.Reader(s.ctx)
	if err != nil {
		return nil, receiveError(err)
	}
	if kind != websocket.MessageBinary {
		return nil, ErrTextMessage
	}
	msg := room(s.expected)
	n, err := io.ReadFull(r, msg)
	for err == nil {
		larger := room(2 * len(msg))
		copy(larger, msg)
		giveBack(msg)
		msg = larger
		var m int
		m, err = io.ReadFull(r, msg[n:])
		n += m
	}
	if err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, receiveError(err)
	}
	if n > min(len(msg)/2, maxMessage) {
		s.expected = len(msg)
		return msg[:n], nil // as good as a copy
	}
	s.expected = maxMessage
	defer giveBack(msg) // it would hold more than it needs
	return append(borrow(n)[:0], msg[:n]...), nil
}

// room is a message of at least n bytes, with all of its memory.
func room(n int) []byte {
	msg := borrow(n)
	return msg[:cap(msg)]
}

func receiveError(err error) error {
	var closed websocket.CloseError
	switch {
	case errors.As(err, &closed):
		return &CloseError{Code: Code(closed.Code), Reason: closed.Reason}
	case errors.Is(err, websocket.ErrMessageTooBig):
		return ErrMessageTooBig
	}
	return err
}

// Buffered is zero: Send waits for the network.
func (s *webSocket) Buffered() int { return 0 }

func (s *webSocket) Close(code Code, reason string) error {
	err := net.ErrClosed
	s.once.Do(func() {
		timer := time.AfterFunc(closeWait, func() {
			s.cancel()
			s.ws.CloseRead(s.ctx) // when no Receive is under way: it closes because ctx has ended
		})
		err = s.ws.Close(websocket.StatusCode(code), clip(reason, maxReason))
		timer.Stop()
		s.cancel()
	})
	return err
}
