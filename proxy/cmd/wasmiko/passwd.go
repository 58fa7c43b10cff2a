package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/wasmiko/wasmiko/proxy/signin"
)

// passwdCommand makes a line for --passwords.
type passwdCommand struct {
	Name string `arg:"" help:"The user's name."`
}

// Run asks for a password and prints the line. From a pipe it reads one line.
func (c *passwdCommand) Run(s streams) error {
	if err := signin.CheckName(c.Name); err != nil {
		return mistakes{err.Error()}
	}
	password, err := readPassword(os.Stdin, s.err)
	if err != nil {
		return mistakes{err.Error()}
	}
	hash, err := signin.HashPassword([]byte(password))
	if err != nil {
		return mistakes{err.Error()}
	}
	_, err = fmt.Fprintf(s.out, "%s:%s\n", c.Name, hash)
	return err
}

func readPassword(in *os.File, prompt io.Writer) (string, error) {
	if !isTerminal(in) {
		return readLine(in)
	}
	fmt.Fprint(prompt, "Password: ")
	first, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprint(prompt, "\nOnce more: ")
	second, again := term.ReadPassword(int(in.Fd()))
	fmt.Fprintln(prompt)
	switch {
	case err != nil || again != nil:
		return "", errors.Join(err, again)
	case string(first) != string(second):
		return "", errors.New("these were two different passwords")
	}
	return string(first), nil
}

func readLine(in io.Reader) (string, error) {
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && line == "" {
		return "", errors.New("a password is missing")
	}
	return strings.TrimRight(line, "\r\n"), nil
}
