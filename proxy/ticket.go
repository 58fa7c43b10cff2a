package proxy

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/wasmiko/wasmiko/netconn"
)

const (
	ticketLife = time.Minute // the most from iat to exp
	clockSkew  = time.Minute // between the portal's clock and ours
	hardlyKept = time.Hour   // a ticket that is older than this rather comes from a wrong clock
	maxTickets = 100_000     // remembered as used
	minSecret  = 32          // bytes of a HS256 key, RFC 7518 section 3.2
	maxTicket  = 16 << 10    // bytes of one
	longestUse = 24 * time.Hour * 366
)

// TicketKey verifies a portal's tickets: with an Ed25519 public key, or with a
// secret that the portal shares. The kind of the key decides the algorithm, and
// never the ticket.
type TicketKey struct {
	ID     string // the kid that tickets name; a ticket without one fits any key
	public ed25519.PublicKey
	secret []byte
}

// ParseTicketKey reads a PEM public key (Ed25519, as `openssl pkey -pubout` writes
// it), or takes the text as the secret of HS256.
func ParseTicketKey(id string, text []byte) (TicketKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		if len(text) < minSecret {
			return TicketKey{}, fmt.Errorf("the secret of tickets %q has %d bytes; it needs %d: openssl rand -hex 32", id, len(text), minSecret)
		}
		return TicketKey{ID: id, secret: text}, nil
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	public, ok := key.(ed25519.PublicKey)
	if err != nil || !ok {
		return TicketKey{}, fmt.Errorf("the key of tickets %q is no Ed25519 public key; make one with: openssl genpkey -algorithm ed25519 | openssl pkey -pubout", id)
	}
	return TicketKey{ID: id, public: public}, nil
}

func (k *TicketKey) algorithm() jose.SignatureAlgorithm {
	if k.public != nil {
		return jose.EdDSA
	}
	return jose.HS256
}

func (k *TicketKey) key() any {
	if k.public != nil {
		return k.public
	}
	return k.secret
}

// Ticket is what a portal allows one connection: a compact JWS of these claims.
type Ticket struct {
	Issuer   string `json:"iss,omitempty"`
	Audience string `json:"aud,omitempty"` // one of Config.Hosts, without its port
	Subject  string `json:"sub"`           // who it is for; told to the log
	ID       string `json:"jti"`           // used once
	Issued   int64  `json:"iat"`           // seconds since 1970
	Expires  int64  `json:"exp"`           // at most a minute later

	Host string `json:"host"`
	Port uint16 `json:"port"`

	// User, HostKey and Origin are enforced by the page and by us: the page logs in
	// as User and takes no other host key; we take the ticket from no other Origin.
	User    string `json:"user,omitempty"`
	HostKey string `json:"hostkey_sha256,omitempty"`
	Origin  string `json:"origin,omitempty"`

	// MaxSeconds ends the session; zero means the proxy's own limit.
	MaxSeconds int64 `json:"max_s,omitempty"`
}

// tickets redeems tickets, each once.
type tickets struct {
	keys  []TicketKey
	hosts []string // for aud
	now   func() time.Time

	mu    sync.Mutex
	used  map[string]time.Time // jti, and until when it has to be remembered
	swept time.Time

	alsoUse func(id string, until time.Time) error // marks it for other gateways; nil: there are none
}

func newTickets(keys []TicketKey, hosts []string) *tickets {
	if len(keys) == 0 {
		return nil
	}
	return &tickets{keys: keys, hosts: hosts, now: time.Now, used: map[string]time.Time{}}
}

// badTicket says what is wrong with a ticket; CodeNotFound where no code of its
// own says it.
func badTicket(code netconn.Code, format string, args ...any) error {
	err := fmt.Errorf("the ticket "+format, args...)
	return &refusal{code: code, text: err.Error(), cause: err}
}

// redeem checks a ticket and uses it up.
func (t *tickets) redeem(text, origin string) (*Ticket, error) {
	if text == "" {
		return nil, badTicket(netconn.CodeTicketMissing, "is missing: this gateway connects only what its portal allows")
	}
	payload, err := t.verify(text)
	if err != nil {
		return nil, err
	}
	var claims Ticket
	if err := json.Unmarshal(payload, &claims); err != nil {
		return nil, badTicket(netconn.CodeNotFound, "cannot be read")
	}
	if err := t.check(&claims, origin); err != nil {
		return nil, err
	}
	until := time.Unix(claims.Expires, 0).Add(clockSkew)
	if err := t.use(claims.ID, until); err != nil || t.alsoUse == nil {
		return &claims, err
	}
	return &claims, t.alsoUse(claims.ID, until)
}

