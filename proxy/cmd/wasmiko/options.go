package main

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/wasmiko/wasmiko/proxy"
)

// options are the flags that serve and demo share.
type options struct {
	Config string `placeholder:"FILE" help:"JSON file with options: the names of the flags without the dashes in front."`
	Listen string `placeholder:"HOST:PORT" help:"Where to listen. Default: 127.0.0.1:8080, or a free port if that is taken."`

	Allow     []string `sep:" " placeholder:"PATTERN[:PORTS]" help:"Target that may be connected: *, NAME, *.DOMAIN, IP or CIDR, with ports such as 22,2222 or 8000-8010 or * (default 22). Repeat for more. Without any, a loopback listener allows every host on port 22 and the demo's."`
	Host      []string `sep:" " placeholder:"NAME" help:"Name, with its port if not the usual one, by which browsers reach this server. Repeat for more."`
	BasePath  string   `placeholder:"PATH" help:"Path below which browsers reach this server, such as /ssh, where a proxy in front has others at the same name. The proxy may take it off or leave it."`
	Embed     []string `sep:" " placeholder:"ORIGIN" help:"A page that may show the terminal at /embed in a frame, such as https://portal.example.org. Repeat for more."`
	Origin    []string `sep:" " placeholder:"ORIGIN" help:"Another page that may use the relay, besides this server's own, such as https://portal.example.org. Repeat for more."`
	OpenRelay bool     `name:"i-run-an-open-relay" help:"Serve others without --allow: anyone who can connect reaches port 22 of every public host."`

	Replica string `placeholder:"NAME" help:"This gateway's label among several behind one name. Clients that come back put ?r=NAME into the relay's URL."`

	Redis string `placeholder:"URL" help:"redis://HOST:PORT/DB or rediss://, where gateways behind one name share used tickets and rate limits. A password belongs into the file or the environment (WASMIKO_REDIS)."`

	Plain string `placeholder:"HOST:PORT" help:"Target of clients that speak plain bytes, as websockify's do; within --allow. Without it they are refused."`

	TicketKey []string `sep:" " placeholder:"FILE" help:"Key of a portal: an Ed25519 public key in PEM, or a shared secret. Then only clients with a ticket of it are served. The file's name without its ending is the key's id. Repeat for more."`

	LinkToken    bool          `help:"On a loopback listener: only who opens the printed link is let in. It is good once, for five minutes; SIGHUP prints another."`
	Passwords    string        `placeholder:"FILE" help:"Users who sign in by password: lines of NAME:HASH, as wasmiko passwd makes them, or htpasswd -B."`
	AuthHeader   string        `placeholder:"NAME" help:"Header in which the proxies of --behind-tls-proxy name the user who signed in to them, such as Remote-User. From elsewhere it is ignored."`
	OIDCIssuer   string        `name:"oidc-issuer" placeholder:"URL" help:"OpenID provider to sign in at."`
	OIDCClientID string        `name:"oidc-client-id" placeholder:"ID" help:"What the provider calls this gateway. Its redirect URL is https://HOST/sign-in/oidc/done, with --base-path after HOST."`
	OIDCSecret   string        `name:"oidc-secret" placeholder:"FILE" help:"File with the secret that goes with it. Default: none, as for a public client."`
	OIDCAllow    []string      `name:"oidc-allow" sep:" " placeholder:"WHO" help:"Whom of the provider's users to let in: an address, *@DOMAIN, group:NAME, or * for all. Repeat for more."`
	OIDCScope    []string      `name:"oidc-scope" sep:" " placeholder:"SCOPE" help:"Scope to ask the provider for besides openid and email, such as groups, where it tells groups only then. Repeat for more."`
	OIDCGroups   string        `name:"oidc-groups" placeholder:"CLAIM" help:"Claim of the ID token that lists a user's groups. Default: groups."`
	OIDCName     string        `name:"oidc-name" placeholder:"NAME" help:"What people call the provider. Default: its host."`
	SignInTime   time.Duration `name:"sign-in-time" placeholder:"TIME" help:"How long a sign-in lasts. Sessions go on after it. Default: 12h."`
	CookieKey    string        `placeholder:"FILE" help:"File with a secret of at least 32 bytes that signs cookies: the same for several gateways behind one name. Default: random, so that a restart signs everybody out."`

	AnyProtocol bool `help:"Beyond this machine: also connect servers that do not greet as SSH servers do."`

	TLSCert        string   `name:"tls-cert" placeholder:"FILE" help:"Certificate chain, PEM."`
	TLSKey         string   `name:"tls-key" placeholder:"FILE" help:"The certificate's private key, PEM."`
	ACME           []string `name:"acme" sep:" " placeholder:"NAME" help:"Get the certificate for this name, and renew it, by ACME. The certificate authority has to reach this gateway at port 443 of it. Repeat for more."`
	ACMEDir        string   `name:"acme-dir" placeholder:"DIR" help:"Where the keys and certificates of --acme are kept."`
	ACMEServer     string   `name:"acme-server" placeholder:"URL" help:"The directory of another certificate authority than Let's Encrypt, whose terms you accept."`
	ACMEEmail      string   `name:"acme-email" placeholder:"ADDRESS" help:"Where the certificate authority may write to about trouble with the certificate."`
	BehindTLSProxy []string `name:"behind-tls-proxy" sep:" " placeholder:"CIDR" help:"A proxy at these addresses adds TLS, and its X-Forwarded-For is believed. Repeat for more."`

	HealthListen string        `placeholder:"HOST:PORT" help:"Loopback address for /livez, /readyz and /metrics. Default: none."`
	Drain        time.Duration `placeholder:"TIME" help:"How long sessions may go on after SIGTERM. Default: 30s on a loopback listener, otherwise 5m."`
	Hold         time.Duration `placeholder:"TIME" help:"How long a session waits for a client whose network was lost. Default: 15m; at most 8h."`
	LogFormat    string        `enum:"auto,text,json" default:"auto" help:"text, json, or auto: text on a terminal."`

	MaxSessions          int `placeholder:"N" help:"Sessions open at once. Default: 200 on a loopback listener, otherwise 5000."`
	MaxSessionsPerIP     int `name:"max-sessions-per-ip" placeholder:"N" help:"The same for one client address. Default: 50, otherwise 40."`
	MaxSessionsPerUser   int `name:"max-sessions-per-user" placeholder:"N" help:"The same for one user who has signed in. Default: 50, otherwise 20."`
	MaxBuffers           int `placeholder:"MIB" help:"Memory for bytes that clients have not acknowledged or targets not taken, of all sessions together, in MiB. Default: 512; at least 16."`
	ConnectionsPerMinute int `placeholder:"N" help:"New connections of one client address. Default: 30, otherwise 10; bursts may be larger."`
}

