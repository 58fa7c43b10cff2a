package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wasmiko/wasmiko/proxy"
)

const privateKey = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f
-----END PRIVATE KEY-----
`

func TestTicket(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pem, secret := file("portal.pem", privateKey), file("portal.secret", strings.Repeat("s", 32)+"\n")
	for _, c := range []struct {
		name   string
		args   []string
		code   int
		header string // or what stderr says
	}{
		{"of a private key", []string{"--key", pem, "--host", "db1", "--user", "ann", "--longest", "8h"}, exitOK, `{"alg":"EdDSA","kid":"portal"}`},
		{"of a shared secret", []string{"--key", secret, "--host", "db1", "--user", "ann", "--longest", "8h"}, exitOK, `{"alg":"HS256","kid":"portal"}`},
		{"of a short secret", []string{"--key", file("short", "hunter2"), "--host", "db1"}, exitUsage, "openssl rand -hex 32"},
		{"of a public key", []string{"--key", file("pub", strings.ReplaceAll(privateKey, "PRIVATE", "PUBLIC")), "--host", "db1"}, exitUsage, "no Ed25519 private key"},
		{"of no file", []string{"--key", dir + "/none", "--host", "db1"}, exitUsage, "no such file"},
		{"for an hour", []string{"--key", pem, "--host", "db1", "--ttl", "1h"}, exitUsage, "between 1s and 60s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out, problem bytes.Buffer
			if code := run(append([]string{"ticket"}, c.args...), &out, &problem); code != c.code {
				t.Fatalf("exit code %d: %s", code, &problem)
			}
			if c.code != exitOK {
				if !strings.Contains(problem.String(), c.header) {
					t.Errorf("says %q", &problem)
				}
				return
			}
			parts := strings.Split(strings.TrimSpace(out.String()), ".")
			header, _ := base64.RawURLEncoding.DecodeString(parts[0])
			payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
			var claims proxy.Ticket
			if err := json.Unmarshal(payload, &claims); err != nil || string(header) != c.header {
				t.Fatalf("%s %s: %v", header, payload, err)
			}
			if claims.Host != "db1" || claims.Port != 22 || claims.User != "ann" || claims.MaxSeconds != 8*3600 || claims.Expires != claims.Issued+60 {
				t.Errorf("%+v", claims)
			}
		})
	}
}
