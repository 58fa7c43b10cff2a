package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Sections and subsections that tell whose code is whose (§5.5.2, appendix A.4).
const (
	customSection = 0
	importSection = 2
	codeSection   = 10
	functionNames = 1
)

// weighPackages prints what the code of each package in the core weighs: as it
// is, and compressed by itself. Data and types have no names, and are left out.
func weighPackages() error {
	dir := filepath.Join(cacheDir, "weigh")
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o755)); err != nil {
		return err
	}
	code, err := codeByPackage()
	if err != nil {
		return err
	}
	for pkg, body := range code {
		if err := os.WriteFile(filepath.Join(dir, fileName(pkg)), body, 0o644); err != nil {
			return err
		}
	}
	if err := command("node", "build/compress.mjs", dir, filepath.Join(cacheDir, "compressed")); err != nil {
		return err
	}
	return printWeights(dir, code)
}

// fileName is one that compress.mjs takes.
func fileName(pkg string) string { return strings.ReplaceAll(pkg, "/", "_") + ".wasm" }

func printWeights(dir string, code map[string][]byte) error {
	sizes := make(map[string]size)
	var names []string
	for pkg := range code {
		s, err := sizeOf(filepath.Join(dir, fileName(pkg)))
		if err != nil {
			return err
		}
		sizes[pkg] = s
		names = append(names, pkg)
	}
	slices.SortFunc(names, func(a, b string) int { return int(sizes[b].br - sizes[a].br) })
	fmt.Printf("\n%9s %9s  code in the core, by package\n", "raw", "brotli")
	for _, pkg := range names {
		fmt.Printf("%v  %s\n", sizes[pkg], pkg)
	}
	return nil
}

// namedPath is the core with the names of its functions, as a profiler wants it.
const namedPath = cacheDir + "/core.named.wasm"

// linkNamed links the core once more, with names.
func linkNamed() error {
	flags, err := coreFlags()
	if err != nil {
		return err
	}
	build := append([]string{"build", "-tags=" + coreTags, "-modfile=" + coreMod}, flags...)
	return commandEnv(coreEnv(), "go", append(build, "-ldflags=-buildid=", "-o", namedPath, "./wasm")...)
}

// codeByPackage gives the code of each package in the core.
func codeByPackage() (map[string][]byte, error) {
	if err := linkNamed(); err != nil {
		return nil, err
	}
	file, err := os.ReadFile(namedPath)
	if err != nil {
		return nil, err
	}
	m, err := parseModule(file)
	if err != nil {
		return nil, err
	}
	bodies, err := m.functionBodies()
	if err != nil {
		return nil, err
	}
	names, err := m.functionNames()
	if err != nil {
		return nil, err
	}
	packages, err := corePackages()
	if err != nil {
		return nil, err
	}
	code := make(map[string][]byte)
	for i, body := range bodies {
		pkg := packageOf(names[i], packages)
		code[pkg] = append(code[pkg], body...)
	}
	return code, nil
}

// corePackages are all packages in the core, each under the name that the
// linker makes of it.
func corePackages() (map[string]string, error) {
	list := []string{"list", "-deps", "-mod=readonly", "-tags=" + coreTags, "-modfile=" + coreMod, "-f", "{{.ImportPath}}", "./wasm"}
	c := exec.Command("go", list...)
	c.Env = append(os.Environ(), coreEnv()...)
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	notWord := regexp.MustCompile(`[^\w.]`)
	packages := map[string]string{"main": "wasm (main)"}
	for path := range strings.Lines(string(out)) {
		path = strings.TrimSpace(path)
		packages[notWord.ReplaceAllString(path, "_")] = path
	}
	return packages, nil
}

// packageOf finds whose a function is: its package's name and a dot begin its own.
func packageOf(function string, packages map[string]string) string {
	for i := range len(function) {
		if function[i] != '.' {
			continue
		}
		if path, ok := packages[function[:i]]; ok {
			return path
		}
	}
	return "generated (hashes, equality, start)"
}

func (m module) find(id byte, prefix string) []byte {
	for _, s := range m {
		if s.id == id && bytes.HasPrefix(s.body, []byte(prefix)) {
			return s.body[len(prefix):]
		}
	}
	return nil
}

// functionBodies are the bodies of all functions that are not imported.
func (m module) functionBodies() ([][]byte, error) {
	code := m.find(codeSection, "")
	count, width := binary.Uvarint(code)
	if width <= 0 {
		return nil, errTruncated
	}
	code = code[width:]
	var bodies [][]byte
	for range count {
		body, rest, err := cutBytes(code)
		if err != nil {
			return nil, err
		}
		bodies = append(bodies, body)
		code = rest
	}
	return bodies, nil
}

// functionNames are the names of the same functions.
func (m module) functionNames() (map[int]string, error) {
	imported, _ := binary.Uvarint(m.find(importSection, "")) // Go imports nothing but functions
	sub := m.find(customSection, "\x04name")
	if len(sub) == 0 || sub[0] != functionNames {
		return nil, errors.New("the module has no names of functions")
	}
	sub, _, err := cutBytes(sub[1:])
	if err != nil {
		return nil, err
	}
	count, width := binary.Uvarint(sub)
	if width <= 0 {
		return nil, errTruncated
	}
	sub = sub[width:]
	names := make(map[int]string)
	for range count {
		index, width := binary.Uvarint(sub)
		if width <= 0 {
			return nil, errTruncated
		}
		name, rest, err := cutBytes(sub[width:])
		if err != nil {
			return nil, err
		}
		names[int(index)-int(imported)] = string(name)
		sub = rest
	}
	return names, nil
}

// cutBytes reads bytes behind their length.
func cutBytes(b []byte) (data, rest []byte, err error) {
	n, width := binary.Uvarint(b)
	if width <= 0 || n > uint64(len(b)-width) {
		return nil, nil, errTruncated
	}
	b = b[width:]
	return b[:n], b[n:], nil
}
