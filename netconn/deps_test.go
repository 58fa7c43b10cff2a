//go:build !js

package netconn

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestImports holds the arrows and the size of the wasm: see ARCHITECTURE.md.
func TestImports(t *testing.T) {
	never := map[string]string{
		"github.com/wasmiko/wasmiko/sshcore": "netconn and sshcore never meet; wasm introduces them",
		"github.com/wasmiko/wasmiko/proxy":   "the proxy imports netconn, not the other way round",
		"golang.org/x/crypto":                "netconn moves bytes and cannot read SSH",
	}
	heavy := map[string]string{
		"github.com/coder/websocket": "the browser has a WebSocket",
		"net/http":                   "the browser has HTTP; 100 KB of brotli",
		"crypto/tls":                 "the browser has TLS; 100 KB of brotli",
		"encoding/json":              "100 KB of brotli",
		"log/slog":                   "100 KB of brotli",
	}
	for _, c := range []struct {
		name   string
		env    []string
		banned []map[string]string
	}{
		{"natively", nil, []map[string]string{never}},
		{"in the browser", []string{"GOOS=js", "GOARCH=wasm"}, []map[string]string{never, heavy}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.Command("go", "list", "-deps", ".")
			cmd.Env = append(os.Environ(), c.env...)
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			for pkg := range strings.Lines(string(out)) {
				pkg = strings.TrimSpace(pkg)
				for _, banned := range c.banned {
					for path, reason := range banned {
						if pkg == path || strings.HasPrefix(pkg, path+"/") {
							t.Errorf("imports %s: %s", pkg, reason)
						}
					}
				}
			}
		})
	}
}
