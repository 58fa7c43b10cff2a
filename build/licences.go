package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// noticesPath is the text of all licences, shipped as /licenses.txt and in
// the npm package.
const noticesPath = cacheDir + "/third-party.txt"

// allowed are the licences that Wasmiko may ship beside Apache-2.0. Each is
// told by words that only its text has.
var allowed = []struct{ name, words string }{
	{"Apache-2.0", "apache license"},
	{"ISC", "permission to use, copy, modify, and/or distribute this software"},
	{"ISC", "permission to use, copy, modify, and distribute this software"},
	{"MIT", "permission is hereby granted, free of charge"},
	{"BSD", "redistribution and use in source and binary forms"},
}

// component is something by others that ends up in what we ship.
type component struct{ name, licence, text string }

func checkLicences() error {
	parts, err := components()
	for _, p := range parts {
		fmt.Printf("%-12s %s\n", p.licence, p.name)
	}
	return err
}

func writeNotices() error {
	return once("notices", noticesPath, []string{"go.sum", "go.mod", "web/package-lock.json", "build/licences.go"}, func() error {
		parts, err := components()
		if err != nil {
			return err
		}
		return os.WriteFile(noticesPath, []byte(notices(parts)), 0o644)
	})
}

// notices is the text of all licences, one after the other.
func notices(parts []component) string {
	rule := strings.Repeat("-", 72)
	var b strings.Builder
	b.WriteString("Wasmiko is licensed under the Apache License 2.0. It ships with the work of others:\n")
	for _, p := range parts {
		fmt.Fprintf(&b, "\n%s\n%s (%s)\n%s\n\n%s\n", rule, p.name, p.licence, rule, strings.TrimSpace(p.text))
	}
	return b.String()
}

// components lists all that ships, sorted by name, and fails on any whose
// licence is not allowed.
func components() ([]component, error) {
	dirs := map[string]string{}
	for _, add := range []func(map[string]string) error{addGo, addModules, addNPM} {
		if err := add(dirs); err != nil {
			return nil, err
		}
	}
	var parts []component
	var errs []error
	for name, dir := range dirs {
		c, err := readLicence(name, dir)
		errs = append(errs, err)
		parts = append(parts, c)
	}
	slices.SortFunc(parts, func(a, b component) int { return strings.Compare(a.name, b.name) })
	return parts, errors.Join(errs...)
}

func addGo(dirs map[string]string) error {
	out, err := exec.Command("go", "env", "GOROOT", "GOVERSION").Output()
	if err != nil {
		return err
	}
	f := strings.Fields(string(out))
	dirs["Go "+f[1]] = f[0]
	return nil
}

// addModules asks which modules the core and the binary really link.
func addModules(dirs map[string]string) error {
	for _, t := range []struct{ env, pkg string }{
		{"GOOS=js GOARCH=wasm", "./wasm"},
		{"GOOS=js GOARCH=wasm GOFLAGS=-tags=extra", "./wasm"},
		{"CGO_ENABLED=0", "./proxy/cmd/wasmiko"},
	} {
		c := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}{{end}}{{end}}", t.pkg)
		c.Env = append(os.Environ(), strings.Fields(t.env)...)
		out, err := c.Output()
		if err != nil {
			return fmt.Errorf("go list -deps %s: %w", t.pkg, err)
		}
		for line := range strings.Lines(string(out)) {
			if name, dir, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
				dirs[name] = dir
			}
		}
	}
	return nil
}

func addNPM(dirs map[string]string) error {
	text, err := os.ReadFile("web/package-lock.json")
	if err != nil {
		return err
	}
	var lock struct {
		Packages map[string]struct {
			Version string
			Dev     bool
		}
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		return err
	}
	for path, p := range lock.Packages {
		if path == "" || p.Dev {
			continue
		}
		dirs[strings.TrimPrefix(path, "node_modules/")+" "+p.Version] = filepath.Join("web", path)
	}
	return nil
}

func readLicence(name, dir string) (component, error) {
	c := component{name: name, licence: "unknown"}
	files := licenceFiles(dir)
	if len(files) == 0 {
		text, err := licenceField(dir)
		c.licence, c.text = text, text
		return c, err
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		return c, err
	}
	c.text = string(text)
	plain := strings.ToLower(strings.Join(strings.Fields(c.text), " "))
	for _, a := range allowed {
		if strings.Contains(plain, a.words) {
			c.licence = a.name
			return c, nil
		}
	}
	return c, fmt.Errorf("%s: %s is none of the licences that we may ship", name, files[0])
}

// licenceFiles finds what people call the file: LICENSE, licence.md, COPYING.
func licenceFiles(dir string) []string {
	var found []string
	for _, pattern := range []string{"[Ll][Ii][Cc][Ee][Nn][CcSs][Ee]*", "COPYING*"} {
		// The only error of Glob is a malformed pattern.
		files, _ := filepath.Glob(filepath.Join(dir, pattern))
		found = append(found, files...)
	}
	return found
}

// licenceField serves the packages that name their licence but forgot to
// enclose it.
func licenceField(dir string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, "package.json"))
	if err != nil {
		return "unknown", fmt.Errorf("%s has no licence file", dir)
	}
	var p struct{ License string }
	if err := json.Unmarshal(text, &p); err != nil {
		return "unknown", err
	}
	for _, a := range allowed {
		if strings.HasPrefix(p.License, a.name) {
			return p.License, nil
		}
	}
	return "unknown", fmt.Errorf("%s: licence %q is none of those that we may ship", dir, p.License)
}
