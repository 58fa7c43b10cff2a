package sshcore_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// forbidden lists what must not get into the browser through this package,
// each with the reason.
var forbidden = map[string]string{
	"encoding/json":                      "about 100 KB of compressed wasm; calls cross the wall as js.Values",
	"net/http":                           "about 100 KB of compressed wasm; the browser has fetch",
	"crypto/tls":                         "about 100 KB of compressed wasm; the browser does TLS",
	"log/slog":                           "about 100 KB of compressed wasm; Config.Trace tells what happens",
	"regexp":                             "its patterns would have to be audited; the parsers here are by hand",
	"os/exec":                            "there are no processes in a page",
	"testing":                            "test helpers belong into test files",
	"github.com/coder/websocket":         "sshcore knows no transport",
	"github.com/wasmiko/wasmiko/netconn": "sshcore and netconn meet in package wasm only",
}

func goList(t *testing.T, args ...string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list"}, args...)...)
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %v: %v", args, err)
	}
	return strings.Fields(string(out))
}

func TestForbiddenPackagesStayOut(t *testing.T) {
	deps := goList(t, "-deps", ".")
	for name, why := range forbidden {
		if slices.Contains(deps, name) {
			t.Errorf("sshcore depends on %s: %s", name, why)
		}
		// A ban on a name that is no more would guard nothing.
		if got := goList(t, "-find", name); len(got) != 1 || got[0] != name {
			t.Errorf("the banned package %s no longer exists", name)
		}
	}
}

// Under GOOS=js the standard library itself imports syscall/js, so only direct
// imports can be banned.
func TestSyscallJSIsNotImported(t *testing.T) {
	for _, name := range goList(t, "-f", `{{join .Imports "\n"}}`, ".") {
		if name == "syscall/js" {
			t.Error("sshcore imports syscall/js: it has to run natively, too")
		}
	}
}