const defaultListen = "127.0.0.1:8080"

// plan is what the options come down to.
type plan struct {
	host       string // of --listen
	port       string
	byDefault  bool // nobody asked for this port
	local      bool
	tls        bool // browsers come by https
	trusted    []netip.Prefix
	hosts      []string
	drain      time.Duration
	loopback   bool // the listener's own address is one
	allAddress bool // it listens on every address
}

// plan checks the options against each other. It names every mistake.
func (o *options) plan() (*plan, error) {
	var wrong mistakes
	p := &plan{byDefault: o.Listen == "", drain: o.Drain}
	listen := o.Listen
	if p.byDefault {
		listen = defaultListen
	}
	if err := p.setListen("--listen", listen); err != nil {
		return nil, mistakes{err.Error()}
	}
	wrong = append(wrong, p.setTrusted(o.BehindTLSProxy)...)
	if len(o.Host) == 0 {
		o.Host = o.ACME
	}
	p.tls = o.TLSCert != "" || len(o.ACME) > 0 || len(o.BehindTLSProxy) > 0
	p.local = p.loopback && len(o.BehindTLSProxy) == 0 && allLoopback(o.Host)
	p.setHosts(o.Host)
	for _, h := range o.Host {
		if strings.Contains(h, "/") {
			wrong = append(wrong, fmt.Sprintf("--host %q: write a name alone, or with its port, such as ssh.example.org:8443", h))
		}
	}
	wrong = append(wrong, o.checkTLS(p)...)
	wrong = append(wrong, o.checkExposed(p)...)
	wrong = append(wrong, o.checkSignIn(p)...)
	if o.MaxSessions < 0 || o.MaxSessionsPerIP < 0 || o.MaxSessionsPerUser < 0 || o.SignInTime < 0 || o.ConnectionsPerMinute < 0 || o.Drain < 0 || o.Hold < 0 {
		wrong = append(wrong, "limits and times cannot be negative")
	}
	if o.MaxBuffers != 0 && o.MaxBuffers < 16 {
		wrong = append(wrong, "--max-buffers: sessions need at least 16 MiB together")
	}
	if p.drain == 0 {
		p.drain = 5 * time.Minute
		if p.local {
			p.drain = 30 * time.Second
		}
	}
	if wrong != nil {
		return nil, wrong
	}
	return p, nil
}

