package main

import (
	"os"
	"path/filepath"
)

// hostPath lies beside the build program that `go test -exec` is given: a test
// may be of another module, whose root is another folder.
const hostPath = ".cache/bin/host.mjs"

// bundleHost makes the Node program that gives a test what the Worker gives
// the core.
func bundleHost() error { return command("node", "build/host.mjs", hostPath) }

// execPacked runs a Go program for wasm the way the core runs: packed, and with
// the same imports. It is what `go test -exec` wants, so that the core's own
// tests hold for what ships. `build host` comes before.
func execPacked(program string, args ...string) error {
	dir, err := os.MkdirTemp("", "packed")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	packed := filepath.Join(dir, filepath.Base(program))
	if err := packCore(program, packed); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	// Go's own runner for Node gives tests as much stack.
	host := filepath.Join(filepath.Dir(self), filepath.Base(hostPath))
	return command("node", append([]string{"--stack-size=8192", host, packed}, args...)...)
}
