package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/wasmiko/wasmiko/build/kernel"
)

// The core is compiled with a copy of golang.org/x/crypto in which a few files
// are ours: below build/_crypto lies what is put over the copy. Nothing of
// x/crypto is committed and go.mod knows of none of this; a second go.mod,
// beside the copy, has the replace directive.
const (
	cryptoModule = "golang.org/x/crypto"
	cryptoShims  = "build/_crypto"
	cryptoCopy   = cacheDir + "/crypto"
	coreMod      = cacheDir + "/core.mod"
	coreSum      = cacheDir + "/core.sum"
	kernelPath   = "web/gen/kernel.wasm"
)

// copyCrypto makes what coreMod and the kernel's import need.
func copyCrypto() error {
	return once("crypto", coreMod, []string{"go.mod", "go.sum", cryptoShims}, func() error {
		from, err := moduleDir(cryptoModule)
		if err != nil {
			return err
		}
		if err := os.RemoveAll(cryptoCopy); err != nil {
			return err
		}
		if err := copyTree(from, cryptoCopy); err != nil {
			return err
		}
		if err := putOver(cryptoShims, cryptoCopy); err != nil {
			return err
		}
		return writeCoreMod()
	})
}

// moduleDir is where a module's source lies; it is fetched if it has to be.
func moduleDir(module string) (string, error) {
	if err := command("go", "mod", "download", module); err != nil {
		return "", err
	}
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		return "", fmt.Errorf("where %s lies: %w", module, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// copyTree copies files and not their modes: the module cache is read-only.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), text, 0o644)
	})
}

// putOver replaces files, and adds tests of ours. A file that is not there any more has been renamed in a
// newer x/crypto, and what we put beside it would be compiled twice or never.
func putOver(shims, copied string) error {
	err := filepath.WalkDir(shims, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") {
			return err
		}
		name, err := filepath.Rel(shims, path)
		if err != nil {
			return err
		}
		if _, err := os.Stat(filepath.Join(copied, name)); err != nil {
			return fmt.Errorf("%s replaces nothing in this version of %s: %w", path, cryptoModule, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return copyTree(shims, copied)
}

// writeCoreMod writes go.mod with the copy in it. The path is relative to the
// project, so that no path of this machine gets into the core.
func writeCoreMod() error {
	sum, err := os.ReadFile("go.sum")
	if err != nil {
		return err
	}
	if err := os.WriteFile(coreSum, sum, 0o644); err != nil {
		return err
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		return err
	}
	mod = fmt.Appendf(mod, "\nreplace %s => ./%s\n", cryptoModule, cryptoCopy)
	return os.WriteFile(coreMod, mod, 0o644)
}

// writeKernel assembles the arithmetic that the core imports: build/kernel.
func writeKernel() error {
	m := kernel.Module()
	if err := kernel.Check(m); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(kernelPath), 0o755); err != nil {
		return err
	}
	return os.WriteFile(kernelPath, m, 0o644)
}
