package sshcore

import (
	"context"
	"errors"
	"net"
)

// defaultDial refuses: a page has no sockets, and a net.Dialer that could only
// fail would bring a DNS resolver along, a twentieth of the core's size.
func defaultDial() DialFunc {
	return func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("a page cannot dial: set Config.Dial")
	}
}
