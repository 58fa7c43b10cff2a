package proxy

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wasmiko/wasmiko/netconn"
)

// portal signs tickets in tests.
type portal struct {
	private ed25519.PrivateKey
	public  []byte // PEM
	secret  []byte
	keys    []TicketKey
}

func newPortal(t *testing.T) *portal {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	p := &portal{private: private, secret: []byte(strings.Repeat("secret..", 4))}
	p.public = pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	for id, text := range map[string][]byte{
		"ed":     p.public,
		"shared": p.secret,
	} {
		key, err := ParseTicketKey(id, text)
		if err != nil {
			t.Fatal(err)
		}
		p.keys = append(p.keys, key)
	}
	return p
}

func fresh(change func(*Ticket)) Ticket {
	now := time.Now().Unix()
	c := Ticket{Subject: "ann", ID: rand.Text(), Issued: now, Expires: now + 60, Host: "db1.example", Port: 22}
	if change != nil {
		change(&c)
	}
	return c
}

func (p *portal) sign(t *testing.T, key any, id string, c Ticket) string {
	t.Helper()
	text, err := SignTicket(key, id, c)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestTickets(t *testing.T) {
	p := newPortal(t)
	_, stranger, _ := ed25519.GenerateKey(rand.Reader)
	now := time.Now().Unix()
	for _, c := range []struct {
		name   string
		key    any
		id     string
		change func(*Ticket)
		mangle func(string) string
		want   string // in the refusal; "" is accepted
		code   netconn.Code
	}{
		{"of an Ed25519 key", p.private, "ed", nil, nil, "", 0},
		{"of a shared secret", p.secret, "shared", nil, nil, "", 0},
		{"that names no key", p.private, "", nil, nil, "", 0},
		{"for this page and this gateway", p.private, "ed", func(c *Ticket) { c.Origin, c.Audience = "https://portal.example", "gw.example" }, nil, "", 0},
		{"of a clock that is half a minute ahead", p.private, "ed", func(c *Ticket) { c.Issued, c.Expires = now+30, now+90 }, nil, "", 0},
		{"of a stranger", stranger, "ed", nil, nil, "not signed", netconn.CodeTicketSignature},
		{"of another key's name", p.private, "shared", nil, nil, "not signed", netconn.CodeTicketSignature},
		{"of a secret that is the public key's text", p.public, "ed", nil, nil, "not signed", netconn.CodeTicketSignature},
		{"that was changed", p.private, "ed", nil, func(s string) string { return s[:len(s)-4] + "AAAA" }, "not signed", netconn.CodeTicketSignature},
		{"whose algorithm is none", p.private, "ed", nil, unsigned, "not signed", netconn.CodeTicketSignature},
		{"that is no ticket", p.private, "ed", nil, func(string) string { return "a.b" }, "not signed", netconn.CodeTicketSignature},
		{"that is missing", p.private, "ed", nil, func(string) string { return "" }, "missing", netconn.CodeTicketMissing},
		{"without an id", p.private, "ed", func(c *Ticket) { c.ID = "" }, nil, "jti", netconn.CodeNotFound},
		{"without a target", p.private, "ed", func(c *Ticket) { c.Host = "" }, nil, "target", netconn.CodeNotFound},
		{"that lives too long", p.private, "ed", func(c *Ticket) { c.Expires = now + 3600 }, nil, "1m0s is the most", netconn.CodeNotFound},
		{"that has expired", p.private, "ed", func(c *Ticket) { c.Issued, c.Expires = now-300, now-240 }, nil, "expired 4m", netconn.CodeTicketExpired},
		{"of a clock that is a day behind", p.private, "ed", func(c *Ticket) { c.Issued, c.Expires = now-86400, now-86340 }, nil, "clock", netconn.CodeTicketClock},
		{"of a clock that is a day ahead", p.private, "ed", func(c *Ticket) { c.Issued, c.Expires = now+86400, now+86460 }, nil, "clock", netconn.CodeTicketClock},
		{"from the future", p.private, "ed", func(c *Ticket) { c.Issued, c.Expires = now+300, now+360 }, nil, "clock", netconn.CodeTicketClock},
		{"for another gateway", p.private, "ed", func(c *Ticket) { c.Audience = "other.example" }, nil, "another gateway", netconn.CodeTicketAudience},
		{"for another page", p.private, "ed", func(c *Ticket) { c.Origin = "https://evil.example" }, nil, "another page", netconn.CodeTicketOrigin},
		{"for an eternity", p.private, "ed", func(c *Ticket) { c.MaxSeconds = 1 << 60 }, nil, "no sense", netconn.CodeNotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			store := newTickets(p.keys, []string{"gw.example:8443"})
			claims := fresh(c.change)
			text := p.sign(t, c.key, c.id, claims)
			if c.mangle != nil {
				text = c.mangle(text)
			}
			got, err := store.redeem(text, "https://portal.example")
			if c.want == "" {
				if err != nil || *got != claims {
					t.Fatalf("%+v, %v", got, err)
				}
				if _, err = store.redeem(text, "https://portal.example"); err == nil || !strings.Contains(err.Error(), "used before") {
					t.Errorf("the second time: %v", err)
				}
				return
			}
			if refused := new(refusal); !errors.As(err, &refused) || !strings.Contains(err.Error(), c.want) || refused.code != c.code {
				t.Errorf("error %v, want %q in it and code %d", err, c.want, c.code)
			}
		})
	}
}

