package sshcore

import (
	"errors"
	"slices"

	"golang.org/x/crypto/ssh"
)

// errExhausted tells explain that nothing was left to try.
var errExhausted = errors.New("nothing left to try")

// login chooses what to try next. x/crypto calls next after every answer of
// the server, from a single goroutine.
type login struct {
	h       *handshake
	step    int   // which factor, from 1
	tries   []int // of each Auth in this step
	current int   // index of the Auth that is being tried; -1 before the first
	used    bool  // its callback was reached
	refused bool  // a password was refused plainly
	keys    int   // how many keys there were to offer
	sent    int64 // bytes sent before it began

	tried, allowed []string
	local          error // why the last key could not even be offered
	expired        error // what the server said of a password, other than no
}

func newLogin(h *handshake) *login {
	return &login{h: h, tries: make([]int, len(h.cfg.Auth)), current: -1}
}

// next is an ssh.ClientAuthCallback.
func (l *login) next(ctx *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
	if reason := l.h.refusedWith(); reason != nil {
		return nil, reason
	}
	if closed := l.h.closedMeanwhile(); closed != nil {
		return nil, closed
	}
	l.learn(ctx)
	i := l.choose()
	if i < 0 {
		return nil, errExhausted
	}
	a := l.h.cfg.Auth[i]
	l.tries[i]++
	l.current, l.used, l.refused, l.keys, l.sent = i, false, false, 0, l.h.tap.out.Load()
	if !slices.Contains(l.tried, a.method()) {
		l.tried = append(l.tried, a.method())
	}
	l.h.cfg.trace(StepAuth, a.method())
	return a.begin(turn{h: l.h, attempt: l.tries[i], step: l.step, used: &l.used, refused: &l.refused, keys: &l.keys}), nil
}

// learn takes in what the server said. A partial success (RFC 4252 section
// 5.1) begins a new step, in which every method may be tried afresh.
func (l *login) learn(ctx *ssh.ClientAuthContext) {
	l.allowed = ctx.AllowedMethods
	if step := len(ctx.PartialSuccessMethods) + 1; step != l.step {
		l.step, l.local, l.expired = step, nil, nil
		clear(l.tries)
		return
	}
	if l.current < 0 {
		return
	}
	a := l.h.cfg.Auth[l.current]
	if !l.used {
		// Refused without a question: to try again would change nothing.
		l.tries[l.current] = a.tries()
	}
	if l.used && !l.refused && a.method() == "password" {
		// Neither yes nor no, and the connection lives: to ask for the same
		// password again would look as if it were wrong.
		l.tries[l.current], l.expired = a.tries(), ErrPasswordExpired
	}
	l.local = nil
	if l.used && a.method() == "publickey" && l.sent == l.h.tap.out.Load() {
		l.local = &KeyError{Reason: KeyNoAlgorithm}
		if l.keys == 0 {
			l.local = &KeyError{Reason: KeyNone}
		}
	}
}

// choose returns the index of the first Auth that the server takes and that
// has tries left, or -1.
func (l *login) choose() int {
	for i, a := range l.h.cfg.Auth {
		if l.tries[i] < a.tries() && slices.Contains(l.allowed, a.method()) {
			return i
		}
	}
	return -1
}

// reason is why nothing was left to try, other than that it was refused.
func (l *login) reason() error {
	if l.expired != nil {
		return l.expired
	}
	return l.local
}

// failure is the AuthError of a login that came to nothing.
func (l *login) failure(err error) *AuthError {
	return &AuthError{User: l.h.cfg.User, Tried: l.tried, Allowed: l.allowed, Err: err}
}

// hungUp tells whether a server that ends the connection thereby refuses the
// login, as OpenSSH does after MaxAuthTries.
func (l *login) hungUp(closed *ClosedError) error {
	if len(l.tried) > 0 && (closed.Reason == ClosedDisconnect || closed.Reason == ClosedEOF) {
		return l.failure(closed)
	}
	return closed
}
