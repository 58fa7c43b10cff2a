package sshtest

import (
	"bufio"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// OpenSSH is a real sshd on a free port of the loopback address, with keys and
// a configuration of its own.
type OpenSSH struct {
	Addr    string
	User    string
	Key     ssh.Signer // may log in
	KeyFile string     // where that is, for other programs
	HostKey ssh.PublicKey

	cmd *exec.Cmd
}

const sshdPath = "/usr/sbin/sshd"

// StartOpenSSH starts sshd, with further lines of configuration. It ends with
// the test.
func StartOpenSSH(t testing.TB, config ...string) *OpenSSH {
	t.Helper()
	if _, err := os.Stat(sshdPath); err != nil {
		t.Fatalf("these tests need a real sshd: apt-get install openssh-server (%v)", err)
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	if me.Uid == "0" {
		// sshd's privilege separation directory, which its package's service
		// makes at boot.
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	host := writeKey(t, filepath.Join(dir, "host"))
	key := writeKey(t, filepath.Join(dir, "user"))
	write(t, filepath.Join(dir, "authorized"), string(ssh.MarshalAuthorizedKey(key.PublicKey())))
	s := &OpenSSH{Addr: freeAddr(t), User: me.Username, Key: key, KeyFile: filepath.Join(dir, "user"), HostKey: host.PublicKey()}
	write(t, filepath.Join(dir, "config"), s.config(dir, config))
	s.start(t, filepath.Join(dir, "config"))
	return s
}

func (s *OpenSSH) config(dir string, more []string) string {
	host, port, _ := net.SplitHostPort(s.Addr)
	// What a person's shell does when it starts is not what is tested. Of several
	// lines with SetEnv the first one counts.
	env := "SetEnv HOME=" + dir
	more = slices.Clone(more)
	if i := slices.IndexFunc(more, func(line string) bool { return strings.HasPrefix(line, "SetEnv ") }); i >= 0 {
		env += strings.TrimPrefix(more[i], "SetEnv")
		more = slices.Delete(more, i, i+1)
	}
	return strings.Join(append([]string{
		"ListenAddress " + host, "Port " + port,
		"HostKey " + filepath.Join(dir, "host"),
		"AuthorizedKeysFile " + filepath.Join(dir, "authorized"),
		"PidFile none", "UsePAM no", "StrictModes no", "PermitRootLogin yes",
		"PasswordAuthentication no", "MaxStartups 100", "PrintMotd no", "PrintLastLog no", env,
	}, more...), "\n") + "\n"
}

// start runs sshd and waits until it listens.
func (s *OpenSSH) start(t testing.TB, config string) {
	t.Helper()
	s.cmd = exec.Command(sshdPath, "-D", "-e", "-f", config)
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tooLate := time.AfterFunc(20*time.Second, func() { s.cmd.Process.Kill() })
	defer tooLate.Stop()
	lines := bufio.NewScanner(stderr)
	var said []string
	for lines.Scan() {
		said = append(said, lines.Text())
		if strings.HasPrefix(lines.Text(), "Server listening on") {
			drained := make(chan struct{})
			go func() {
				for lines.Scan() {
				}
				close(drained)
			}()
			t.Cleanup(func() { s.Kill(); <-drained; s.cmd.Wait() })
			return
		}
	}
	s.cmd.Wait()
	t.Fatalf("sshd did not start: %s", strings.Join(said, "\n"))
}

// Kill ends sshd and the sessions that it serves, without a word to them.
func (s *OpenSSH) Kill() { killTree(s.cmd.Process.Pid) }

// killTree kills a process of ours and its descendants. sshd gives each
// connection a session id of its own, so a process group would not do.
func killTree(pid int) {
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	syscall.Kill(pid, syscall.SIGKILL)
	for _, child := range strings.Fields(string(children)) {
		if n, err := strconv.Atoi(child); err == nil {
			killTree(n)
		}
	}
}

func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// writeKey makes an Ed25519 key and stores it in OpenSSH's format.
func writeKey(t testing.TB, path string) ssh.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, string(pem.EncodeToMemory(block)))
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
