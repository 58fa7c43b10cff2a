package proxy

import (
	"os/exec"
	"strings"
	"testing"
)

// The relay cannot read SSH: nothing that could is linked into the package.
func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	banned := map[string]string{
		"github.com/wasmiko/wasmiko/sshcore": "the proxy carries ciphertext only",
		"golang.org/x/crypto/ssh":            "the proxy carries ciphertext only",
		"github.com/pkg/sftp":                "the proxy carries ciphertext only",
		"github.com/alecthomas/kong":         "flags belong to the command",
		"github.com/wasmiko/wasmiko/web":     "the page is handed in by the command",
	}
	for dep := range strings.FieldsSeq(string(out)) {
		for path, why := range banned {
			if dep == path || strings.HasPrefix(dep, path+"/") {
				t.Errorf("package proxy depends on %s: %s", dep, why)
			}
		}
	}
}
