package signin

import (
	"os/exec"
	"strings"
	"testing"
)

// Who lets people in knows nothing of where they go.
func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	banned := map[string]string{
		"github.com/wasmiko/wasmiko/sshcore": "signing in is to the gateway, not to a server",
		"github.com/wasmiko/wasmiko/netconn": "it serves requests, not sessions",
		"github.com/wasmiko/wasmiko/web":     "its page is its own",
		"golang.org/x/crypto/ssh":            "no password of a server comes by here",
		"github.com/coder/websocket":         "it serves requests, not sessions",
		"github.com/alecthomas/kong":         "flags belong to the command",
	}
	found := false
	for dep := range strings.FieldsSeq(string(out)) {
		found = found || dep == "github.com/coreos/go-oidc/v3/oidc"
		for path, why := range banned {
			if dep == path || strings.HasPrefix(dep, path+"/") {
				t.Errorf("package signin depends on %s: %s", dep, why)
			}
		}
	}
	if !found {
		t.Error("go list tells nothing")
	}
}
