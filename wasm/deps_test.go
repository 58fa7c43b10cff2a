//go:build !js

package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// The page downloads every package that is linked into the core. Figures are
// what each adds, compressed with brotli.
var banned = []struct{ path, reason string }{
	{"encoding/json", "107 KB; calls cross as objects, see jsval.go"},
	{"net/http", "several hundred KB; the browser speaks HTTP"},
	{"crypto/tls", "several hundred KB; the browser speaks TLS"},
	{"log/slog", "93 KB; sshcore.Config.Trace tells what happens"},
	{"regexp", "100 KB; strings and a loop do"},
	{"github.com/coder/websocket", "96 KB; netconn's socket_js.go uses the browser's WebSocket"},
	{"github.com/wasmiko/wasmiko/proxy", "the relay is the other end"},
	{"github.com/wasmiko/wasmiko/sshcore/server", "the demo server belongs to the binary"},
}

func TestTheCoreLinksNoneOf(t *testing.T) {
	list := exec.Command("go", "list", "-deps", ".")
	list.Env = append(list.Environ(), "GOOS=js", "GOARCH=wasm")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	for _, expected := range []string{"github.com/wasmiko/wasmiko/sshcore", "github.com/wasmiko/wasmiko/netconn"} {
		if !slices.Contains(deps, expected) {
			t.Fatalf("%s is not linked: the list is not the core's", expected)
		}
	}
	for _, b := range banned {
		t.Run(b.path, func(t *testing.T) {
			if slices.Contains(deps, b.path) {
				t.Errorf("linked, against the rule: %s", b.reason)
			}
		})
	}
}
