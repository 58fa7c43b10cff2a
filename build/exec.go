package main

import (
	"os"
	"path/filepath"
)

// execPacked runs a Go program for wasm the way the core runs: packed. It is
// what `go test -exec` wants, so that the core's own tests hold for what ships.
func execPacked(program string, args ...string) error {
	root, err := goRoot()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "packed")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	packed := filepath.Join(dir, filepath.Base(program))
	if err := packCore(program, packed); err != nil {
		return err
	}
	return command(filepath.Join(root, "lib/wasm/go_js_wasm_exec"), append([]string{packed}, args...)...)
}
