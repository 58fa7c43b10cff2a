package sshtest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	_ "embed" // for the programs of others
	"encoding/pem"
	"fmt"
	"math/big"
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

	dir, port string
	said      strings.Builder
}

// The account that they have.
const (
	OtherUser     = "wasmiko"
	OtherPassword = "foo"
)

var (
	//go:embed others/account.sh
	accountScript string
	//go:embed others/with_paramiko.py
	paramikoScript string
	//go:embed others/with_asyncssh.py
	asyncsshScript string
)

// python is the system's: that of a virtual environment lacks the packages.
const python = "/usr/bin/python3"

// Others starts the servers by their names.
var Others = map[string]func(testing.TB) *Other{
	"Dropbear": startDropbear,
	"tinysshd": startTiny,
	"Paramiko": func(t testing.TB) *Other { return startPython(t, paramikoScript) },
	"AsyncSSH": func(t testing.TB) *Other { return startPython(t, asyncsshScript) },
	"lsh":      startLSH,
}

func newOther(t testing.TB) *Other {
	t.Helper()
	p := &Other{dir: t.TempDir(), Addr: freeAddr(t)}
	_, p.port, _ = net.SplitHostPort(p.Addr)
	p.Key = writeKey(t, p.path("user"))
	write(t, p.path("authorized_keys"), string(ssh.MarshalAuthorizedKey(p.Key.PublicKey())))
	return p
}

func (p *Other) path(name string) string { return filepath.Join(p.dir, name) }

func startDropbear(t testing.TB) *Other {
	p := newOther(t)
	p.must(t, "dropbearkey", "-t", "ed25519", "-f", p.path("host"))
	p.account(t, "dropbear", "-F", "-E", "-p", p.Addr, "-r", p.path("host"))
	return p
}

func startTiny(t testing.TB) *Other {
	p := newOther(t)
	p.must(t, "tinysshd-makekey", p.path("keys"))
	p.account(t, "tcpserver", "-HRDl0", "127.0.0.1", p.port, "tinysshd", "-x", "sftp=/usr/lib/openssh/sftp-server", p.path("keys"))
	return p
}

// startLSH starts GNU's server of 2013, which knows nothing that is safe today.
func startLSH(t testing.TB) *Other {
	p := newOther(t)
	t.Setenv("LSH_YARROW_SEED_FILE", p.path("seed"))
	p.must(t, "lsh-make-seed", "--sloppy", "--output-file="+p.path("seed"))
	write(t, p.path("host"), lshKey(rsaKey(t)))
	p.account(t, "lshd", "--interface="+p.Addr, "--host-key="+p.path("host"), "--no-syslog", "--no-srp-keyexchange",
		"--subsystems=sftp=/usr/lib/openssh/sftp-server")
	return p
}

func startPython(t testing.TB, script string) *Other {
	p := newOther(t)
	write(t, p.path("server.py"), script)
	block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaKey(t))}
	write(t, p.path("host"), string(pem.EncodeToMemory(block)))
	p.run(t, python, "-W", "ignore", p.path("server.py"), p.port, p.path("host"), p.path("user"))
	return p
}

func rsaKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// lshKey is a private key as a canonical S-expression. lsh's own keygen takes
// public exponents so large that x/crypto refuses them.
func lshKey(k *rsa.PrivateKey) string {
	atom := func(b []byte) string { return fmt.Sprintf("%d:%s", len(b), b) }
	var s strings.Builder
	s.WriteString("(11:private-key(9:rsa-pkcs1")
	for _, f := range []struct {
		name string
		n    *big.Int
	}{
		{"n", k.N}, {"e", big.NewInt(int64(k.E))}, {"d", k.D}, {"p", k.Primes[0]}, {"q", k.Primes[1]},
		{"a", k.Precomputed.Dp}, {"b", k.Precomputed.Dq}, {"c", k.Precomputed.Qinv},
	} {
		// Numbers are signed: a leading zero keeps them positive.
		s.WriteString("(" + atom([]byte(f.name)) + atom(append([]byte{0}, f.n.Bytes()...)) + ")")
	}
	return s.String() + "))"
}

// account runs a server that looks accounts up in the machine's databases.
func (p *Other) account(t testing.TB, command ...string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Fatal("servers with accounts take root: unshare and setuid")
	}
	crypt := strings.TrimSpace(p.must(t, "openssl", "passwd", "-6", OtherPassword))
	for name, line := range map[string]string{
		"passwd": OtherUser + ":x:54321:54321::/home/" + OtherUser + ":/bin/sh\n",
		"shadow": OtherUser + ":" + crypt + ":19000:0:99999:7:::\n",
	} {
		text, err := os.ReadFile("/etc/" + name)
		if err != nil {
			t.Fatal(err)
		}
		write(t, p.path(name), string(text)+line)
	}
	if err := os.Chmod(p.path("passwd"), 0o644); err != nil {
		t.Fatal(err)
	}
	p.run(t, "unshare", append([]string{"-m", "sh", "-c", accountScript, "account.sh", p.dir}, command...)...)
}

// must runs a command to its end and returns what it said.
func (p *Other) must(t testing.TB, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s (build/system.sh installs it): %v: %s", name, err, out)
	}
	return string(out)
}

// run starts a server and waits until it answers. It ends with the test.
func (p *Other) run(t testing.TB, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = &p.said, &p.said
	if err := cmd.Start(); err != nil {
		t.Fatalf("%s (build/system.sh installs it): %v", name, err)
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
			t.Fatalf("%s ended: %s", name, p.said.String())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not listen: %v", name, err)
		}
	}
}
