package server_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// The page's wasm may hold the server and the demo, so neither may bring what
// would weigh it down.
func TestPageIsSparedHeavyPackages(t *testing.T) {
	forbidden := map[string]string{
		"encoding/json":              "reflection-heavy, 93 KB in brotli",
		"net/http":                   "107 KB in brotli",
		"crypto/tls":                 "SSH is the encryption",
		"log/slog":                   "a Logger interface does",
		"github.com/coder/websocket": "transports belong to netconn",
	}
	cmd := exec.Command("go", "list", "-deps", ".", "./demo")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, dep := range strings.Fields(string(out)) {
		if why, no := forbidden[dep]; no {
			t.Errorf("%s: %s", dep, why)
		}
		if strings.HasPrefix(dep, "github.com/wasmiko/") && !strings.Contains(dep, "/sshcore/server") {
			t.Errorf("%s: the server stands on its own", dep)
		}
	}
}
