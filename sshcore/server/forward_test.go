package server_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore/server"
)

func TestForward(t *testing.T) {
	// upper is a TCP service that answers only after the end of its input, so
	// that a lost half-close shows.
	upper, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer upper.Close()
	go func() {
		for {
			c, err := upper.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				all, _ := io.ReadAll(c)
				fmt.Fprintf(c, "heard %s", all)
			}()
		}
	}()
	s := newServer(t, nil)
	s.Forward = func(ctx context.Context, l server.Login, addr string) (net.Conn, error) {
		switch addr {
		case "upper:7":
			var d net.Dialer
			return d.DialContext(ctx, "tcp", upper.Addr().String())
		case "down:7":
			return nil, errors.New("nobody is home")
		}
		return nil, fmt.Errorf("%w: %s asked for it", server.ErrProhibited, l.User)
	}
	c := dial(t, s, listen(t, s))

	t.Run("bytes and both ends of file arrive", func(t *testing.T) {
		conn, err := c.Dial("tcp", "upper:7")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(conn, "hello")
		conn.(interface{ CloseWrite() error }).CloseWrite()
		if got, err := io.ReadAll(conn); err != nil || string(got) != "heard hello" {
			t.Errorf("%q, %v", got, err)
		}
	})
	for _, r := range []struct {
		name, addr string
		reason     ssh.RejectionReason
	}{
		{"policy's refusal says so", "else:7", ssh.Prohibited},
		{"a failed dial says so", "down:7", ssh.ConnectionFailed},
	} {
		t.Run(r.name, func(t *testing.T) {
			_, err := c.Dial("tcp", r.addr)
			var refused *ssh.OpenChannelError
			if !errors.As(err, &refused) || refused.Reason != r.reason {
				t.Error(err)
			}
		})
	}
	t.Run("without a policy all is refused", func(t *testing.T) {
		var refused *ssh.OpenChannelError
		_, err := client(t, nil).Dial("tcp", "upper:7")
		if !errors.As(err, &refused) || refused.Reason != ssh.Prohibited {
			t.Error(err)
		}
	})
	t.Run("a malformed request is refused", func(t *testing.T) {
		if _, _, err := c.OpenChannel("direct-tcpip", []byte("nonsense")); err == nil {
			t.Error("was opened")
		}
	})
}
