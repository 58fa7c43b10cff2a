//go:build changeable

package sshcore

import "golang.org/x/crypto/ssh"

// passwordOrChange is of build/_crypto/ssh/change.go.
func passwordOrChange(password func() (string, error), change func(prompt string) (string, error)) ssh.AuthMethod {
	return ssh.PasswordOrChange(password, change)
}
