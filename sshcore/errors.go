package sshcore

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
)

// ProtocolReason tells what kind of protocol failure ended a connection.
type ProtocolReason string

// The protocol failures that callers may tell apart.
const (
	ReasonNotSSH      ProtocolReason = "not-ssh"             // the peer speaks something else; see What
	ReasonVersion     ProtocolReason = "version"             // the peer speaks SSH, but not version 2
	ReasonNoAlgorithm ProtocolReason = "no-common-algorithm" // see What, Ours and Theirs
	ReasonIntegrity   ProtocolReason = "integrity"           // damaged, forged or malformed packets
	ReasonTimeout     ProtocolReason = "timeout"             // the handshake took too long; What is empty if not a byte came
	ReasonLimit       ProtocolReason = "limit"               // the server sent more banners or prompts than a person could read
)

// ProtocolError reports a peer that does not keep to SSH as we speak it.
type ProtocolError struct {
	Addr   string
	Reason ProtocolReason
	// What the peer answered like ("HTTP", "TLS", "SSH-1.5"), or which
	// algorithm could not be agreed upon ("key exchange").
	What         string
	Ours, Theirs []string // for ReasonNoAlgorithm
	Err          error
}

func (e *ProtocolError) Error() string {
	var s string
	switch e.Reason {
	case ReasonNotSSH:
		s = fmt.Sprintf("%s is not an SSH server: it answered like %s", e.Addr, e.What)
	case ReasonVersion:
		s = fmt.Sprintf("%s speaks %s, not SSH-2", e.Addr, e.What)
	case ReasonNoAlgorithm:
		s = fmt.Sprintf("%s and we have no %s algorithm in common: we offer %s; it offers %s",
			e.Addr, e.What, strings.Join(e.Ours, ", "), strings.Join(e.Theirs, ", "))
	case ReasonTimeout:
		s = fmt.Sprintf("SSH handshake with %s timed out", e.Addr)
		if e.What == "" {
			s = fmt.Sprintf("%s accepted the connection but never answered", e.Addr)
		}
	case ReasonLimit:
		s = fmt.Sprintf("%s sent too many %s before login", e.Addr, e.What)
	default:
		s = fmt.Sprintf("SSH packets from %s are damaged or forged", e.Addr)
	}
	return withCause(s, e.Err)
}

// Unwrap returns the cause. A timeout is an os.ErrDeadlineExceeded.
func (e *ProtocolError) Unwrap() error {
	if e.Err == nil && e.Reason == ReasonTimeout {
		return os.ErrDeadlineExceeded
	}
	return e.Err
}

// ClosedReason tells how a connection ended.
type ClosedReason string

// The ways in which a connection ends without our doing.
const (
	ClosedEOF        ClosedReason = "eof"        // the peer closed the transport
	ClosedNetwork    ClosedReason = "network"    // the transport failed; see Err
	ClosedDisconnect ClosedReason = "disconnect" // the peer said why: Code and Message, RFC 4253 section 11.1
	ClosedKeepAlive  ClosedReason = "keepalive"  // the peer has been silent for too long
	ClosedLocal      ClosedReason = "local"      // Close was called
)

// ClosedError reports that the connection has ended.
type ClosedError struct {
	Reason  ClosedReason
	Code    uint32 // for ClosedDisconnect
	Message string // for ClosedDisconnect: the server's words
	Err     error
}

func (e *ClosedError) Error() string {
	switch e.Reason {
	case ClosedEOF:
		return "the server closed the connection"
	case ClosedDisconnect:
		return fmt.Sprintf("the server disconnected (reason %d): %q", e.Code, e.Message)
	case ClosedKeepAlive:
		return "the server no longer answers"
	case ClosedLocal:
		return "the connection was closed here"
	}
	return withCause("the connection broke", e.Err)
}

func (e *ClosedError) Unwrap() error { return e.Err }

