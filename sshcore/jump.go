package sshcore

import (
	"context"
	"errors"
)

// Hop is a host on the way of DialJump.
type Hop struct {
	Addr   string // as the hop before sees it
	Config *Config
}

// DialJump logs in to each hop through the one before it, and returns the
// client of the last. The first hop is dialled with its Config.Dial; those of
// the others are not used. Every hop has its own login and host key check: no
// hop can read what passes. A failure is a *DialError that names the hop.
// Closing the client, or losing it, ends the hops, the last one first.
func DialJump(ctx context.Context, hops ...Hop) (*Client, error) {
	if len(hops) == 0 {
		return nil, errors.New("sshcore: no hops")
	}
	var last *Client
	for i, hop := range hops {
		cfg := *hop.Config
		if last != nil {
			cfg.Dial = last.DialContext
		}
		next, err := dialOver(ctx, last, hop.Addr, &cfg)
		if err != nil {
			if last != nil {
				last.Close()
			}
			return nil, atHop(i, hop.Addr, err)
		}
		last = next
	}
	return last, nil
}

// atHop says at which hop it happened.
func atHop(i int, addr string, err error) error {
	var dial *DialError
	if errors.As(err, &dial) {
		return &DialError{Addr: dial.Addr, Hop: i, Err: dial.Err}
	}
	return &DialError{Addr: addr, Hop: i, Err: err}
}
