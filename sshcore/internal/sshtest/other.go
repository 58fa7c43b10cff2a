package sshtest

import (
	"embed"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// An Other is an SSH server that others wrote, on a free port of the loopback
// address, with one account: OtherUser, who logs in with Key or OtherPassword.
type Other struct {
	Addr string
	Key  ssh.Signer

	dir  string
	said strings.Builder
}

// The account that they have.
const (
	OtherUser     = "wasmiko"
	OtherPassword = "foo"
)

// Others starts the servers by their names.
var Others = map[string]func(testing.TB) *Other{
	"Dropbear": other("dropbear"),
	"tinysshd": other("tinysshd"),
	"Paramiko": other("paramiko"),
	"AsyncSSH": other("asyncssh"),
	"lsh":      other("lsh"),
}

// How each is started: others/serve.sh, which the browser's tests run too.
//
//go:embed others
var others embed.FS

func other(name string) func(testing.TB) *Other {
	return func(t testing.TB) *Other {
		t.Helper()
		p := &Other{dir: t.TempDir(), Addr: freeAddr(t)}
		if err := os.CopyFS(p.dir, others); err != nil {
			t.Fatal(err)
		}
		p.Key = writeKey(t, p.path("user"))
		write(t, p.path("authorized_keys"), string(ssh.MarshalAuthorizedKey(p.Key.PublicKey())))
		_, port, _ := net.SplitHostPort(p.Addr)
		p.run(t, "sh", p.path("others/serve.sh"), name, p.dir, port)
		return p
	}
}

func (p *Other) path(name string) string { return filepath.Join(p.dir, name) }

// run starts a server and waits until it answers. It ends with the test.
func (p *Other) run(t testing.TB, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = &p.said, &p.said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	t.Cleanup(func() { killTree(cmd.Process.Pid); <-ended })
	for deadline := time.Now().Add(30 * time.Second); ; {
		conn, err := net.Dial("tcp", p.Addr)
		if err == nil {
			conn.Close()
			return
		}
		select {
		case <-ended:
			t.Fatalf("it ended (build/system.sh installs what it needs): %s", p.said.String())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not listen: %v", name, err)
		}
	}
}
