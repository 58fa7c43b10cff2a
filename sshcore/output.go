package sshcore

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
)

// maxOutput bounds what Client.Output collects.
const maxOutput = 64 << 20

// ErrOutputTooLong is returned by Client.Output for a command that writes more
// than 64 MiB. Use Start for those.
var ErrOutputTooLong = errors.New("the command's output is too long to be kept in memory")

// Output runs a command and returns its standard output. Standard error is
// dropped. On failure it returns what had come until then; when ctx ends, it
// closes the session.
func (c *Client) Output(ctx context.Context, line string) ([]byte, error) {
	s, err := c.Start(ctx, Command{Line: line})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	var out collector
	ended := make(chan error, 1)
	go func() {
		_, err := io.Copy(&out, s.Stdout())
		if err == nil {
			err = s.Wait()
		}
		ended <- err
	}()
	select {
	case err = <-ended:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	return out.take(), err
}

// collector is a bounded buffer that can be taken while it is written to.
type collector struct {
	mu    sync.Mutex
	bytes []byte
}

func (c *collector) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(len(p), maxOutput-len(c.bytes))
	c.bytes = append(c.bytes, p[:n]...)
	if n < len(p) {
		return n, ErrOutputTooLong
	}
	return n, nil
}

func (c *collector) take() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clip(c.bytes)
}