// setListen reads HOST:PORT. Names other than localhost are refused: which of
// their addresses is meant decides whether the relay is exposed.
func (p *plan) setListen(flag, listen string) error {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("%s %q: write HOST:PORT, such as 127.0.0.1:8080, [::1]:8080 or :8080", flag, listen)
	}
	if _, err := net.LookupPort("tcp", port); err != nil || port == "" {
		return fmt.Errorf("%s %q: the port has to be a number from 0 to 65535", flag, listen)
	}
	p.host, p.port = host, port
	switch addr, err := netip.ParseAddr(host); {
	case strings.EqualFold(host, "localhost"):
		p.host, p.loopback = "localhost", true
	case host == "":
		p.allAddress = true
	case err != nil:
		return fmt.Errorf("%s %q: write an IP address or localhost in front of the port", flag, listen)
	default:
		p.loopback, p.allAddress = addr.Unmap().IsLoopback(), addr.IsUnspecified()
	}
	return nil
}

func (p *plan) setTrusted(ranges []string) (wrong mistakes) {
	for _, text := range ranges {
		prefix, err := netip.ParsePrefix(text)
		if addr, e := netip.ParseAddr(text); e == nil {
			prefix, err = addr.Prefix(addr.BitLen())
		}
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("--behind-tls-proxy %q: write the proxy's address or range, such as 10.0.0.5 or 10.0.0.0/24", text))
			continue
		}
		p.trusted = append(p.trusted, prefix.Masked())
	}
	return wrong
}

// setHosts lists what the Host header may say. The loopback names need no
// port: a browser only sends them to this machine, and a forwarded port
// (ssh -L) changes the number.
func (p *plan) setHosts(named []string) {
	p.hosts = append(p.hosts, named...)
	if p.local {
		p.hosts = append(p.hosts, "localhost", "127.0.0.1", "[::1]")
	}
	if p.host != "" && p.host != "localhost" && !p.allAddress {
		p.hosts = append(p.hosts, bracketed(p.host))
	}
}

func bracketed(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

func allLoopback(hosts []string) bool {
	for _, h := range hosts {
		if host, _, err := net.SplitHostPort(h); err == nil {
			h = host
		}
		addr, err := netip.ParseAddr(strings.Trim(h, "[]"))
		if !strings.EqualFold(h, "localhost") && (err != nil || !addr.IsLoopback()) {
			return false
		}
	}
	return true
}

func (o *options) checkTLS(p *plan) (wrong mistakes) {
	if (o.TLSCert == "") != (o.TLSKey == "") {
		wrong = append(wrong, "--tls-cert and --tls-key go together: give both")
	}
	wrong = append(wrong, o.checkACME()...)
	if !p.loopback && !p.tls {
		wrong = append(wrong, "browsers need TLS beyond this machine: give --tls-cert and --tls-key, or --acme NAME, or --behind-tls-proxy CIDR if a proxy in front adds it, or listen on 127.0.0.1")
	}
	return wrong
}

func (o *options) checkExposed(p *plan) (wrong mistakes) {
	if p.local {
		return nil
	}
	if len(o.Allow) == 0 && !o.OpenRelay {
		wrong = append(wrong, "this would be an open relay: say which targets others may reach with --allow, such as --allow '*.lab.example.org' --allow 10.20.0.0/16:22 (or --i-run-an-open-relay)")
	}
	if len(o.Host) == 0 && (p.allAddress || p.loopback) {
		wrong = append(wrong, "say by which name browsers reach this server: --host ssh.example.org")
	}
	return wrong
}

func (o *options) limits() proxy.Limits {
	return proxy.Limits{
		Sessions:          o.MaxSessions,
		SessionsPerIP:     o.MaxSessionsPerIP,
		SessionsPerUser:   o.MaxSessionsPerUser,
		UpgradesPerMinute: o.ConnectionsPerMinute,
		Hold:              o.Hold,
		Buffers:           int64(o.MaxBuffers) << 20,
	}
}
