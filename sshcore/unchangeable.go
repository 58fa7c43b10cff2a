//go:build !changeable

package sshcore

import "golang.org/x/crypto/ssh"

// passwordOrChange leaves the change out: x/crypto as released does not know it.
func passwordOrChange(password func() (string, error), _ func(prompt string) (string, error)) ssh.AuthMethod {
	return ssh.PasswordCallback(password)
}
