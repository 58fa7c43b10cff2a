package server_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// around is what docs/server.md leaves to its reader.
const around = `package main

import (
	"context"
	"crypto/ed25519"
	"crypto/subtle"
	"errors"
	"fmt"
	"log"
	"net"
	"os"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore/server"
)

func main() {
	hostKey, err := ssh.NewSignerFromSigner(ed25519.NewKeyFromSeed([]byte(os.Args[1])))
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(serve(hostKey))
}

func serve(hostKey ssh.Signer) error {
%s}
`

// The server that docs/server.md shows, as it stands there, but for the port.
func TestTheServerOfTheDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/server.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(text, -1)
	if len(shown) != 1 {
		t.Fatalf("docs/server.md shows %d programs", len(shown))
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	code := strings.Replace(string(shown[0][1]), "127.0.0.1:2200", addr, 1)
	dir := t.TempDir()
	source, program := filepath.Join(dir, "main.go"), filepath.Join(dir, "server")
	if err := os.WriteFile(source, fmt.Appendf(nil, around, code), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-o", program, source).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var said bytes.Buffer
	seed := make([]byte, ed25519.SeedSize/2)
	rand.Read(seed)
	secret := hex.EncodeToString(seed)
	hostKey, err := ssh.NewSignerFromSigner(ed25519.NewKeyFromSeed([]byte(secret)))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, secret)
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })

	login := &ssh.ClientConfig{User: "robey", Auth: []ssh.AuthMethod{ssh.Password("foo")}, HostKeyCallback: ssh.FixedHostKey(hostKey.PublicKey())}
	client, err := ssh.Dial("tcp", addr, login)
	for deadline := time.Now().Add(20 * time.Second); err != nil; client, err = ssh.Dial("tcp", addr, login) {
		if time.Now().After(deadline) {
			t.Fatalf("%v\n%s", err, said.String())
		}
		time.Sleep(20 * time.Millisecond)
	}
	defer client.Close()
	session, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	out, err := session.Output("good morning")
	if want := "Hello robey, you said \"good morning\".\n"; err != nil || string(out) != want {
		t.Errorf("%q, %v", out, err)
	}
	login.Auth = []ssh.AuthMethod{ssh.Password("bar")}
	if c, err := ssh.Dial("tcp", addr, login); err == nil {
		c.Close()
		t.Error("another password is taken")
	}
}
