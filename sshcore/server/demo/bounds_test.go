package demo

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// The imports that the board needs. Nothing among them opens a file or starts
// a process; what package net could do is checked below.
var allowed = strings.Fields(`
	bufio bytes context crypto/ed25519 crypto/rand crypto/sha256 crypto/subtle
	encoding/binary errors fmt image image/color image/png io io/fs math
	math/big math/rand/v2 net net/textproto path slices strconv strings sync
	time unicode unicode/utf8
	github.com/pkg/sftp golang.org/x/crypto/ssh
	github.com/wasmiko/wasmiko/sshcore/server`)

// What the board uses of packages that could also reach the machine.
var allowedOf = map[string][]string{
	"net": {"Addr", "Conn", "JoinHostPort", "ListenConfig", "Listener", "ParseIP", "Pipe", "SplitHostPort", "TCPAddr"},
	"sftp": {"ErrSSHFxNoSuchFile", "ErrSSHFxOpUnsupported", "ErrSSHFxPermissionDenied", "Handlers",
		"ListerAt", "Request", "StatVFS", "WriterAtReaderAt"},
}

func TestBoardCannotReachTheMachine(t *testing.T) {
	paths, err := filepath.Glob("*.go")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, imp := range file.Imports {
			name, err := strconv.Unquote(imp.Path.Value)
			if err != nil || imp.Name != nil || !slices.Contains(allowed, name) {
				t.Errorf("%s imports %s", path, imp.Path.Value)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, ok := sel.X.(*ast.Ident)
			if !ok {
				return true
			}
			if names := allowedOf[pkg.Name]; names != nil && !slices.Contains(names, sel.Sel.Name) {
				t.Errorf("%s uses %s.%s", path, pkg.Name, sel.Sel.Name)
			}
			return true
		})
	}
}

func TestForwardingReachesTheEchoOnly(t *testing.T) {
	d := start(t)
	c := robey(t, d)
	_, own, _ := net.SplitHostPort(d.Addr().String())
	for _, addr := range []string{"127.0.0.1:" + own, "localhost:80", "echo:22", "ECHO:80", "example.org:80", "[::1]:80"} {
		conn, err := c.Dial("tcp", addr)
		var refused *ssh.OpenChannelError
		if !errors.As(err, &refused) || refused.Reason != ssh.Prohibited {
			t.Errorf("%s: %v, %v", addr, conn, err)
		}
	}
	if _, err := c.Dial("unix", "/run/docker.sock"); err == nil {
		t.Error("a unix socket was opened")
	}
	if l, err := c.Listen("tcp", "127.0.0.1:0"); err == nil {
		t.Errorf("listens at %s", l.Addr())
	}
	web := http.Client{Transport: &http.Transport{DialContext: func(_ context.Context, network, addr string) (net.Conn, error) {
		return c.Dial(network, addr)
	}}}
	resp, err := web.Post("http://echo/a?b=c", "text/plain", strings.NewReader("the body"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 || !strings.Contains(string(body), "POST /a?b=c HTTP/1.1\n") || !strings.HasSuffix(string(body), "\nthe body") {
		t.Errorf("%d %q, %v", resp.StatusCode, body, err)
	}
}

func TestEchoRefusesWhatIsTooLarge(t *testing.T) {
	for _, c := range []struct{ name, request string }{
		{"a body beyond the bound", "POST / HTTP/1.1\r\nContent-Length: 70000\r\n\r\n"},
		{"a negative length", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"},
		{"a head without end", "GET / HTTP/1.1\r\n" + strings.Repeat("X: y\r\n", 1<<15)},
	} {
		t.Run(c.name, func(t *testing.T) {
			near, far := net.Pipe()
			defer near.Close()
			go serveEcho(far)
			go io.WriteString(near, c.request)
			if line, err := bufio.NewReader(near).ReadString('\n'); !strings.HasPrefix(line, "HTTP/1.1 400") {
				t.Errorf("%q, %v", line, err)
			}
		})
	}
}

func TestOnlyLoopbackIsServed(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "example.org:0", "nonsense"} {
		if d, err := Start(context.Background(), Options{Addr: addr}); err == nil {
			t.Errorf("%s: serves %s", addr, d.Addr())
		} else if addr != "nonsense" && !strings.Contains(err.Error(), "not a loopback address") {
			t.Errorf("%s: %v", addr, err)
		}
	}
	d, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	l, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Serve(l); err == nil || !strings.Contains(err.Error(), "not a loopback address") {
		t.Errorf("Serve: %v", err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the listener is open: %v", err)
	}
	if err := d.ServeConn(context.Background(), abroad{}); err == nil || !strings.Contains(err.Error(), "192.0.2.7") {
		t.Errorf("ServeConn: %v", err)
	}
}

// abroad is a connection from another machine.
type abroad struct{ net.Conn }

func (abroad) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 1} }
func (abroad) Close() error         { return nil }

func TestTakenPortIsReplacedByAFreeOne(t *testing.T) {
	first := start(t)
	second, err := Start(context.Background(), Options{Addr: first.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if second.Addr().String() == first.Addr().String() {
		t.Error("two boards at one address")
	}
	if robey(t, second) == nil {
		t.Error("the second does not answer")
	}
}

func TestCleanKeepsTextAndDropsTheRest(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"text in any alphabet stays", "Grüße, 世界! שלום 🦊", "Grüße, 世界! שלום 🦊"},
		{"joined emoji stay", "👩‍🚀", "👩‍🚀"},
		{"escape sequences lose their escape", "a\x1b[2Jb\x1b]0;t\x07c", "a[2Jb]0;tc"},
		{"C1 controls go", "a\u009b2Jb\u0085", "a2Jb"},
		{"bidi overrides go", "a\u202eb\u2066c", "abc"},
		{"lines become one", "a\nb\tc\u2028d\re", "a b c de"},
		{"broken UTF-8 is marked", "a\xffb\xc3", "a\ufffdb\ufffd"},
		{"towers of marks are cut", "z" + strings.Repeat("\u0300", 50) + "y", "z\u0300\u0300y"},
		{"length is bounded", strings.Repeat("ä", 500), strings.Repeat("ä", 240)},
		{"space around goes", "  a  ", "a"},
	} {
		if got := clean(c.in, 240); got != c.want {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\x1b[2J\u202e\xff")
	f.Fuzz(func(t *testing.T, s string) {
		got := clean(s, 50)
		if n := len([]rune(got)); n > 50 {
			t.Errorf("%d letters", n)
		}
		if i := strings.IndexFunc(got, func(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e }); i >= 0 {
			t.Errorf("%q", got)
		}
	})
}

func TestGuestBookAndBoardForgetTheOldest(t *testing.T) {
	g, b := newGuestBook(), newBoard()
	for i := range 1000 {
		g.sign("me", fmt.Sprint(i))
		b.post("me", fmt.Sprint(i), "text")
	}
	if lines := g.read(5000); len(lines) != maxGuestLines || lines[maxGuestLines-1].text != "999" {
		t.Errorf("%d lines", len(lines))
	}
	posts := b.list()
	if len(posts) != maxPosts || posts[0].title != ownPosts[0].title || posts[maxPosts-1].title != "999" {
		t.Errorf("%d posts", len(posts))
	}
	if g.sign("me", "\x1b\x07") || b.post("me", "title", " ") {
		t.Error("nothing was taken for something")
	}
}
