package main

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// handed prepares a run with a socket that is open already, as systemd does it.
func handed(t *testing.T, l net.Listener, env map[string]string, args ...string) *exec.Cmd {
	t.Helper()
	socket, err := l.(interface{ File() (*os.File, error) }).File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	cmd := command(t, env, args...)
	cmd.Path, cmd.Args = "/bin/sh", append([]string{"sh", "-c", `LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@"`, binary}, args...)
	cmd.ExtraFiles = []*os.File{socket}
	return cmd
}

func listening(t *testing.T, network, address string) net.Listener {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func TestSystemdOpensTheSocketAndIsToldHowItGoes(t *testing.T) {
	l := listening(t, "tcp", "127.0.0.1:0")
	path := filepath.Join(t.TempDir(), "notify")
	news, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer news.Close()
	hear := func(want string) {
		t.Helper()
		news.SetReadDeadline(time.Now().Add(testWait))
		buf := make([]byte, 100)
		n, err := news.Read(buf)
		if got := string(buf[:n]); err != nil || got != want {
			t.Errorf("systemd hears %q, %v; want %q", got, err, want)
		}
	}
	r := begun(t, handed(t, l, map[string]string{"NOTIFY_SOCKET": path}, "serve"))
	hear("READY=1")
	if want := "http://" + l.Addr().String() + "/"; r.url != want {
		t.Errorf("the URL is %s, want %s", r.url, want)
	}
	if res, _ := fetch(t, http.DefaultClient, r.url); res.StatusCode != http.StatusOK {
		t.Errorf("the page: %s", res.Status)
	}
	r.signal(t, syscall.SIGHUP)
	hear("RELOADING=1")
	hear("READY=1")
	r.signal(t, syscall.SIGTERM)
	hear("STOPPING=1")
	if code := r.stopped(t); code != exitOK {
		t.Errorf("code %d", code)
	}
}

// The socket decides who can come, and --listen what they may do.
func TestSocketsThatDoNotFitAreRefused(t *testing.T) {
	for _, tt := range []struct{ name, network, address, want string }{
		{"one beyond this machine", "tcp4", "0.0.0.0:0", "say so with --listen 0.0.0.0:"},
		{"one of another kind", "unix", filepath.Join(t.TempDir(), "s"), "only TCP is served"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, err := handed(t, listening(t, tt.network, tt.address), nil, "serve").CombinedOutput()
			if err == nil || !strings.Contains(string(out), tt.want) {
				t.Errorf("%v, %s; want %q", err, out, tt.want)
			}
		})
	}
}

func TestSocketsForAnotherProcessAreLeftAlone(t *testing.T) {
	r := started(t, map[string]string{"LISTEN_PID": "1", "LISTEN_FDS": "1"}, "serve", "--listen", "127.0.0.1:0")
	if res, _ := fetch(t, http.DefaultClient, r.url); res.StatusCode != http.StatusOK {
		t.Errorf("the page: %s", res.Status)
	}
}
