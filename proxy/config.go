package proxy

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/wasmiko/wasmiko/proxy/signin"
)

// Config says what a Proxy serves, to whom, and where it may connect.
type Config struct {
	// Local says that only programs of this machine can reach the handler: it
	// listens on loopback addresses and nothing forwards to it. Then every
	// target on SSH's port is allowed by default and refusals say why. Zero:
	// exposed, with the strict rules.
	Local bool

	// TLS says that browsers reach the handler by https, here or at a proxy in
	// front. Zero: http.
	TLS bool

	// Hosts lists what the Host header may say: a name or an address, with its
	// port, or without one for any port. Zero: the names of the loopback
	// interface if Local, otherwise an error.
	Hosts []string

	// BasePath is the path below which browsers reach the handler, such as /ssh, if
	// that is not the root of its host. A proxy in front may take it off the paths of
	// requests, or leave it. Zero: the root.
	BasePath string

	// Origins lists the pages that may open the relay besides our own, which is
	// the one that the Host header names, as scheme://host[:port]. Zero: none.
	Origins []string

	// Embedders lists the pages that may show the terminal at /embed in a frame,
	// written as Origins are. Zero: none.
	Embedders []string

	// Allow lists the permitted targets as PATTERN[:PORTS]. PATTERN is a name,
	// *.example.org for all names below one, an IP address, a CIDR range, or *;
	// an IPv6 one is put in brackets when PORTS follow. PORTS are numbers and
	// ranges with commas between, as in 22,2200-2210, or *; left out they are 22.
	// Exposed, a bare * means public addresses only. Zero: any host on the ports
	// 22 and Demo's if Local, otherwise an error.
	Allow []string

	// Tickets are the keys of the portals that may send clients here. With any,
	// every client needs a ticket, and the target is the ticket's, within Allow; with
	// SignIn, too, who has signed in needs none. Zero: clients name their targets.
	Tickets []TicketKey

	// SignIn says by which ways people sign in, before they are served. Its Proxies
	// are TrustedProxies if empty. Nil: nobody has to.
	SignIn *signin.Config

	// Replica is this proxy's label among several behind one name: clients that
	// resume put it into the relay's URL as ?r=, for a load balancer to lead them
	// back. Zero: there is one.
	Replica string

	// Redis is where gateways behind one name tell each other which tickets were used
	// and how often clients came: redis://[USER:PASSWORD@]HOST:PORT/DB, or rediss://.
	// While it does not answer no ticket is taken, and each gateway's own limits
	// hold. Zero: this one remembers by itself, which is all that one needs.
	Redis string

	// Plain is the target, as HOST:PORT, of clients that do not speak relay.v1 but
	// plain bytes in binary messages, as websockify does. It has to be within Allow.
	// Zero: such clients are refused. It does not go with Tickets.
	Plain string

	plain target // Plain, read

	// Listeners are the proxy's own addresses, which are never dialled. Zero:
	// none are known.
	Listeners []netip.AddrPort

	// TrustedProxies may name the client in X-Forwarded-For. Zero: nobody may.
	TrustedProxies []netip.Prefix

	// AnyProtocol lets an exposed proxy connect servers that do not greet as SSH
	// servers do. Zero: SSH only. A Local proxy does not look.
	AnyProtocol bool

	// Page holds the built page: index.html, lib, assets, examples. Zero: a page
	// that says how to build it.
	Page fs.FS

	// Demo is told to the page. Zero: there is no demo server.
	Demo *Demo

	// Version is told to the page. Zero: "unknown".
	Version string

	// Limits bound what clients may use. Zero: the defaults for Local or exposed.
	Limits Limits

	// Resolver looks names up. Zero: net.DefaultResolver.
	Resolver Resolver

	// Log takes one record for each session and refusal. Zero: slog.Default().
	Log *slog.Logger

	// LostLines tells how many lines Log has lost, for the metrics. nil: it loses none.
	LostLines func() uint64
}

// Resolver is the part of net.Resolver that the proxy uses.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Demo describes the demo server to the page, login included: it is no secret.
type Demo struct {
	Host           string `json:"host"`
	Port           uint16 `json:"port"`
	Username       string `json:"username"`
	Password       string `json:"password"`
	Fingerprint    string `json:"fingerprint"`
	KnownHostsLine string `json:"knownHostsLine"`
}

// DemoPort is where the demo server listens unless the port is taken.
const DemoPort = 2200

func (c *Config) demoPort() uint16 {
	if c.Demo != nil && c.Demo.Port != 0 {
		return c.Demo.Port
	}
	return DemoPort
}

// withDefaults fills in what is zero, and checks the rest.
func (c Config) withDefaults() (Config, error) {
	if len(c.Hosts) == 0 {
		if !c.Local {
			return c, errors.New("an exposed relay needs the host names that it is reached by")
		}
		c.Hosts = []string{"localhost", "127.0.0.1", "[::1]"}
	}
	hosts := make([]string, len(c.Hosts))
	for i, h := range c.Hosts {
		host, err := canonicalHost(h)
		if err != nil {
			return c, err
		}
		hosts[i] = host
	}
	c.Hosts = hosts
	for _, o := range append(c.Origins[:len(c.Origins):len(c.Origins)], c.Embedders...) {
		if err := checkOrigin(o); err != nil {
			return c, err
		}
	}
	base, err := checkBase(c.BasePath)
	if err != nil {
		return c, err
	}
	c.BasePath = base
	if c.Replica != url.QueryEscape(c.Replica) || len(c.Replica) > 64 {
		return c, fmt.Errorf("replica %q: write up to 64 letters, digits and hyphens", c.Replica)
	}
	if c.Plain != "" {
		if len(c.Tickets) > 0 {
			return c, errors.New("a plain client can bring no ticket: Plain and Tickets do not go together")
		}
		host, port, err := net.SplitHostPort(c.Plain)
		if err != nil {
			return c, fmt.Errorf("plain target %q: write HOST:PORT", c.Plain)
		}
		n, err := parsePort(port)
		if err == nil {
			c.plain, err = parseTarget(host, n)
		}
		if err != nil {
			return c, fmt.Errorf("plain target %q: %w", c.Plain, err)
		}
	}
	if c.Version == "" {
		c.Version = "unknown"
	}
	if c.Resolver == nil {
		c.Resolver = net.DefaultResolver
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.LostLines == nil {
		c.LostLines = func() uint64 { return 0 }
	}
	c.Limits = c.Limits.withDefaults(c.Local)
	return c, nil
}

// canonicalHost checks a configured Host and returns it in lower case.
func canonicalHost(h string) (string, error) {
	u, err := url.Parse("http://" + h)
	if err != nil || u.Host != h || u.Hostname() == "" || strings.ContainsAny(h, "*,") {
		return "", fmt.Errorf("host %q: write NAME, NAME:PORT or [IPv6]:PORT", h)
	}
	return strings.ToLower(h), nil
}

// checkOrigin checks a configured Origin: it has to be written exactly as
// browsers send it, since it is compared byte by byte.
func checkOrigin(o string) error {
	u, err := url.Parse(o)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" ||
		u.Scheme+"://"+u.Host != o || strings.ToLower(o) != o || strings.Contains(o, "*") {
		return fmt.Errorf("origin %q: write it as browsers send it: https://portal.example.org, with a port if it is not the usual one, without a path", o)
	}
	if port := u.Port(); port == "80" && u.Scheme == "http" || port == "443" && u.Scheme == "https" {
		return fmt.Errorf("origin %q: leave out port %s, as browsers do", o, port)
	}
	return nil
}
