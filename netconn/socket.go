package netconn

import (
	"errors"
	"fmt"
)

// Socket sends and receives whole binary messages, in order. It is all that the
// platform has to give: a WebSocket natively, a WebSocket in the browser, a pair
// in memory in tests.
//
// One goroutine sends, another receives, and any may close.
type Socket interface {
	// Send sends one binary message. It may wait for the network and does not
	// keep message.
	Send(message []byte) error

	// Receive waits for a message, which belongs to the caller. After the other
	// side's close it returns a *CloseError; for a text message ErrTextMessage;
	// for one over the limit ErrMessageTooBig.
	Receive() ([]byte, error)

	// Buffered returns how many bytes Send took and the network did not yet,
	// where Send does not wait for the network itself. Otherwise zero.
	Buffered() int

	// Close sends a close code and makes Send and Receive return. It waits at
	// most a second or two for the other side, and only the first call counts.
	// A reason over 123 bytes is cut, and a code that the platform does not let
	// through is replaced.
	Close(code Code, reason string) error
}

// CloseError is the other side's close code and reason.
type CloseError struct {
	Code   Code
	Reason string
}

func (e *CloseError) Error() string {
	return fmt.Sprintf("websocket closed: code %d %q", uint16(e.Code), e.Reason)
}

// Errors that Receive returns.
var (
	ErrTextMessage   = errors.New("text message")
	ErrMessageTooBig = errors.New("message too big")
)

// maxReason is what a close frame holds besides its code, RFC 6455 section 5.5.
const maxReason = 123

// lostError makes an Error of a failed Send or Receive.
func lostError(err error) *Error {
	var closed *CloseError
	switch {
	case errors.Is(err, ErrTextMessage):
		return &Error{Code: CodeTextMessage}
	case errors.Is(err, ErrMessageTooBig):
		return &Error{Code: CodeTooBig}
	case errors.As(err, &closed) && (closed.Code >= 4000 || closed.Code == CodeInternal || closed.Code == CodeDraining ||
		closed.Code == CodeTextMessage || closed.Code == CodeTooBig):
		return &Error{Code: closed.Code, Text: closed.Reason}
	}
	return &Error{Code: CodeLost, Err: err}
}
