// Package acme runs the gateway against a certificate authority: pebble, the
// one that Let's Encrypt makes for tests. It is a module of its own, so that
// pebble is none of the product's dependencies.
package acme

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"github.com/miekg/dns"
)

const name = "ssh.example.test"

// authority runs pebble. It reaches every name at this machine, at port, as the
// world reaches a gateway at 443.
func authority(t *testing.T, port int) (directory string, certificate []byte, roots *x509.CertPool) {
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	t.Setenv("PEBBLE_WFE_NONCEREJECT", "0")
	logger := log.New(t.Output(), "pebble: ", 0)
	store := db.NewMemoryStore()
	issuer := ca.New(logger, store, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {Description: "usual"}})
	validator := va.New(logger, 0, port, true, resolver(t), store)
	front := wfe.New(logger, store, validator, issuer, []string{"ca.test"}, true, false, 0, 0)
	server := httptest.NewTLSServer(front.Handler())
	t.Cleanup(server.Close)
	roots = x509.NewCertPool()
	roots.AddCert(issuer.GetRootCert(0).Cert)
	own := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	return server.URL + wfe.DirectoryPath, own, roots
}

// resolver answers every question for an address with this machine's.
func resolver(t *testing.T) (address string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{Listener: l, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		answer := new(dns.Msg)
		answer.SetReply(question)
		for _, q := range question.Question {
			if q.Qtype == dns.TypeA {
				head := dns.RR_Header{Name: q.Name, Rrtype: dns.TypeA, Class: dns.ClassINET}
				answer.Answer = append(answer.Answer, &dns.A{Hdr: head, A: net.IPv4(127, 0, 0, 1)})
			}
		}
		w.WriteMsg(answer)
	})}
	go server.ActivateAndServe()
	t.Cleanup(func() { server.Shutdown() })
	return l.Addr().String()
}

func freePort(t *testing.T) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// gateway runs the program that people run, until the test ends.
func gateway(t *testing.T, trusted []byte, args ...string) {
	dir := t.TempDir()
	binary, roots := filepath.Join(dir, "wasmiko"), filepath.Join(dir, "roots.pem")
	build := exec.Command("go", "build", "-o", binary, "./proxy/cmd/wasmiko")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.WriteFile(roots, trusted, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, args...)
	cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+roots)
	cmd.Stderr = t.Output()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || !regexp.MustCompile(`^wasmiko: open https://`+name).MatchString(line) {
		t.Fatalf("%q, %v", line, err)
	}
}

func TestTheGatewayGetsItsCertificateAndKeepsIt(t *testing.T) {
	port := freePort(t)
	directory, own, roots := authority(t, port)
	kept := filepath.Join(t.TempDir(), "acme")
	gateway(t, own, "serve", "--listen", "127.0.0.1:"+strconv.Itoa(port), "--allow", "*.lab.example",
		"--acme", name, "--acme-dir", kept, "--acme-server", directory, "--acme-email", "ops@example.test")

	dial := func(host string) (*tls.Conn, error) {
		dialer := &net.Dialer{Timeout: 30 * time.Second}
		return tls.DialWithDialer(dialer, "tcp", "127.0.0.1:"+strconv.Itoa(port), &tls.Config{ServerName: host, RootCAs: roots})
	}
	conn, err := dial(name)
	if err != nil {
		t.Fatal(err)
	}
	first := conn.ConnectionState().PeerCertificates[0]
	conn.Close()
	if first.DNSNames[0] != name {
		t.Errorf("a certificate for %v", first.DNSNames)
	}
	if conn, err := dial("other.example.test"); err == nil {
		conn.Close()
		t.Error("a name that nobody gave has a certificate too")
	}
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{ServerName: name, RootCAs: roots},
	}}
	request, err := http.NewRequest("GET", "https://127.0.0.1:"+strconv.Itoa(port)+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = name
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK || !response.TLS.PeerCertificates[0].Equal(first) {
		t.Errorf("%s, or not the certificate of before", response.Status)
	}
	files, err := os.ReadDir(kept)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		names = append(names, file.Name())
		if info, err := file.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s can be read by others: %v, %v", file.Name(), info, err)
		}
	}
	if !strings.Contains(strings.Join(names, " "), name) {
		t.Errorf("kept are only %v", names)
	}
}
