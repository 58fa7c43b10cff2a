package demo

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/wasmiko/wasmiko/sshcore/server"
)

// echoAddr is the one address that a client may forward to.
const echoAddr = "echo:80"

// forward opens the HTTP echo, which is a goroutine on a pipe, and refuses all
// else: through the demo board nobody reaches another address.
func forward(ctx context.Context, _ server.Login, addr string) (net.Conn, error) {
	if addr != echoAddr {
		return nil, fmt.Errorf("%w: the demo board forwards to %s only", server.ErrProhibited, echoAddr)
	}
	near, far := net.Pipe()
	context.AfterFunc(ctx, func() { far.Close() })
	go serveEcho(far)
	return near, nil
}

const (
	maxEchoHead = 16 << 10
	maxEchoBody = 64 << 10
	echoTimeout = time.Minute
)

// serveEcho answers one HTTP/1.1 request with what it was asked, written by
// hand because net/http would weigh more than the rest of the board.
func serveEcho(c net.Conn) {
	defer c.Close()
	c.SetDeadline(time.Now().Add(echoTimeout))
	in := bufio.NewReader(io.LimitReader(c, maxEchoHead+maxEchoBody))
	said, err := readEcho(in)
	status := "200 OK"
	if err != nil {
		status, said = "400 Bad Request", err.Error()+"\n"
	}
	fmt.Fprintf(c, "HTTP/1.1 %s\r\nContent-Type: text/plain; charset=utf-8\r\n"+
		"X-Content-Type-Options: nosniff\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		status, len(said), said)
}

// readEcho reads a request and returns it as text.
func readEcho(in *bufio.Reader) (string, error) {
	lines := textproto.NewReader(in)
	var b strings.Builder
	length := 0
	for n := 0; ; n++ {
		line, err := lines.ReadLine()
		if err != nil {
			return "", fmt.Errorf("unfinished request: %w", err)
		}
		if line == "" && n > 0 {
			break
		}
		b.WriteString(line + "\n")
		name, value, _ := strings.Cut(line, ":")
		if strings.EqualFold(name, "Content-Length") {
			length, err = strconv.Atoi(strings.TrimSpace(value))
			if err != nil || length < 0 || length > maxEchoBody {
				return "", fmt.Errorf("a body of at most %d bytes is echoed", maxEchoBody)
			}
		}
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(in, body); err != nil {
		return "", fmt.Errorf("unfinished body: %w", err)
	}
	return "The demo board heard:\n\n" + b.String() + "\n" + string(body), nil
}
