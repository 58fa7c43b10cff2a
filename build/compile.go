package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Reproducible: no paths, no version control state, no build ids. Two
// checkouts of one commit give the same bytes.
var goBuild = []string{"build", "-trimpath", "-buildvcs=false", "-mod=readonly"}

const corePath = cacheDir + "/core.wasm"

// inlined are the packages whose functions run per byte or per goroutine
// switch. All others are compiled without inlining, which takes 0.11 MB of
// 1.56 off what a browser fetches (brotli) and costs nothing one can measure.
var inlined = []string{
	"runtime", "internal/runtime/...", "internal/abi", "internal/goarch",
	"internal/sync", "sync/...", "syscall/js", "math/bits",
	"internal/byteorder", "encoding/binary", "crypto/subtle",
	"crypto/internal/fips140/aes/...", "crypto/internal/fips140/sha256",
	"crypto/internal/fips140/bigmod", "crypto/internal/fips140/subtle",
	"crypto/internal/fips140deps/...",
	"golang.org/x/crypto/chacha20", "golang.org/x/crypto/internal/...",
}

// compileCore makes the SSH core. Go's own cache decides what is stale.
func compileCore() error {
	args := append(append([]string{}, goBuild...), "-ldflags=-s -w -buildid=", "-gcflags=all=-l")
	for _, pkg := range inlined {
		args = append(args, "-gcflags="+pkg+"=")
	}
	args = append(args, "-o", corePath, "./wasm")
	if err := commandEnv([]string{"GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0"}, "go", args...); err != nil {
		return err
	}
	return copyWasmExec()
}

// copyWasmExec takes the JavaScript half of the Go runtime from the toolchain
// that compiled the core: the two must be of one version.
func copyWasmExec() error {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "lib/wasm/wasm_exec.js"))
	if err != nil {
		return err
	}
	if err := os.MkdirAll("web/gen", 0o755); err != nil {
		return err
	}
	return os.WriteFile("web/gen/wasm_exec.js", text, 0o644)
}

// compileBinary makes the one binary, with the page inside.
func compileBinary() error {
	args := append(append([]string{}, goBuild...), "-ldflags=-s -w -X main.version="+version(), "-o", "dist/wasmiko", "./proxy/cmd/wasmiko")
	return commandEnv([]string{"CGO_ENABLED=0"}, "go", args...)
}

// version is what the CHANGELOG's newest heading says, so that a build without
// version control knows it too.
func version() string {
	text, err := os.ReadFile("CHANGELOG.md")
	if err != nil {
		return "devel"
	}
	for line := range strings.Lines(string(text)) {
		if v, ok := strings.CutPrefix(line, "## "); ok {
			return strings.Fields(v)[0]
		}
	}
	return "devel"
}
