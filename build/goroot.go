package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// goRootFiles replace files of the standard library of the same path below
// GOROOT/src while the core is compiled. Nothing of Go's is kept in here.
const goRootFiles = "build/_goroot"

// A patch puts text into a file of the standard library, behind the one line
// that reads as line says.
type patch struct{ file, line, insert string }

var goRootPatches = []patch{{
	file:   "crypto/internal/fips140/nistec/p256.go",
	line:   "func (p *P256Point) ScalarBaseMult(scalar []byte) (*P256Point, error) {",
	insert: "\tp256TableOnce.Do(p256FillTable)",
}}

// writeOverlay writes what `go build -overlay` wants and gives its path: the
// standard library as the core sees it, with more files if a test wants some.
// A table that is worked out instead of carried saves 87 KB of brotli.
func writeOverlay(dir string, more ...[2]string) (string, error) {
	root, err := goRoot()
	if err != nil {
		return "", err
	}
	replace := make(map[string]string)
	if err := replaceFiles(filepath.Join(root, "src"), replace); err != nil {
		return "", err
	}
	for _, p := range goRootPatches {
		original := filepath.Join(root, "src", filepath.FromSlash(p.file))
		patched := filepath.Join(dir, filepath.FromSlash(p.file))
		if err := p.apply(original, patched); err != nil {
			return "", err
		}
		replace[original] = patched
	}
	for _, m := range more {
		replace[filepath.Join(root, "src", filepath.FromSlash(m[0]))] = m[1]
	}
	text, err := json.MarshalIndent(map[string]any{"Replace": replace}, "", "\t")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, writeIfChanged(path, text)
}

// replaceFiles notes each file below goRootFiles as what replaces its original,
// which must exist.
func replaceFiles(src string, replace map[string]string) error {
	return filepath.WalkDir(goRootFiles, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(goRootFiles, path)
		if err != nil {
			return err
		}
		original := filepath.Join(src, name)
		if _, err := os.Stat(original); err != nil {
			return err
		}
		replace[original], err = filepath.Abs(path)
		return err
	})
}

// apply writes the patched file. A file that does not have the line once is
// not the one that the patch was made for.
func (p patch) apply(original, patched string) error {
	text, err := os.ReadFile(original)
	if err != nil {
		return err
	}
	if n := strings.Count(string(text), p.line+"\n"); n != 1 {
		return fmt.Errorf("%s has %d lines %q, and the patch wants one", original, n, p.line)
	}
	if err := os.MkdirAll(filepath.Dir(patched), 0o755); err != nil {
		return err
	}
	return writeIfChanged(patched, []byte(strings.Replace(string(text), p.line+"\n", p.line+"\n"+p.insert+"\n", 1)))
}

// writeIfChanged leaves a file that is right untouched.
func writeIfChanged(path string, text []byte) error {
	if old, err := os.ReadFile(path); err == nil && string(old) == string(text) {
		return nil
	}
	return os.WriteFile(path, text, 0o644)
}
