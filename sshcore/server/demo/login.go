package demo

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"math/big"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore/server"
)

// password is known to everybody since 2003.
const password = "foo"

var errRefused = errors.New("login refused")

func passwordAuth(_ context.Context, l server.Login, secret []byte) error {
	if !isPassword(string(secret)) {
		return errRefused
	}
	switch l.User {
	case "robey":
		return nil
	case "two":
		return secondFactor
	}
	return errRefused
}

func publicKeyAuth(_ context.Context, l server.Login, key ssh.PublicKey) error {
	switch key.Type() {
	case ssh.KeyAlgoED25519, ssh.KeyAlgoRSA,
		ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521:
	default:
		return errRefused
	}
	switch l.User {
	case "key":
		return nil
	case "two":
		return secondFactor
	}
	return errRefused
}

func interactiveAuth(_ context.Context, l server.Login, ask server.Ask) error {
	// The question comes for every name, so that it tells nothing about names.
	answers, err := ask("Wasmiko demo board", "", server.Question{Prompt: "Password: "})
	if err != nil {
		return err
	}
	if !isPassword(answers[0]) {
		return errRefused
	}
	switch l.User {
	case "robey":
		return nil
	case "otp":
		return askCode(ask)
	case "two":
		// Clients that prefer this method to password's ask the same question.
		return secondFactor
	}
	return errRefused
}

var secondFactor = &server.MoreFactors{
	Interactive: func(_ context.Context, _ server.Login, ask server.Ask) error {
		return askCode(ask)
	},
}

// askCode asks for a fresh code that the prompt itself tells: a one-time
// password with the hard part left out.
func askCode(ask server.Ask) error {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return err
	}
	code := fmt.Sprintf("%06d", n)
	answers, err := ask("One-time code",
		"A real server would send this code to your phone.",
		server.Question{Prompt: "Code (it is " + code + "): ", Echo: true})
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare([]byte(answers[0]), []byte(code)) != 1 {
		return errRefused
	}
	return nil
}

func isPassword(s string) bool {
	return subtle.ConstantTimeCompare([]byte(s), []byte(password)) == 1
}
