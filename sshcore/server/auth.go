package server

import (
	"context"
	"errors"
	"net"
	"slices"

	"golang.org/x/crypto/ssh"
)

// Login is who logs in, or has logged in, over which connection.
type Login struct {
	// User is the name that the client gave. During the login it is a claim.
	User string
	// ClientVersion is the client's greeting. The client chose its bytes.
	ClientVersion string
	// RemoteAddr is the far end of the connection.
	RemoteAddr net.Addr
	// Factors are those that were accepted so far, in order.
	Factors []Factor
}

// A Factor is one accepted proof.
type Factor struct {
	// Method is "password", "publickey" or "keyboard-interactive".
	Method string
	// Key is the key whose possession was proved; nil for other methods.
	Key ssh.PublicKey
}

// PasswordAuth judges a password: nil accepts, a [MoreFactors] accepts and asks
// for another factor, any other error refuses.
type PasswordAuth func(ctx context.Context, l Login, password []byte) error

// PublicKeyAuth judges whether a key may log in, with the results of
// [PasswordAuth]. It is also called for keys that the client merely asks about
// and never proves to hold, so it must do nothing but judge. The key may be an
// *ssh.Certificate; whoever accepts those checks their validity.
type PublicKeyAuth func(ctx context.Context, l Login, key ssh.PublicKey) error

// InteractiveAuth asks questions, in as many rounds as it likes, and judges the
// answers, with the results of [PasswordAuth].
type InteractiveAuth func(ctx context.Context, l Login, ask Ask) error

// Ask puts one round of questions (RFC 4256) and returns as many answers.
type Ask func(title, instruction string, questions ...Question) ([]string, error)

// A Question is one prompt. Echo tells the client to show what is typed.
type Question struct {
	Prompt string
	Echo   bool
}

// MoreFactors is the error with which a login method accepts its factor and
// asks for another: any one of the methods that are set (RFC 4252 section 5.1,
// partial success). They see the accepted ones in Login.Factors.
type MoreFactors struct {
	Password    PasswordAuth
	PublicKey   PublicKeyAuth
	Interactive InteractiveAuth
}

// Error implements error.
func (m *MoreFactors) Error() string { return "another factor is needed" }

func (m *MoreFactors) empty() bool {
	return m.Password == nil && m.PublicKey == nil && m.Interactive == nil
}

// factors are those with which a login starts.
func (s *Server) factors() *MoreFactors {
	return &MoreFactors{s.PasswordAuth, s.PublicKeyAuth, s.InteractiveAuth}
}

var (
	errWeakKey  = errors.New("key is too short")
	errNothing  = errors.New("no further method is set")
	errNoAnswer = errors.New("wrong number of answers")
)

// factorsKey is where the accepted factors travel through ssh.Permissions.
type factorsKey struct{}

// callbacks translates the methods of m for x/crypto. done are the factors that
// this connection has already shown: x/crypto installs the callbacks of a next
// step only after the present one was proved, so the closure is trustworthy
// where a field written by PublicKeyCallback would not be (CVE-2024-45337).
func (m *MoreFactors) callbacks(ctx context.Context, done []Factor) ssh.ServerAuthCallbacks {
	var c ssh.ServerAuthCallbacks
	if m.Password != nil {
		c.PasswordCallback = func(meta ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			err := m.Password(ctx, login(meta, done), password)
			return judge(ctx, err, done, Factor{Method: "password"})
		}
	}
	if m.PublicKey != nil {
		c.PublicKeyCallback = func(meta ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if weak(key) {
				return nil, errWeakKey
			}
			err := m.PublicKey(ctx, login(meta, done), key)
			return judge(ctx, err, done, Factor{Method: "publickey", Key: key})
		}
	}
	if m.Interactive != nil {
		c.KeyboardInteractiveCallback = func(meta ssh.ConnMetadata, challenge ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
			err := m.Interactive(ctx, login(meta, done), asking(challenge))
			return judge(ctx, err, done, Factor{Method: "keyboard-interactive"})
		}
	}
	return c
}

func login(meta ssh.ConnMetadata, done []Factor) Login {
	return Login{
		User:          meta.User(),
		ClientVersion: string(meta.ClientVersion()),
		RemoteAddr:    meta.RemoteAddr(),
		Factors:       slices.Clone(done),
	}
}

// judge turns a method's verdict into x/crypto's.
func judge(ctx context.Context, err error, done []Factor, now Factor) (*ssh.Permissions, error) {
	done = append(slices.Clone(done), now)
	var more *MoreFactors
	switch {
	case err == nil:
		return &ssh.Permissions{ExtraData: map[any]any{factorsKey{}: done}}, nil
	case !errors.As(err, &more):
		return nil, err
	case more.empty():
		return nil, errNothing
	}
	return nil, &ssh.PartialSuccessError{Next: more.callbacks(ctx, done)}
}

// asking wraps a challenge so that the answers always match the questions.
func asking(challenge ssh.KeyboardInteractiveChallenge) Ask {
	return func(title, instruction string, questions ...Question) ([]string, error) {
		prompts, echos := make([]string, len(questions)), make([]bool, len(questions))
		for i, q := range questions {
			prompts[i], echos[i] = q.Prompt, q.Echo
		}
		answers, err := challenge(title, instruction, prompts, echos)
		if err == nil && len(answers) != len(questions) {
			err = errNoAnswer
		}
		return answers, err
	}
}
