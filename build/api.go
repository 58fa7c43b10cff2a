package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// apiDir holds what others may build on, one file an entry: checked in, so
// that a change of it shows in review.
const apiDir = "docs/api"

// goAPI are the packages that are libraries.
var goAPI = map[string]string{
	"sshcore.txt":        "./sshcore",
	"sshcore-server.txt": "./sshcore/server",
	"netconn.txt":        "./netconn",
}

// writeAPI writes the public surface into a folder.
func writeAPI(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, pkg := range goAPI {
		var text bytes.Buffer
		c := exec.Command("go", "doc", "-all", pkg)
		c.Stdout, c.Stderr = &text, os.Stderr
		if err := c.Run(); err != nil {
			return fmt.Errorf("go doc %s: %w", pkg, err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return command("node", "build/api.mjs", "dist/npm/types", dir)
}

// checkAPI compares the public surface with what is checked in.
func checkAPI() error {
	dir, err := os.MkdirTemp("", "wasmiko-api-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := writeAPI(dir); err != nil {
		return err
	}
	if err := command("diff", "-r", "-U1", apiDir, dir); err != nil {
		return errors.New("the public surface is not what docs/api says; if it is meant to be so, run `make api` and commit it")
	}
	return nil
}
