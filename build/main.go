// Build makes everything that Wasmiko ships, step by step, and does nothing
// twice: a step whose inputs have not changed is skipped.
//
//	go run ./build             the page, dist/wasmiko and dist/npm
//	go run ./build size        what a first visit loads, and which package weighs what in the core
//	go run ./build licences    who wrote what we ship, held to the allow list
//	go run ./build api         the public surface into docs/api; -check compares
//	go run ./build names       the core with the names of its functions, for a profiler
//	go run ./build host        what runs the core's tests under Node
//	build exec PROGRAM ARGS    a wasm program under Node, packed as the core is: for go test -exec
//
// Go compiles the core and the binary; npm's esbuild bundles the page
// (bundle.mjs); Node's zlib compresses it (compress.mjs).
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	cacheDir = ".cache/build"
	webDist  = "web/dist"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	// A test runs in its package's folder, wherever that is.
	if len(args) > 1 && args[0] == "exec" {
		return execPacked(args[1], args[2:]...)
	}
	if err := os.Chdir(root()); err != nil {
		return err
	}
	if err := os.MkdirAll(cacheDir, 0o755); err != nil {
		return err
	}
	target := "all"
	if len(args) > 0 {
		target = args[0]
	}
	switch target {
	case "all":
		return all()
	case "size":
		return printSizes()
	case "names":
		return linkNamed()
	case "host":
		return bundleHost()
	case "licences":
		return checkLicences()
	case "api":
		if len(args) > 1 && args[1] == "-check" {
			return checkAPI()
		}
		return writeAPI(apiDir)
	}
	return fmt.Errorf("no target %q: there are all, size, names, licences, api, host and exec", target)
}

func all() error {
	for _, s := range []struct {
		name string
		do   func() error
	}{
		{"tools", checkTools},
		{"npm packages", installPackages},
		{"core.wasm", compileCore},
		{"extra.wasm", compileExtra},
		{"notices", writeNotices},
		{"page", bundlePage},
		{"types", emitTypes},
		{"compressed copies", compressPage},
		{"sizes", checkSizes},
		{"dist/wasmiko", compileBinary},
	} {
		start := time.Now()
		if err := s.do(); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		if d := time.Since(start); d > 100*time.Millisecond {
			fmt.Printf("build: %-18s %5.1f s\n", s.name, d.Seconds())
		}
	}
	return nil
}

// root is the folder of go.mod.
func root() string {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if mod := strings.TrimSpace(string(out)); err == nil && mod != "" && mod != os.DevNull {
		return filepath.Dir(mod)
	}
	return "."
}

// checkTools says what is missing before anything half works.
func checkTools() error {
	for tool, where := range map[string]string{
		"node": "Node.js 20 or newer: https://nodejs.org",
		"npm":  "npm, which comes with Node.js: https://nodejs.org",
	} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("%s is missing; install %s", tool, where)
		}
	}
	out, err := exec.Command("node", "-p", "process.versions.node.split('.')[0] >= 20").Output()
	if err != nil || strings.TrimSpace(string(out)) != "true" {
		return fmt.Errorf("node is too old; install Node.js 20 or newer: https://nodejs.org")
	}
	return nil
}

// installPackages brings web/node_modules to what the lock file says.
func installPackages() error {
	return once("npm", "web/node_modules/.package-lock.json", []string{"web/package-lock.json", "web/package.json"}, func() error {
		return command("npm", "ci", "--prefix", "web", "--loglevel=error")
	})
}

// command runs a tool and shows what it says.
func command(name string, args ...string) error {
	return commandEnv(nil, name, args...)
}

func commandEnv(env []string, name string, args ...string) error {
	c := exec.Command(name, args...)
	c.Env = append(os.Environ(), env...)
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	if err := c.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", name, args[0], err)
	}
	return nil
}
