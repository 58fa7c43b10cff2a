package proxy

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// contentPolicy is the Content-Security-Policy of the page and its workers.
// wasm-unsafe-eval lets WebAssembly compile and nothing else; xterm.js sets
// style attributes; the one Trusted Types policy makes the URLs of our own
// workers.
var contentPolicy = strings.Join([]string{
	"default-src 'none'",
	"script-src 'self' 'wasm-unsafe-eval'",
	"worker-src 'self'",
	"frame-src 'self'", // downloads are asked for in a hidden frame; of our pages one alone can be framed, and that by the listed
	"connect-src 'self'",
	"style-src 'self'",
	"style-src-attr 'unsafe-inline'",
	"img-src 'self' data: blob:",
	"font-src 'self'",
	"base-uri 'none'",
	"form-action 'none'",
	"frame-ancestors 'none'",
	"require-trusted-types-for 'script'",
	"trusted-types wasmiko",
}, "; ")

// framedPolicy is contentPolicy for the page that embedders may frame.
func framedPolicy(embedders []string) string {
	if len(embedders) == 0 {
		return contentPolicy
	}
	return strings.Replace(contentPolicy, "frame-ancestors 'none'", "frame-ancestors "+strings.Join(embedders, " "), 1)
}

// inlined matches what stands in a page itself, as the build writes it.
var inlined = regexp.MustCompile(`(?s)<(style|script)>(.*?)</(?:style|script)>`)

// pagePolicy is contentPolicy for a page of the build, which allows by its
// hash each style and script that stands in it, and no other.
func pagePolicy(html []byte) string {
	policy := contentPolicy
	for _, m := range inlined.FindAllSubmatch(html, -1) {
		sum := sha256.Sum256(m[2])
		own := string(m[1]) + "-src 'self'"
		policy = strings.Replace(policy, own, own+" 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'", 1)
	}
	return policy
}

const permissionsPolicy = "camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=(), payment=(), " +
	"clipboard-read=(self), clipboard-write=(self), " +
	"publickey-credentials-get=(self), publickey-credentials-create=(self)"

// setHeaders puts the strict headers on every answer, errors included.
func setHeaders(h http.Header, tls bool) {
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", permissionsPolicy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	if tls {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// hostAllowed reports whether the Host header is one of ours. A page whose
// name was rebound to our address sends its own name.
func (p *Proxy) hostAllowed(host string) bool {
	host = strings.ToLower(host)
	if slices.Contains(p.cfg.Hosts, host) {
		return true
	}
	u, err := url.Parse("http://" + host)
	if err != nil || u.Host != host {
		return false
	}
	bare := strings.TrimSuffix(strings.TrimSuffix(host, u.Port()), ":")
	return u.Port() != "" && slices.Contains(p.cfg.Hosts, bare)
}

// originProblem says why a handshake may not open the relay, or returns an
// empty string. Host was checked before. See the package comment for requests
// without an Origin.
func (p *Proxy) originProblem(r *http.Request) string {
	origins := r.Header.Values("Origin")
	listed := len(origins) == 1 && slices.Contains(p.cfg.Origins, origins[0])
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "same-site", "none":
	case "cross-site":
		// A listed page may be of another site: a portal with our element in it.
		if !listed {
			return "the request comes from another site"
		}
	default:
		return "the Sec-Fetch-Site header is not understood"
	}
	// Browsers differ in what they say about a WebSocket: "websocket" by the
	// standard, "empty" in some releases, and Chromium (156) sends no Sec-Fetch
	// header at all. A navigation or a picture is neither.
	switch r.Header.Get("Sec-Fetch-Dest") {
	case "", "websocket", "empty":
	default:
		return "the request does not come from a WebSocket"
	}
	switch {
	case len(origins) == 0:
		return p.noOriginProblem(r)
	case listed, len(origins) == 1 && origins[0] == p.ownOrigin(r.Host):
		return ""
	}
	return "this page may not open the relay"
}

func (p *Proxy) noOriginProblem(r *http.Request) string {
	// Elsewhere, another program is one that brings a ticket in its first frame. A
	// cookie is a browser's, and is not believed without an Origin.
	if !p.cfg.Local && (p.tickets == nil || r.Header.Get("Cookie") != "") {
		return "the Origin header is missing"
	}
	for _, name := range []string{"Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Sec-Fetch-User"} {
		if r.Header.Get(name) != "" {
			return "the Origin header is missing from a browser's request"
		}
	}
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip"} {
		if p.cfg.Local && r.Header.Get(name) != "" {
			return "the Origin header is missing from a forwarded request"
		}
	}
	return ""
}

// ownOrigin is the origin of our own page, as the browser that asked for host
// names it.
func (p *Proxy) ownOrigin(host string) string {
	if p.cfg.TLS {
		return "https://" + strings.ToLower(host)
	}
	return "http://" + strings.ToLower(host)
}

// clientIP returns the address of the client: the peer's, or what the nearest
// proxy that we do not trust told the ones that we do.
func (p *Proxy) clientIP(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	ip := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !p.trusts(ip) {
			break
		}
		next, err := parseHop(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		ip = next
	}
	return ip
}

// parseHop reads an address as proxies write it; some write the port too.
func parseHop(hop string) (netip.Addr, error) {
	addr, err := netip.ParseAddr(hop)
	if err != nil {
		var with netip.AddrPort
		with, err = netip.ParseAddrPort(hop)
		addr = with.Addr()
	}
	return addr.Unmap().WithZone(""), err
}

func (p *Proxy) trusts(ip netip.Addr) bool {
	return slices.ContainsFunc(p.cfg.TrustedProxies, func(t netip.Prefix) bool { return t.Contains(ip) })
}
