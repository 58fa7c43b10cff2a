package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/netconn"
	"github.com/wasmiko/wasmiko/proxy"
)

// dial asks the running relay for addr.
func (r *running) dial(t *testing.T, addr string, o netconn.Options) (*netconn.Conn, error) {
	t.Helper()
	return dialRelay(t, r.url, addr, o)
}

// dialRelay asks the relay of the page at url for addr.
func dialRelay(t *testing.T, url, addr string, o netconn.Options) (*netconn.Conn, error) {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	n, err := net.LookupPort("tcp", port)
	if err != nil {
		t.Fatal(err)
	}
	return netconn.Dial(t.Context(), "ws"+strings.TrimPrefix(url, "http")+"relay", netconn.Target{Host: host, Port: uint16(n)}, o)
}

// try is dial for the sake of the error; a target that was reached is one too.
func (r *running) try(t *testing.T, addr string) error {
	t.Helper()
	c, err := r.dial(t, addr, netconn.Options{})
	if err == nil {
		c.Close()
		return errors.New("connected")
	}
	return err
}

func fetch(t *testing.T, client *http.Client, url string) (*http.Response, string) {
	t.Helper()
	res, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

// The whole way: the demo's login from /config.json, through the relay.
func TestDemo(t *testing.T) {
	r := started(t, nil, "demo", "--listen", "127.0.0.1:0")
	_, body := fetch(t, http.DefaultClient, r.url+"config.json")
	var config struct {
		Version string
		Demo    *proxy.Demo
	}
	if err := json.Unmarshal([]byte(body), &config); err != nil || config.Demo == nil || config.Version != "1.2.3-test" {
		t.Fatalf("%v: %s", err, body)
	}
	d := config.Demo
	addr := net.JoinHostPort(d.Host, big.NewInt(int64(d.Port)).String())
	raw, err := r.dial(t, addr, netconn.Options{})
	if err != nil {
		t.Fatal(err)
	}
	conn, chans, reqs, err := ssh.NewClientConn(raw, addr, &ssh.ClientConfig{
		User: d.Username,
		Auth: []ssh.AuthMethod{ssh.Password(d.Password)},
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			if ssh.FingerprintSHA256(key) != d.Fingerprint || !strings.HasSuffix(d.KnownHostsLine, strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))) {
				return errors.New("this is not the key that the page was told")
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	go ssh.DiscardRequests(reqs)
	client := ssh.NewClient(conn, chans, nil)
	client.Close()
	if !strings.Contains(r.stderr(), "robey") {
		t.Errorf("the login is not printed: %s", r.stderr())
	}
}

func TestUsualPortIsTaken(t *testing.T) {
	// Whether this succeeds or another program has it, the port is taken.
	if l, err := net.Listen("tcp", defaultListen); err == nil {
		defer l.Close()
	}
	r := started(t, nil, "serve")
	if strings.Contains(r.url, ":8080/") {
		t.Errorf("the URL is %s", r.url)
	}
	r.eventually(t, "the usual port is taken")
	if res, _ := fetch(t, http.DefaultClient, r.url+"config.json"); res.StatusCode != 200 {
		t.Errorf("status %d", res.StatusCode)
	}
}

func TestLocalhostIsBothFamilies(t *testing.T) {
	r := started(t, nil, "serve", "--listen", "localhost:0")
	_, port, _ := net.SplitHostPort(strings.Trim(strings.TrimPrefix(r.url, "http://"), "/"))
	hosts := []string{"127.0.0.1", "localhost"}
	if l, err := net.Listen("tcp", "[::1]:0"); err == nil { // the machine has IPv6
		l.Close()
		hosts = append(hosts, "::1")
	}
	for _, host := range hosts {
		if res, _ := fetch(t, http.DefaultClient, "http://"+net.JoinHostPort(host, port)+"/config.json"); res.StatusCode != 200 {
			t.Errorf("%s: status %d", host, res.StatusCode)
		}
	}
}

func TestStop(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		r := started(t, nil, "serve", "--listen", "127.0.0.1:0")
		r.signal(t, sig)
		if code := r.stopped(t); code != 0 || r.rest != "" {
			t.Errorf("%v: code %d, more on stdout: %q", sig, code, r.rest)
		}
	}
}

// A session may go on for a while after the signal; it is told so.
func TestStopDrains(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(*testing.T, *running, *netconn.Conn)
		code int
	}{
		{"the session ends", func(_ *testing.T, _ *running, c *netconn.Conn) { c.Close() }, 0},
		{"a second signal", func(t *testing.T, r *running, _ *netconn.Conn) { r.signal(t, syscall.SIGTERM) }, -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := started(t, nil, "demo", "--listen", "127.0.0.1:0", "--log-format", "text")
			_, body := fetch(t, http.DefaultClient, r.url+"config.json")
			var config struct{ Demo proxy.Demo }
			if err := json.Unmarshal([]byte(body), &config); err != nil {
				t.Fatal(err)
			}
			told := make(chan struct{})
			c, err := r.dial(t, net.JoinHostPort("127.0.0.1", big.NewInt(int64(config.Demo.Port)).String()),
				netconn.Options{OnGoAway: func(time.Duration) { close(told) }})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			r.signal(t, syscall.SIGTERM)
			<-told
			r.eventually(t, "sessions=1")
			tt.end(t, r, c)
			if code := r.stopped(t); code != tt.code {
				t.Errorf("code %d, want %d", code, tt.code)
			}
		})
	}
}

func TestHealth(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	free.Close()
	started(t, nil, "serve", "--listen", "127.0.0.1:0", "--health-listen", addr)
	for path, want := range map[string]int{"/livez": 200, "/readyz": 200, "/metrics": 200, "/": 404} {
		if res, _ := fetch(t, http.DefaultClient, "http://"+addr+path); res.StatusCode != want {
			t.Errorf("%s: status %d, want %d", path, res.StatusCode, want)
		}
	}
}

func TestTLS(t *testing.T) {
	cert, key, pool := selfSigned(t)
	r := started(t, nil, "serve", "--listen", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key)
	if !strings.HasPrefix(r.url, "https://127.0.0.1:") {
		t.Fatalf("the URL is %s", r.url)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	res, _ := fetch(t, client, r.url+"config.json")
	if res.StatusCode != 200 || res.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("status %d, headers %v", res.StatusCode, res.Header)
	}
}

func selfSigned(t *testing.T) (certFile, keyFile string, pool *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(certPEM)
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	return file(t, "cert.pem", string(certPEM)), file(t, "key.pem", string(keyPEM)), pool
}