// AuthError reports that the server did not let the user in.
type AuthError struct {
	User    string
	Tried   []string // methods, in the order of their first attempt
	Allowed []string // methods that the server would still take
	// Err is nil when the server simply refused what was tried. Otherwise it
	// is a callback's own error, a *KeyError, or a *ClosedError when the
	// server hung up, as it does after too many attempts.
	Err error
}

func (e *AuthError) Error() string {
	s := fmt.Sprintf("login as %q refused", e.User)
	if len(e.Tried) > 0 {
		s += ": tried " + strings.Join(e.Tried, ", ")
	}
	if len(e.Allowed) > 0 {
		s += "; the server takes " + strings.Join(e.Allowed, ", ")
	}
	return withCause(s, e.Err)
}

func (e *AuthError) Unwrap() error { return e.Err }

// DialError reports that a transport could not be opened, or, from DialJump,
// which hop failed.
type DialError struct {
	Addr string
	Hop  int // from 0
	Err  error
}

func (e *DialError) Error() string {
	if e.Hop > 0 {
		return withCause(fmt.Sprintf("hop %d, %s", e.Hop+1, e.Addr), e.Err)
	}
	return withCause("connect to "+e.Addr, e.Err)
}

func (e *DialError) Unwrap() error { return e.Err }

// ForwardError reports that the server opened no connection to an address, or
// does not listen on one.
type ForwardError struct {
	Network, Addr string
	Listen        bool
	Err           error // an *ssh.OpenChannelError or a *RequestError, if the server refused
}

func (e *ForwardError) Error() string {
	if e.Listen {
		return withCause("listen on "+e.Network+" "+e.Addr+" of the server", e.Err)
	}
	return withCause("open "+e.Network+" to "+e.Addr, e.Err)
}

func (e *ForwardError) Unwrap() error { return e.Err }

// RequestError reports that the server refused a request: of a channel, such as
// "pty-req", "shell", "exec" or "subsystem" (RFC 4254 section 6), or of the
// connection, such as "tcpip-forward" (section 7.1).
type RequestError struct{ Request string }

func (e *RequestError) Error() string { return "the server refused the request " + e.Request }

// ExitError reports that a command failed: by status, or by signal.
type ExitError struct {
	Status     int    // -1 if a signal ended it
	Signal     string // without SIG
	Msg        string // the server's words, with a signal
	CoreDumped bool
}

func (e *ExitError) Error() string {
	if e.Signal != "" {
		return "remote command ended by signal " + e.Signal
	}
	return fmt.Sprintf("remote command exited with status %d", e.Status)
}

// ExitMissingError reports that the server closed a session without telling
// how its command ended, which RFC 4254 section 6.10 permits.
type ExitMissingError struct{}

func (*ExitMissingError) Error() string { return "the server did not tell how the command ended" }

func withCause(s string, err error) string {
	if err == nil {
		return s
	}
	return s + ": " + err.Error()
}

// disconnectOf finds the peer's SSH_MSG_DISCONNECT in an error of x/crypto.
// Its type is not exported and its fields are; a test keeps watch that it
// stays so.
func disconnectOf(err error) *ClosedError {
	for ; err != nil; err = errors.Unwrap(err) {
		v := reflect.ValueOf(err)
		if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
			continue
		}
		v = v.Elem()
		if v.Type().Name() != "disconnectMsg" {
			continue
		}
		code, msg := v.FieldByName("Reason"), v.FieldByName("Message")
		if code.Kind() == reflect.Uint32 && msg.Kind() == reflect.String {
			return &ClosedError{Reason: ClosedDisconnect, Code: uint32(code.Uint()), Message: msg.String()}
		}
	}
	return nil
}

// closedBy turns an error of the transport into a ClosedError.
func closedBy(err error) *ClosedError {
	var closed *ClosedError
	if errors.As(err, &closed) {
		return closed
	}
	// A pipe says ErrClosedPipe to whoever still writes when the peer has gone.
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) {
		return &ClosedError{Reason: ClosedEOF, Err: err}
	}
	return &ClosedError{Reason: ClosedNetwork, Err: err}
}
