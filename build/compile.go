package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Reproducible: no paths, no version control state, no build ids. Two
// checkouts of one commit give the same bytes.
var goBuild = []string{"-trimpath", "-buildvcs=false", "-mod=readonly"}

const (
	linkedPath = cacheDir + "/core.linked.wasm"
	corePath   = cacheDir + "/core.wasm"

	extraLinked = cacheDir + "/extra.linked.wasm"
	extraPath   = cacheDir + "/extra.wasm"
)

// inlined are the packages whose functions run per byte, per allocation or in
// the inner loops of a handshake. All others are compiled without inlining:
// that takes 0.15 MB off what a browser fetches (brotli), an eighth of it all.
var inlined = []string{
	"internal/byteorder", "encoding/binary", "math/bits",
	"runtime", "internal/runtime/...", // +20 KB: maps three times, allocations and switches twice as fast
	"crypto/internal/fips140/bigmod", "crypto/internal/fips140deps/...", // an RSA signature takes five times as long without
	"crypto/internal/fips140/nistec/fiat", "crypto/internal/fips140/edwards25519/...", // +15 KB with the next line: all
	"crypto/internal/fips140/mlkem", "crypto/internal/fips140/sha3", // of them three to four times as fast
	"golang.org/x/crypto/chacha20", "golang.org/x/crypto/internal/...",
	"sync", "sync/atomic", "internal/sync", "internal/runtime/atomic", "bufio", "io", "syscall/js",
	"golang.org/x/crypto/ssh",
	"github.com/wasmiko/wasmiko/netconn", "github.com/wasmiko/wasmiko/sshcore", "github.com/wasmiko/wasmiko/wasm",
}

// knownGo says whether the toolchain is the one whose insides the build knows.
// With a newer one it does without, and the core is larger.
func knownGo() bool { return strings.HasPrefix(runtime.Version(), "go1.26") }

// coreEnv is the environment that the core is compiled in. The newer garbage
// collector spreads its work over processors, of which wasm has one, and takes
// 12 KB of brotli; Go 1.26 is the version that lets one do without.
func coreEnv() []string {
	env := []string{"GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0"}
	if knownGo() {
		env = append(env, "GOEXPERIMENT=nogreenteagc")
	}
	return env
}

// coreFlags are how the core is compiled, and whatever else shall be as it is.
func coreFlags() ([]string, error) {
	flags := append([]string{"-ldflags=-s -w -buildid=", "-gcflags=all=-l"}, goBuild...)
	for _, pkg := range inlined {
		flags = append(flags, "-gcflags="+pkg+"=")
	}
	if !knownGo() {
		return flags, nil
	}
	overlay, err := writeOverlay(cacheDir + "/goroot")
	return append(flags, "-overlay="+overlay), err
}

// compileCore makes the SSH core. Go's own cache decides what is stale.
func compileCore() error {
	if err := errors.Join(copyCrypto(), writeKernel()); err != nil {
		return err
	}
	flags, err := coreFlags()
	if err != nil {
		return err
	}
	args := append(append([]string{"build", "-tags=" + coreTags, "-modfile=" + coreMod}, flags...), "-o", linkedPath, "./wasm")
	if err := commandEnv(coreEnv(), "go", args...); err != nil {
		return err
	}
	if err := packCore(linkedPath, corePath); err != nil {
		return err
	}
	return copyWasmExec()
}

// compileExtra makes the program beside the core: what a page seldom needs.
func compileExtra() error {
	flags, err := coreFlags()
	if err != nil {
		return err
	}
	args := append(append([]string{"build", "-tags=extra," + coreTags, "-modfile=" + coreMod}, flags...), "-o", extraLinked, "./wasm")
	if err := commandEnv(coreEnv(), "go", args...); err != nil {
		return err
	}
	return packCore(extraLinked, extraPath)
}

// goRoot is where the toolchain lives.
func goRoot() (string, error) {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	return strings.TrimSpace(string(out)), err
}

// copyWasmExec takes the JavaScript half of the Go runtime from the toolchain
// that compiled the core: the two must be of one version.
func copyWasmExec() error {
	root, err := goRoot()
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(root, "lib/wasm/wasm_exec.js"))
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
	args := append(append([]string{"build"}, goBuild...), "-ldflags=-s -w -X main.version="+version(), "-o", "dist/wasmiko", "./proxy/cmd/wasmiko")
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
