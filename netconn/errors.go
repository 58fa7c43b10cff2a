package netconn

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Code says why a connection could not be made or did not end in order. Codes
// from 1000 upward travel in ERROR frames and as WebSocket close codes; the
// smaller ones are made on this side and never leave it.
type Code uint16

// Codes made on this side.
const (
	// CodeUnreachable: no WebSocket to the relay came about. A browser does not
	// tell whether the name, the network, the certificate or the relay's own
	// refusal was the reason.
	CodeUnreachable Code = 1
	// CodeLost: the WebSocket ended before both directions had ended in order.
	CodeLost Code = 2
	// CodeSilent: nothing was heard from the other side for too long.
	CodeSilent Code = 3
	// CodeGone: the relay no longer holds the session that was to be resumed.
	CodeGone Code = 4
)

// Codes that travel.
const (
	// CodeNormal is the close code after FIN both ways; never in an ERROR frame.
	CodeNormal Code = 1000
	// codeGoingAway is the close code of a browser that leaves the page.
	codeGoingAway Code = 1001
	// CodeTextMessage is the close code for a text message: relay.v1 has none.
	CodeTextMessage Code = 1003
	// CodeTooBig is the close code for a message over the limit.
	CodeTooBig Code = 1009
	// CodeInternal: the relay failed; its log says how.
	CodeInternal Code = 1011
	// CodeDraining: the relay is about to stop; another connection may be
	// served by its successor.
	CodeDraining Code = 1012
	// CodeSuperseded: a newer transport has taken the session over.
	CodeSuperseded Code = 4001
	// CodeNotFound: no such session, or the ticket cannot be used; the codes from
	// CodeTicketMissing on say why.
	CodeNotFound Code = 4002
	// CodeNotAllowed: the relay's policy forbids the target to this user.
	CodeNotAllowed Code = 4003
	// CodeDialFailed: the target could not be connected, for a reason that the
	// relay does not tell.
	CodeDialFailed Code = 4004
	// CodeLimit: too many connections, too often, for too long or too much.
	CodeLimit Code = 4005
	// CodeReset: the target reset the connection in mid-stream.
	CodeReset Code = 4006
	// CodeSignIn: the relay serves only who has signed in to it.
	CodeSignIn Code = 4007
	// CodeTicketMissing: the relay connects only what tickets allow.
	CodeTicketMissing Code = 4021
	// CodeTicketSignature: no key that the relay knows has signed the ticket.
	CodeTicketSignature Code = 4022
	// CodeTicketExpired: the ticket is too old.
	CodeTicketExpired Code = 4023
	// CodeTicketClock: the ticket is from the future.
	CodeTicketClock Code = 4024
	// CodeTicketUsed: the ticket was used before.
	CodeTicketUsed Code = 4025
	// CodeTicketAudience: the ticket is for another relay.
	CodeTicketAudience Code = 4026
	// CodeTicketOrigin: the ticket is for another page.
	CodeTicketOrigin Code = 4027
	// CodeNoSuchHost: the target's name does not resolve.
	CodeNoSuchHost Code = 4041
	// CodeRefused: the target's host is up and refuses the port.
	CodeRefused Code = 4042
	// CodeTimedOut: the target did not answer in time.
	CodeTimedOut Code = 4043
	// CodeNoRoute: the network between relay and target says it has no way.
	CodeNoRoute Code = 4044
	// CodeProtocol: one side broke the rules of relay.v1.
	CodeProtocol Code = 4400
)

var codeText = map[Code]string{
	CodeUnreachable: "relay unreachable",
	CodeLost:        "relay lost",
	CodeSilent:      "relay silent",
	CodeGone:        "the relay no longer holds the session",
	CodeNormal:      "closed by the other side",
	CodeTextMessage: "text message",
	CodeTooBig:      "message too big",
	CodeInternal:    "relay failed",
	CodeDraining:    "relay is stopping",
	CodeSuperseded:  "taken over by a newer connection",
	CodeNotFound:    "session or ticket not found or expired",

	CodeTicketMissing:   "ticket missing",
	CodeTicketSignature: "ticket not signed by a known key",
	CodeTicketExpired:   "ticket expired",
	CodeTicketClock:     "ticket from the future",
	CodeTicketUsed:      "ticket used before",
	CodeTicketAudience:  "ticket for another relay",
	CodeTicketOrigin:    "ticket for another page",

	CodeNotAllowed: "target not allowed",
	CodeDialFailed: "target cannot be connected",
	CodeLimit:      "relay limit reached",
	CodeReset:      "connection reset by target",
	CodeSignIn:     "not signed in to the relay",
	CodeNoSuchHost: "no such host",
	CodeRefused:    "connection refused by target",
	CodeTimedOut:   "target did not answer",
	CodeNoRoute:    "target unreachable",
	CodeProtocol:   "relay protocol error",
}

// String returns a short English text, without the number where one is known.
func (c Code) String() string {
	if s, ok := codeText[c]; ok {
		return s
	}
	return "relay code " + strconv.Itoa(int(c))
}

// closeCode returns the WebSocket close code that goes with c. The four kinds
// of a failed dial share one, and those of a bad ticket, so that a plain
// WebSocket client sees a family.
func (c Code) closeCode() Code {
	switch {
	case c >= CodeTicketMissing && c <= CodeTicketOrigin:
		return CodeNotFound
	case c >= CodeNoSuchHost && c <= CodeNoRoute:
		return CodeDialFailed
	case c < 1000 || c > 4999: // RFC 6455 section 7.4.2
		return CodeInternal
	}
	return c
}

// Error is how a connection failed: from the other side's ERROR frame, from a
// WebSocket close code, or found on this side. It implements net.Error.
type Error struct {
	Code Code
	Text string // the other side's words, for people; escape before display
	Err  error  // the cause on this side, if any

	heard bool // the other side said so, and need not be told
}

func (e *Error) Error() string {
	s := e.Code.String()
	if e.Text != "" {
		s = fmt.Sprintf("%s: %q", s, e.Text)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return "netconn: " + s
}

// Unwrap returns the cause on this side.
func (e *Error) Unwrap() error { return e.Err }

// Timeout reports whether waiting in vain was the reason.
func (e *Error) Timeout() bool { return e.Code == CodeTimedOut || e.Code == CodeSilent }

// Temporary reports whether the same call may succeed a little later.
func (e *Error) Temporary() bool {
	return e.Timeout() || e.Code == CodeLimit || e.Code == CodeDraining
}

func protocolError(format string, args ...any) *Error {
	return &Error{Code: CodeProtocol, Text: fmt.Sprintf(format, args...)}
}

// asError returns err as an *Error.
func asError(err error) *Error {
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Code: CodeInternal, Err: err}
	}
	return e
}

// clip returns s as valid UTF-8 of at most n bytes, cut between characters.
func clip(s string, n int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
