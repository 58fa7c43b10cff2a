// Command wiregen writes web/src/client/wire.ts from the schema in wasm/wire.
//
//	go run ./build/wiregen          # write
//	go run ./build/wiregen -check   # exit 1 if the file is stale
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// The schema's package and the file. Both paths are relative to the module's root, where the command is run.
const (
	source = "wasm/wire"
	target = "web/src/client/wire.ts"
)

func main() {
	check := flag.Bool("check", false, "only tell whether the file is up to date")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, "wiregen:", err)
		os.Exit(1)
	}
}

func run(check bool) error {
	text, err := generate(source)
	if err != nil {
		return err
	}
	if !check {
		return os.WriteFile(filepath.FromSlash(target), text, 0o644)
	}
	have, err := os.ReadFile(filepath.FromSlash(target))
	if err != nil {
		return err
	}
	if !bytes.Equal(have, text) {
		return fmt.Errorf("%s is stale: run `go run ./build/wiregen`", target)
	}
	return nil
}
