package sshcore

import (
	"context"

	"golang.org/x/crypto/ssh"
)

// Bounds of keyboard-interactive: what no person would answer. RFC 4256 knows
// none. A QR code that is drawn with blocks takes several KiB.
const (
	maxRounds        = 16
	maxPrompts       = 16
	maxChallengeText = 64 << 10
)

// Challenge is one round of keyboard-interactive, RFC 4256 section 3.2. All
// text in it is the server's, control characters included.
type Challenge struct {
	User, Host        string
	Name, Instruction string
	Prompts           []Prompt // may be empty: then the server only tells something
	Round             int      // from 1, within the attempt
	Attempt, Step     int      // as in Ask
}

// Prompt is a question of a Challenge. Echo tells whether the answer may be
// seen on the screen.
type Prompt struct {
	Text string
	Echo bool
}

// Interactive answers the method "keyboard-interactive": one-time codes,
// expired passwords, and on many servers the password itself. answer returns
// one string a prompt; an error from it ends the login. It is called again
// after a wrong answer, up to three times.
func Interactive(answer func(context.Context, Challenge) ([]string, error)) Auth {
	return interactiveAuth(answer)
}

type interactiveAuth func(context.Context, Challenge) ([]string, error)

func (interactiveAuth) method() string { return "keyboard-interactive" }
func (interactiveAuth) tries() int     { return maxTries }

func (a interactiveAuth) begin(t turn) ssh.AuthMethod {
	round := 0
	return ssh.KeyboardInteractive(func(name, instruction string, questions []string, echos []bool) ([]string, error) {
		round++
		if tooLong(round, name, instruction, questions) {
			return nil, t.h.refuse(&ProtocolError{Addr: t.h.addr, Reason: ReasonLimit, What: "prompts"})
		}
		if len(questions) == 0 && name == "" && instruction == "" {
			return nil, nil // OpenSSH's way to end a conversation of PAM
		}
		c := Challenge{
			User: t.h.cfg.User, Host: t.h.hostKeyName(),
			Name: name, Instruction: instruction, Prompts: make([]Prompt, len(questions)),
			Round: round, Attempt: t.attempt, Step: t.step,
		}
		for i := range questions {
			c.Prompts[i] = Prompt{questions[i], echos[i]}
		}
		return during(t, func() ([]string, error) { return a(t.h.ctx, c) })
	})
}

func tooLong(round int, name, instruction string, questions []string) bool {
	n := len(name) + len(instruction)
	for _, q := range questions {
		n += len(q)
	}
	return round > maxRounds || len(questions) > maxPrompts || n > maxChallengeText
}
