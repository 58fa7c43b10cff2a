package main

import (
	"fmt"

	"github.com/wasmiko/wasmiko/proxy/signin"
)

// checkSignIn checks the ways to sign in against the rest.
func (o *options) checkSignIn(p *plan) (wrong mistakes) {
	if o.LinkToken && !p.local {
		wrong = append(wrong, "--link-token is for this machine alone: others cannot be told the link; use --passwords, --oidc-issuer or --auth-header")
	}
	if o.AuthHeader != "" && len(o.BehindTLSProxy) == 0 {
		wrong = append(wrong, "--auth-header is believed from a proxy alone: say which with --behind-tls-proxy CIDR")
	}
	if o.OIDCIssuer == "" && (o.OIDCClientID != "" || o.OIDCSecret != "" || len(o.OIDCAllow) > 0 || len(o.OIDCScope) > 0) {
		wrong = append(wrong, "the other --oidc options need --oidc-issuer URL")
	}
	return wrong
}

// signIn reads the ways to sign in and their files; nil: nobody has to.
func (o *options) signIn() (*signin.Config, error) {
	cfg := signin.Config{Link: o.LinkToken, Header: o.AuthHeader, Life: o.SignInTime}
	var err error
	if cfg.Passwords, err = readPasswords(o.Passwords); err != nil {
		return nil, err
	}
	if o.OIDCIssuer != "" {
		cfg.OIDC = &signin.OIDC{
			Issuer: o.OIDCIssuer, ClientID: o.OIDCClientID,
			Allow: o.OIDCAllow, Scopes: o.OIDCScope, GroupsClaim: o.OIDCGroups, Name: o.OIDCName,
		}
		secret, err := readSecret("--oidc-secret", o.OIDCSecret)
		if err != nil {
			return nil, err
		}
		cfg.OIDC.Secret = string(secret)
	}
	if cfg.Key, err = readSecret("--cookie-key", o.CookieKey); err != nil {
		return nil, err
	}
	if !cfg.Link && cfg.Passwords == nil && cfg.Header == "" && cfg.OIDC == nil {
		return nil, nil
	}
	return &cfg, nil
}

func readPasswords(file string) (*signin.Passwords, error) {
	text, err := readSecret("--passwords", file)
	if err != nil || file == "" {
		return nil, err
	}
	p, err := signin.ParsePasswords(text)
	if err != nil {
		return nil, fmt.Errorf("--passwords %s: %w", file, err)
	}
	return p, nil
}

// readSecret reads a file that a flag names; without a name there is nothing.
func readSecret(flag, file string) ([]byte, error) {
	if file == "" {
		return nil, nil
	}
	text, err := readKeyFile(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	return text, nil
}
