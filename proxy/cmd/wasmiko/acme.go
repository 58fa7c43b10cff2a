package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// checkACME checks the options of --acme against each other.
func (o *options) checkACME() (wrong mistakes) {
	if len(o.ACME) == 0 {
		if o.ACMEDir != "" || o.ACMEServer != "" || o.ACMEEmail != "" {
			wrong = append(wrong, "the other --acme options need --acme NAME")
		}
		return wrong
	}
	if o.TLSCert != "" || len(o.BehindTLSProxy) > 0 {
		wrong = append(wrong, "--acme is for a gateway that does TLS by itself, without --tls-cert or --behind-tls-proxy")
	}
	if o.ACMEDir == "" {
		wrong = append(wrong, "say where keys and certificates are kept: --acme-dir /var/lib/wasmiko; a certificate authority gives only a few a week")
	}
	for _, name := range o.ACME {
		if _, err := netip.ParseAddr(name); err == nil || !strings.Contains(name, ".") || strings.ContainsAny(name, ":/*") {
			wrong = append(wrong, fmt.Sprintf("--acme %q: write a name alone that others know, such as ssh.example.org", name))
		}
	}
	if u, err := url.Parse(o.ACMEServer); o.ACMEServer != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
		wrong = append(wrong, fmt.Sprintf("--acme-server %q: write the URL of its directory, https://…", o.ACMEServer))
	}
	return wrong
}

// acmeConfig gets certificates when they are asked for first, and renews them a
// month before they end. The proof is made in the TLS handshake (RFC 8737), so
// that no port but the gateway's own has to be open.
func (o *options) acmeConfig(log *slog.Logger) *tls.Config {
	manager := autocert.Manager{
		Prompt:     autocert.AcceptTOS,
		Cache:      autocert.DirCache(o.ACMEDir),
		HostPolicy: autocert.HostWhitelist(o.ACME...),
		Email:      o.ACMEEmail,
	}
	if o.ACMEServer != "" {
		manager.Client = &acme.Client{DirectoryURL: o.ACMEServer}
	}
	return &tls.Config{
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			pair, err := manager.GetCertificate(hello)
			if err != nil && slices.Contains(o.ACME, hello.ServerName) { // others are noise
				log.Error("there is no certificate", "name", hello.ServerName, "problem", err)
			}
			return pair, err
		},
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"h2", "http/1.1", acme.ALPNProto},
	}
}
