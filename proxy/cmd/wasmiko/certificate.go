package main

import (
	"crypto/tls"
	"fmt"
	"strings"
	"sync/atomic"
)

// certificate is what TLS handshakes show: another one after a reload, while the
// connections that are there keep theirs.
type certificate struct {
	now atomic.Pointer[tls.Certificate]
}

// readCertificate reads the TLS files; nil means plain HTTP.
func (o *options) readCertificate() (*tls.Certificate, error) {
	if o.TLSCert == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(o.TLSCert, o.TLSKey)
	if err != nil {
		return nil, mistakes{fmt.Sprintf("--tls-cert and --tls-key: %s", strings.TrimPrefix(err.Error(), "tls: "))}
	}
	return &pair, nil
}

// config is nil without a certificate.
func (c *certificate) config() *tls.Config {
	if c.now.Load() == nil {
		return nil
	}
	return &tls.Config{
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.now.Load(), nil },
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"},
	}
}
