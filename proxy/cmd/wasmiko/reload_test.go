package main

import (
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/wasmiko/wasmiko/netconn"
)

// echoServer listens on loopback and sends back what it gets.
func echoServer(t *testing.T) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { io.Copy(c, c); c.Close() }()
		}
	}()
	return l.Addr().String()
}

// rewrite changes a file of the running gateway, has it read again, and waits for
// what its log says of that.
func (r *running) rewrite(t *testing.T, file, text, says string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r.signal(t, syscall.SIGHUP)
	r.eventually(t, says)
}

func TestReload(t *testing.T) {
	first, second := echoServer(t), echoServer(t)
	config := file(t, "wasmiko.json", fmt.Sprintf(`{"allow": [%q]}`, first))
	r := started(t, nil, "serve", "--listen", "127.0.0.1:0", "--config", config)
	c, err := r.dial(t, first, netconn.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := r.try(t, second); got.Error() == "connected" {
		t.Error("the second target is allowed before the reload")
	}
	rewrite := func(text, says string) { t.Helper(); r.rewrite(t, config, text, says) }
	rewrite(`{"alow": []}`, `did you mean \"allow\"?`)
	rewrite(`{"allow": ["10.0.0.1/8"]}`, "did you mean 10.0.0.0/8?")
	if got := r.try(t, first); got.Error() != "connected" {
		t.Errorf("after a file with a mistake: %v", got)
	}
	rewrite(fmt.Sprintf(`{"allow": [%q]}`, second), "was read again\",\"targets\":1")
	if got := r.try(t, second); got.Error() != "connected" {
		t.Errorf("after the reload: %v", got)
	}
	if got := r.try(t, first); got.Error() == "connected" {
		t.Error("the first target is still allowed")
	}
	// A session goes on, although its target is not allowed any more.
	if _, err := io.WriteString(c, "still"); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 5)
	if _, err := io.ReadFull(c, got); err != nil || string(got) != "still" {
		t.Errorf("%q, %v", got, err)
	}
}

// The file that a gateway of this machine alone may have is an open relay's elsewhere.
func TestAReloadOpensNoRelay(t *testing.T) {
	const others = `"behind-tls-proxy": ["127.0.0.1"], "host": ["ssh.example.org"]`
	config := file(t, "wasmiko.json", `{"allow": ["10.0.0.1"], `+others+`}`)
	r := started(t, nil, "serve", "--listen", "127.0.0.1:0", "--config", config)
	r.rewrite(t, config, `{}`, "changes with a restart alone")
	r.rewrite(t, config, `{`+others+`}`, "this would be an open relay")
	r.rewrite(t, config, `{"allow": ["10.0.0.2", "10.0.0.3"], `+others+`}`, `was read again","targets":2`)
}

// shown returns the fingerprint of the certificate that a new handshake shows.
func shown(t *testing.T, url string) [32]byte {
	t.Helper()
	addr := strings.TrimSuffix(strings.TrimPrefix(url, "https://"), "/")
	c, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return sha256.Sum256(c.ConnectionState().PeerCertificates[0].Raw)
}

func TestReloadOfTheCertificate(t *testing.T) {
	cert, key, pool := selfSigned(t)
	r := started(t, nil, "serve", "--listen", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key)
	first := shown(t, r.url)
	// A connection that is there, kept alive between its requests.
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, MaxConnsPerHost: 1}}
	fetch(t, client, r.url+"config.json")

	replace := func(file, with, says string) {
		t.Helper()
		text, err := os.ReadFile(with)
		if err == nil {
			err = os.WriteFile(file, text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		r.signal(t, syscall.SIGHUP)
		r.eventually(t, says)
	}
	newCert, newKey, _ := selfSigned(t)
	replace(cert, newCert, "private key does not match public key") // one of two files is there already
	if shown(t, r.url) != first {
		t.Error("a certificate without its key is shown")
	}
	replace(key, newKey, "was read again")
	if shown(t, r.url) == first {
		t.Error("the new certificate is not shown")
	}
	// The old connection goes on: a new one would find another certificate.
	if res, _ := fetch(t, client, r.url+"config.json"); res.StatusCode != 200 {
		t.Errorf("status %d over the old connection", res.StatusCode)
	}
}

func TestReloadOfThePasswords(t *testing.T) {
	line := func(name, password string) string {
		hash, err := bcrypt.GenerateFromPassword([]byte(password), 8)
		if err != nil {
			t.Fatal(err)
		}
		return name + ":" + string(hash) + "\n"
	}
	users := file(t, "users", line("ann", "first of ann"))
	r := started(t, nil, "serve", "--listen", "127.0.0.1:0", "--passwords", users)
	lets := func(name, password string) bool {
		t.Helper()
		req, err := http.NewRequest("POST", r.url+"sign-in/password", strings.NewReader(fmt.Sprintf(`{"user":%q,"password":%q}`, name, password)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Origin", strings.TrimSuffix(r.url, "/"))
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode == http.StatusNoContent
	}
	if !lets("ann", "first of ann") || lets("bob", "first of bob") {
		t.Fatal("the file is not what counts")
	}
	rewrite := func(text, says string) { t.Helper(); r.rewrite(t, users, text, says) }
	rewrite("ann:secret in clear\n", "the old one holds")
	if !lets("ann", "first of ann") {
		t.Error("a broken file locks people out")
	}
	if strings.Contains(r.stderr(), "secret in clear") {
		t.Error("the log has a line of the file")
	}
	rewrite(line("ann", "second of ann")+line("bob", "first of bob"), "was read again")
	if lets("ann", "first of ann") || !lets("ann", "second of ann") || !lets("bob", "first of bob") {
		t.Error("the new file is not what counts")
	}
}