// shareWith makes a ticket good once, however many gateways there are.
func (t *tickets) shareWith(s *shared) {
	if t != nil {
		t.alsoUse = s.use
	}
}

// verify returns what one of the keys has signed.
func (t *tickets) verify(text string) ([]byte, error) {
	if len(text) > maxTicket {
		return nil, badTicket(netconn.CodeNotFound, "is too long")
	}
	for _, k := range t.keys {
		jws, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{k.algorithm()})
		if err != nil || len(jws.Signatures) != 1 {
			continue
		}
		if kid := jws.Signatures[0].Protected.KeyID; kid != "" && kid != k.ID {
			continue
		}
		if payload, err := jws.Verify(k.key()); err == nil {
			return payload, nil
		}
	}
	return nil, badTicket(netconn.CodeTicketSignature, "is not signed by a portal that this gateway knows")
}

func (t *tickets) check(c *Ticket, origin string) error {
	now := t.now()
	issued, expires := time.Unix(c.Issued, 0), time.Unix(c.Expires, 0)
	switch {
	case c.ID == "" || len(c.ID) > maxLogged:
		return badTicket(netconn.CodeNotFound, "has no id (jti) of up to %d bytes", maxLogged)
	case c.Host == "" || c.Port == 0:
		return badTicket(netconn.CodeNotFound, "names no target (host, port)")
	case expires.Sub(issued) > ticketLife || !expires.After(issued):
		return badTicket(netconn.CodeNotFound, "is valid for %v; %v is the most (iat, exp)", expires.Sub(issued), ticketLife)
	case now.After(expires.Add(hardlyKept)):
		return badTicket(netconn.CodeTicketClock, "expired %v ago; if it was made just now, the portal's clock or this gateway's is wrong", now.Sub(expires).Round(time.Second))
	case now.After(expires.Add(clockSkew)):
		return badTicket(netconn.CodeTicketExpired, "expired %v ago", now.Sub(expires).Round(time.Second))
	case now.Before(issued.Add(-clockSkew)):
		return badTicket(netconn.CodeTicketClock, "is from the future: the portal's clock or this gateway's is wrong by %v", issued.Sub(now).Round(time.Second))
	case c.Audience != "" && !t.isOurs(c.Audience):
		return badTicket(netconn.CodeTicketAudience, "is for another gateway (aud)")
	case c.Origin != "" && c.Origin != origin:
		return badTicket(netconn.CodeTicketOrigin, "is for another page (origin)")
	case c.MaxSeconds < 0 || c.MaxSeconds > int64(longestUse/time.Second):
		return badTicket(netconn.CodeNotFound, "allows a time that makes no sense (max_s)")
	}
	return nil
}

func (t *tickets) isOurs(audience string) bool {
	return slices.ContainsFunc(t.hosts, func(host string) bool { return host == audience || nameOf(host) == audience })
}

// use marks a ticket as used until it has expired anyway.
func (t *tickets) use(id string, until time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if now.Sub(t.swept) > 10*time.Second {
		t.swept = now
		for id, until := range t.used {
			if now.After(until) {
				delete(t.used, id)
			}
		}
	}
	if _, used := t.used[id]; used {
		return badTicket(netconn.CodeTicketUsed, "was used before")
	}
	if len(t.used) >= maxTickets {
		return &refusal{code: netconn.CodeLimit, text: "too many tickets at once", cause: errors.New("too many tickets at once")}
	}
	t.used[id] = until
	return nil
}

// SignTicket is the portal's part: it signs claims with an Ed25519 private key or
// with a shared secret. id names the key; it may be empty.
func SignTicket(key any, id string, claims Ticket) (string, error) {
	algorithm := jose.HS256
	if _, ok := key.(ed25519.PrivateKey); ok {
		algorithm = jose.EdDSA
	}
	var options jose.SignerOptions
	if id != "" {
		options.WithHeader("kid", id)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, &options)
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

// nameOf is a configured host without its port.
func nameOf(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}
