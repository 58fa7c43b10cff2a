//go:build netns

package proxy

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/wasmiko/wasmiko/netconn"
	"golang.org/x/sys/unix"
)

var faultTime = flag.Duration("faulttime", 2*time.Second, "how long TestSessionsOutliveFaultsOfTheNetwork keeps each fault")

// lan is a network namespace with a cable to ours: what a client that lives there
// sends goes through the kernel's own TCP, and may be harmed like anybody's. It takes
// root and a kernel that has namespaces: make test asks for both.
type lan struct {
	name          string
	relay, client string // addresses
	file          *os.File
}

func newLAN(t *testing.T) *lan {
	t.Helper()
	id := os.Getpid() % 65536
	l := &lan{name: fmt.Sprintf("wasmiko-%d", id)}
	l.relay, l.client = fmt.Sprintf("10.%d.%d.1", 64+id>>8&63, id&255), fmt.Sprintf("10.%d.%d.2", 64+id>>8&63, id&255)
	near, far := fmt.Sprintf("wr%d", id), fmt.Sprintf("wc%d", id)
	command(t, "ip", "netns", "add", l.name)
	t.Cleanup(func() { exec.Command("ip", "netns", "del", l.name).Run() })
	command(t, "ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", l.name)
	t.Cleanup(func() { exec.Command("ip", "link", "del", near).Run() })
	command(t, "ip", "addr", "add", l.relay+"/24", "dev", near)
	command(t, "ip", "link", "set", near, "up")
	l.do(t, "ip link set "+far+" name cable; ip link set lo up; ip addr add "+l.client+"/24 dev cable; ip link set cable up")
	l.do(t, "nft add table inet faults; nft add chain inet faults out '{ type filter hook output priority 0; }'")
	l.do(t, "nft add chain inet faults in '{ type filter hook input priority 0; }'")
	file, err := os.Open("/run/netns/" + l.name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	l.file = file
	return l
}

func command(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
}

// do runs a shell's line in the namespace.
func (l *lan) do(t *testing.T, line string) {
	t.Helper()
	command(t, "ip", "netns", "exec", l.name, "sh", "-ec", line)
}

// dial opens a connection from within. A thread that has been in a namespace is
// not used again: it ends with its goroutine.
func (l *lan) dial(ctx context.Context, network, addr string) (conn net.Conn, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if err = unix.Setns(int(l.file.Fd()), unix.CLONE_NEWNET); err == nil {
			var d net.Dialer
			conn, err = d.DialContext(ctx, network, addr)
		}
	}()
	<-done
	return conn, err
}

func TestSessionsOutliveFaultsOfTheNetwork(t *testing.T) {
	l := newLAN(t)
	listener, err := net.Listen("tcp", l.relay+":0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := freely()
	cfg.Hosts = []string{listener.Addr().String()}
	s := serve(t, cfg)
	near := &http.Server{Handler: s}
	go near.Serve(listener)
	t.Cleanup(func() { near.Close() })
	before := http.DefaultTransport
	http.DefaultTransport = &http.Transport{DialContext: l.dial}
	t.Cleanup(func() { http.DefaultTransport = before })
	addr := server(t, func(c *net.TCPConn) {
		c.SetDeadline(time.Now().Add(*faultTime + 2*testWait))
		io.Copy(c, c)
	})

	for _, c := range []struct{ name, begin, end string }{
		{"no packet arrives, either way", "nft add rule inet faults out drop; nft add rule inet faults in drop", "nft flush table inet faults"},
		{"nothing arrives at the client", "nft add rule inet faults in drop", "nft flush table inet faults"},
		{"somebody resets its connections", "nft add rule inet faults out 'tcp flags & rst == 0 reject with tcp reset'", "nft flush table inet faults"},
		{"the cable is out", "ip link set cable down", "ip link set cable up"},
		{"its address is another", "ip addr flush dev cable; ip addr add " + l.client + "2/24 dev cable", "true"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), testWait)
			defer cancel()
			conn, err := netconn.Dial(ctx, "ws://"+listener.Addr().String()+"/relay", targetOf(t, addr), netconn.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			echoed(t, conn, "before")
			l.do(t, c.begin)
			fault := time.After(*faultTime)
			fmt.Fprint(conn, "meanwhile ")
			<-fault
			l.do(t, c.end)
			back := time.Now()
			conn.Wake()
			conn.SetDeadline(back.Add(testWait))
			got := make([]byte, len("meanwhile "))
			if _, err := io.ReadFull(conn, got); err != nil || string(got) != "meanwhile " {
				t.Fatalf("%q comes back, %v", got, err)
			}
			t.Logf("it goes on %v after the fault, over another WebSocket %d times", time.Since(back).Round(time.Millisecond), conn.Resumed())
			echoed(t, conn, "after")
		})
	}
}
