package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wasmiko/wasmiko/netconn"
)

// front is a proxy of others that adds TLS before gateways. Its configuration is
// the one that docs/deploy shows, with this test's addresses.
type front struct {
	url  string
	wire *wire
}

// wire is what a front's clients go over. Cutting it resets every connection.
type wire struct {
	mu   sync.Mutex
	open []net.Conn
}

func (w *wire) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, network, addr)
	if err == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.open = append(w.open, c)
	}
	return c, err
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.open {
		c.(*net.TCPConn).SetLinger(0)
		c.Close()
	}
	w.open = nil
}

// frontCommand says how a kind of front is checked and run with a file.
type frontCommand struct {
	file       string
	path       string // below which it has the gateway; empty: the root
	check, run func(file string) *exec.Cmd
	change     func(text string, p places) string
}

// places are where the parts of a test are.
type places struct {
	addr      string // of the front
	dir       string // for what it writes
	cert, key string // files
	both      string // file with both
	gateways  []string
}

func program(name string, args ...string) *exec.Cmd {
	if path, err := exec.LookPath("/usr/sbin/" + name); err == nil {
		name = path
	}
	return exec.Command(name, args...)
}

var fronts = map[string]frontCommand{
	"HAProxy":            haproxy,
	"nginx":              nginx,
	"Caddy":              caddy,
	"nginx below a path": nginx.below("path-nginx.conf", "/ssh"),
	"Caddy below a path": caddy.below("path-Caddyfile", "/ssh"),
}

func (c frontCommand) below(file, path string) frontCommand {
	c.file, c.path = file, path
	return c
}

var (
	haproxy = frontCommand{
		file:  "haproxy.cfg",
		check: func(file string) *exec.Cmd { return program("haproxy", "-c", "-f", file) },
		run:   func(file string) *exec.Cmd { return program("haproxy", "-db", "-f", file) },
		change: func(text string, p places) string {
			text = strings.NewReplacer(
				"maxconn 20000", "maxconn 1000", // what a user may open
				":443", p.addr,
				"/etc/haproxy/ssh.example.org.pem", p.both,
				"10.0.0.11:8080", p.gateways[0],
				"Host ssh.example.org", "Host "+p.addr,
			).Replace(text)
			return strings.ReplaceAll(text, "10.0.0.12:8080", p.gateways[len(p.gateways)-1])
		},
	}
	nginx = frontCommand{
		file: "nginx.conf",
		check: func(file string) *exec.Cmd {
			return program("nginx", "-t", "-p", filepath.Dir(file), "-c", file)
		},
		run: func(file string) *exec.Cmd {
			return program("nginx", "-p", filepath.Dir(file), "-c", file, "-g", "daemon off;")
		},
		change: func(text string, p places) string {
			text = strings.NewReplacer(
				"    listen [::]:443 ssl http2;\n", "",
				"443", p.addr,
				"/etc/ssl/ssh.example.org/fullchain.pem", p.cert,
				"/etc/ssl/ssh.example.org/privkey.pem", p.key,
				"/etc/ssl/portal.example.org/fullchain.pem", p.cert,
				"/etc/ssl/portal.example.org/privkey.pem", p.key,
				"127.0.0.1:8080;", p.gateways[0]+";",
			).Replace(text)
			var temporary strings.Builder
			for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
				fmt.Fprintf(&temporary, "%s_temp_path %s/%s;\n", kind, p.dir, kind)
			}
			return "error_log stderr;\npid " + p.dir + "/pid;\nevents {}\nhttp {\naccess_log off;\n" + temporary.String() + text + "}\n"
		},
	}
	caddy = frontCommand{
		file: "Caddyfile",
		check: func(file string) *exec.Cmd {
			return program("caddy", "validate", "--adapter", "caddyfile", "--config", file)
		},
		run: func(file string) *exec.Cmd {
			return program("caddy", "run", "--adapter", "caddyfile", "--config", file)
		},
		change: func(text string, p places) string {
			return "{\n\tadmin off\n\tauto_https disable_redirects\n\tstorage file_system " + p.dir + "\n}\n" + strings.NewReplacer(
				"\nssh.example.org {", "\nhttps://"+p.addr+" {\n\ttls "+p.cert+" "+p.key,
				"\nportal.example.org {", "\nhttps://"+p.addr+" {\n\ttls "+p.cert+" "+p.key,
				"reverse_proxy 127.0.0.1:8080", "reverse_proxy "+p.gateways[0],
			).Replace(text)
		},
	}
)

