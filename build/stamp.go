package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// once runs do unless result exists and inputs (files, or folders with all
// that is below them) are what they were when do last succeeded.
func once(name, result string, inputs []string, do func() error) error {
	sum, err := hashTree(inputs)
	if err != nil {
		return err
	}
	stamp := filepath.Join(cacheDir, name+".stamp")
	old, _ := os.ReadFile(stamp)
	if _, err := os.Stat(result); err == nil && string(old) == sum {
		return nil
	}
	// A step that fails half-way must not look done.
	if err := os.Remove(stamp); err != nil && !os.IsNotExist(err) {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	return os.WriteFile(stamp, []byte(sum), 0o644)
}

// hashTree is one hash over names and contents, and over the toolchain that
// turns them into results.
func hashTree(paths []string) (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, runtime.Version())
	for _, p := range paths {
		err := filepath.WalkDir(p, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			sum, err := hashFile(path)
			fmt.Fprintf(h, "%s %s\n", path, sum)
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
