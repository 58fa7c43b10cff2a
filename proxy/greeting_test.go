package proxy

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/wasmiko/wasmiko/netconn"
)

func TestReadGreeting(t *testing.T) {
	tests := []struct {
		name  string
		parts []string // as they come from the server, which then ends
		ok    bool
	}{
		{"an identification", []string{"SSH-2.0-OpenSSH_9.9\r\n"}, true},
		{"one in pieces", []string{"S", "SH", "-2.0-x\r\n"}, true},
		{"lines before it", []string{"Welcome.\r\nThis is a host.\r\n", "SSH-2.0-x\r\n"}, true},
		{"many lines before it", []string{strings.Repeat("x\r\n", 2000), "SSH-2.0-x\r\n"}, true},
		{"what follows it stays", []string{"SSH-2.0-x\r\n\x00\x00\x01\x02binary"}, true},
		{"the letters in the middle of a line", []string{"I am not SSH-2.0\r\n"}, false},
		{"HTTP", []string{"HTTP/1.1 400 Bad Request\r\n\r\n"}, false},
		{"nothing", nil, false},
		{"too much before it", []string{strings.Repeat("x", greetingLimit), "\r\nSSH-2.0-x\r\n"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server, client := net.Pipe()
			defer client.Close()
			go func() {
				defer server.Close()
				for _, p := range tt.parts {
					io.WriteString(server, p)
				}
			}()
			head, err := readGreeting(t.Context(), client, testWait)
			if (err == nil) != tt.ok {
				t.Fatalf("%q, %v", head, err)
			}
			rest, _ := io.ReadAll(client)
			if all := string(head) + string(rest); tt.ok && all != strings.Join(tt.parts, "") {
				t.Errorf("%q went through", all)
			}
		})
	}
	t.Run("a server that waits", func(t *testing.T) {
		_, client := net.Pipe()
		if _, err := readGreeting(t.Context(), client, time.Millisecond); err == nil {
			t.Error("silence passes for SSH")
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := readGreeting(ctx, client, time.Hour); err == nil {
			t.Error("silence passes for SSH when the relay stops")
		}
	})
}

// An exposed relay is for SSH alone, unless its operator says otherwise.
func TestExposedRelayIsForSSH(t *testing.T) {
	greet := func(text string) string {
		return server(t, func(c *net.TCPConn) { io.WriteString(c, text); c.CloseWrite(); io.Copy(io.Discard, c) })
	}
	const ident, http = "SSH-2.0-test\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n"
	tests := []struct {
		name string
		any  bool
		text string
		ok   bool
	}{
		{"an SSH server", false, ident, true},
		{"a web server", false, http, false},
		{"a web server where all is allowed", true, http, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, Config{Hosts: []string{"127.0.0.1"}, Origins: []string{"https://a.example"}, Allow: []string{"127.0.0.1:*"}, AnyProtocol: tt.any})
			c, err := netconn.Dial(t.Context(), s.relay(), targetOf(t, greet(tt.text)), netconn.Options{Header: map[string][]string{"Origin": {"https://a.example"}}})
			if !tt.ok {
				if !isCode(err, netconn.CodeDialFailed) || !strings.Contains(err.Error(), "does not speak SSH") {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if got, err := io.ReadAll(c); err != nil || string(got) != tt.text {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}