// freeAddr is one where nothing listens at the moment.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// startFront checks the configuration of docs/deploy with the front's own
// checker, and starts it before gateways that it starts with more options.
func startFront(t *testing.T, kind string, gateways int, options ...string) (*front, []*running) {
	t.Helper()
	cmd := fronts[kind]
	p := places{addr: freeAddr(t), dir: t.TempDir()}
	var pool *x509.CertPool
	p.cert, p.key, pool = selfSigned(t)
	chain, key := contents(t, p.cert), contents(t, p.key)
	p.both = file(t, "both.pem", chain+key)
	f := &front{url: "https://" + p.addr + cmd.path + "/", wire: &wire{}}
	if cmd.path != "" {
		options = append(options, "--base-path", cmd.path)
	}
	all := make([]*running, gateways)
	for i := range all {
		p.gateways = append(p.gateways, freeAddr(t))
		all[i] = started(t, nil, append([]string{
			"serve", "--listen", p.gateways[i], "--replica", fmt.Sprintf("gw%d", i+1),
			"--behind-tls-proxy", "127.0.0.1", "--host", p.addr, "--allow", "127.0.0.1:*",
			"--any-protocol", "--connections-per-minute", "6000",
		}, options...)...)
	}
	config := filepath.Join(p.dir, cmd.file)
	if err := os.WriteFile(config, []byte(cmd.change(contents(t, "../../../docs/deploy/"+cmd.file), p)), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := cmd.check(config).CombinedOutput(); err != nil {
		t.Fatalf("%s refuses its file: %v\n%s", kind, err, out)
	}
	before := http.DefaultTransport
	http.DefaultTransport = &http.Transport{DialContext: f.wire.dial, TLSClientConfig: &tls.Config{RootCAs: pool}}
	t.Cleanup(func() { http.DefaultTransport = before })
	runFront(t, cmd.run(config), p.addr)
	return f, all
}

// runFront runs a front until the test ends. It returns when it listens.
func runFront(t *testing.T, cmd *exec.Cmd, addr string) {
	t.Helper()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v; build/system.sh installs it", err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	t.Cleanup(func() { cmd.Process.Signal(os.Interrupt); <-ended })
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(testWait); ; {
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			return
		}
		select {
		case <-ended:
			t.Fatalf("%v ended: %s", cmd.Args, out.String())
		case <-tick.C:
			if time.Now().After(deadline) {
				t.Fatalf("%v does not listen", cmd.Args)
			}
		}
	}
}

func contents(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (f *front) host() string {
	host, _, _ := strings.Cut(strings.TrimPrefix(f.url, "https://"), "/")
	return host
}

// dial opens a session as the page does that came from the front.
func (f *front) dial(t *testing.T, addr string, o netconn.Options) (*netconn.Conn, error) {
	t.Helper()
	o.Header = http.Header{"Origin": {"https://" + f.host()}}
	return dialRelay(t, f.url, addr, o)
}

func (f *front) mustDial(t *testing.T, addr string, o netconn.Options) *netconn.Conn {
	t.Helper()
	c, err := f.dial(t, addr, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// echoed expects text back, whatever happens to the wire.
func echoed(t *testing.T, c *netconn.Conn, text string) {
	t.Helper()
	c.SetDeadline(time.Now().Add(testWait))
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(text))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != text {
		t.Fatalf("%q came back as %q, %v", text, got, err)
	}
}

// The page, a session, a few megabytes and a return after a loss, over the
// configurations that docs/deploy shows.
func TestFronts(t *testing.T) {
	for kind := range fronts {
		t.Run(kind, func(t *testing.T) {
			f, _ := startFront(t, kind, 1)
			if res, body := fetch(t, http.DefaultClient, f.url+"config.json"); res.StatusCode != 200 || res.Header.Get("Strict-Transport-Security") == "" {
				t.Errorf("status %d, %v, %s", res.StatusCode, res.Header, body)
			}
			res, _ := fetch(t, http.DefaultClient, strings.TrimSuffix(f.url, "/"))
			if at := res.Request.URL; at.Path != "" && at.String() != f.url {
				t.Errorf("without a slash at its end: %d at %s", res.StatusCode, at)
			}
			links := make(chan netconn.Link, 100)
			c := f.mustDial(t, echoServer(t), netconn.Options{OnLink: func(l netconn.Link) { links <- l }})
			echoed(t, c, "before")
			f.wire.cut()
			echoed(t, c, "after")
			late := time.After(testWait) // the bytes may be here before the word
			for back := false; !back; {
				select {
				case l := <-links:
					back = l.Up
				case <-late:
					t.Fatal("nothing was cut")
				}
			}
			much := strings.Repeat("0123456789abcdef", 1<<16)
			go io.WriteString(c, much)
			got := make([]byte, len(much))
			if _, err := io.ReadFull(c, got); err != nil || string(got) != much {
				t.Errorf("a mebibyte came back changed, %v", err)
			}
		})
	}
}