func unsigned(s string) string {
	parts := strings.Split(s, ".")
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + parts[1] + "."
}

func TestUsedTicketsAreForgottenWhenTheyHaveExpired(t *testing.T) {
	p := newPortal(t)
	store := newTickets(p.keys, nil)
	clock := time.Now()
	store.now = func() time.Time { return clock }
	for range 100 {
		c := fresh(func(c *Ticket) { c.Issued, c.Expires = clock.Unix(), clock.Unix()+60 })
		if _, err := store.redeem(p.sign(t, p.secret, "", c), ""); err != nil {
			t.Fatal(err)
		}
		clock = clock.Add(10 * time.Second)
	}
	if n := len(store.used); n > 16 {
		t.Errorf("%d used tickets are remembered", n)
	}
}

func TestATicketNamesTheTarget(t *testing.T) {
	p := newPortal(t)
	cfg := anywhere()
	cfg.Tickets = p.keys
	s := serve(t, cfg)
	addr := server(t, echo)
	to := targetOf(t, addr)
	ticket := p.sign(t, p.private, "ed", fresh(func(c *Ticket) { c.Host, c.Port = to.Host, to.Port }))
	c, err := netconn.Dial(t.Context(), s.relay(), netconn.Target{Host: "elsewhere.invalid", Port: 1, Ticket: ticket}, netconn.Options{})
	if err != nil {
		t.Fatal(err)
	}
	echoed(t, c, "the ticket's target answers")
	if _, err := s.dial(t, addr); !isCode(err, netconn.CodeTicketMissing) {
		t.Errorf("without a ticket: %v", err)
	}
	if _, err := netconn.Dial(t.Context(), s.relay(), netconn.Target{Ticket: ticket}, netconn.Options{}); !isCode(err, netconn.CodeTicketUsed) {
		t.Errorf("a second time: %v", err)
	}
	c.Close()
	s.log.eventually(t, "subject=ann")
	if strings.Contains(s.log.String(), ticket) {
		t.Error("the log has the ticket")
	}
}

func TestATicketEndsItsSession(t *testing.T) {
	p := newPortal(t)
	cfg := anywhere()
	cfg.Tickets = p.keys
	s := serve(t, cfg)
	to := targetOf(t, server(t, echo))
	ticket := p.sign(t, p.private, "ed", fresh(func(c *Ticket) { c.Host, c.Port, c.MaxSeconds = to.Host, to.Port, 1 }))
	c, err := netconn.Dial(t.Context(), s.relay(), netconn.Target{Ticket: ticket}, netconn.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(testWait))
	if _, err := c.Read(make([]byte, 1)); !isCode(err, netconn.CodeLimit) {
		t.Errorf("read %v", err)
	}
}

func TestTicketKeysThatAreNotRead(t *testing.T) {
	for name, text := range map[string]string{
		"a short secret": "hunter2",
		"a private key":  "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----\n",
	} {
		if _, err := ParseTicketKey("k", []byte(text)); err == nil || !strings.Contains(err.Error(), "openssl") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTheDocumentedMintsWork runs what docs/tickets.md shows.
func TestTheDocumentedMintsWork(t *testing.T) {
	doc, err := os.ReadFile("../docs/tickets.md")
	if err != nil {
		t.Fatal(err)
	}
	p := newPortal(t)
	dir := t.TempDir()
	der, err := x509.MarshalPKCS8PrivateKey(p.private)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"portal.pem":    pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}),
		"portal.secret": p.secret,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		language, file string
		run            []string
	}{
		{"go", "mint.go", []string{"go", "run", "mint.go"}},
		{"js", "mint.mjs", []string{"node", "mint.mjs"}},
		{"python", "mint.py", []string{"/usr/bin/python3", "mint.py"}},
	} {
		t.Run(c.language, func(t *testing.T) {
			_, code, found := strings.Cut(string(doc), "```"+c.language+"\n")
			code, _, ended := strings.Cut(code, "```")
			if !found || !ended {
				t.Fatal("there is no such block")
			}
			if err := os.WriteFile(filepath.Join(dir, c.file), []byte(code), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(c.run[0], c.run[1:]...)
			cmd.Dir = dir
			cmd.Stderr = os.Stderr
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			claims, err := newTickets(p.keys, []string{"ssh.example.org"}).redeem(strings.TrimSpace(string(out)), "https://portal.example.org")
			if err != nil {
				t.Fatal(err)
			}
			if claims.Host != "db1.internal" || claims.Port != 22 || claims.User != "deploy" || claims.Subject != "ann" {
				t.Errorf("%+v", claims)
			}
		})
	}
}

func FuzzTicket(f *testing.F) {
	f.Add("eyJhbGciOiJIUzI1NiJ9.e30.AAAA", "https://portal.example")
	key, err := ParseTicketKey("k", []byte(strings.Repeat("k", minSecret)))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text, origin string) {
		if c, err := newTickets([]TicketKey{key}, nil).redeem(text, origin); err == nil {
			t.Errorf("accepted as %+v", c)
		}
	})
}
