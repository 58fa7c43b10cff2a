package server

import (
	"context"
	"errors"
	"io"

	"github.com/pkg/sftp"
)

// SFTP makes a subsystem handler that serves files, typically for
// Subsystems["sftp"]. Handlers are asked for once for each session.
func SFTP(files func(l Login) sftp.Handlers) Handler {
	return func(ctx context.Context, s *Session) {
		rs := sftp.NewRequestServer(wire{s}, files(s.Login()))
		stop := context.AfterFunc(ctx, func() { rs.Close() })
		defer stop()
		if err := rs.Serve(); err != nil && !errors.Is(err, io.EOF) {
			s.Exit(1)
		}
	}
}

// wire is a session as the one stream that SFTP speaks on.
type wire struct{ s *Session }

func (w wire) Read(p []byte) (int, error)  { return w.s.Stdin().Read(p) }
func (w wire) Write(p []byte) (int, error) { return w.s.Stdout().Write(p) }

// Close ends both directions, which unblocks a reader.
func (w wire) Close() error { return w.s.channel.Close() }
