package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// Budgets in bytes of brotli, as a browser transfers them.
const (
	coreBudget      = 1_450_000
	firstLoadBudget = 200_000
)

// entryBudgets are those of the npm package's entries: what a page loads at once
// that imports one, without the core.
var entryBudgets = map[string]int64{
	"wasmiko":         21_000,
	"wasmiko/element": 165_000,
	"wasmiko/frame":   2_000,
}

// size is a file's length as it is, and compressed with brotli.
type size struct{ raw, br int64 }

func sizeOf(path string) (size, error) {
	raw, err := os.Stat(path)
	if err != nil {
		return size{}, err
	}
	s := size{raw.Size(), raw.Size()}
	// A file without a compressed copy is sent as it is.
	if br, err := os.Stat(path + ".br"); err == nil {
		s.br = br.Size()
	}
	return s, nil
}

func (s size) String() string { return fmt.Sprintf("%9d %9d", s.raw, s.br) }

// measure sums the first load and weighs the core.
func measure() (first, core size, files map[string]size, err error) {
	m, err := readManifest()
	if err != nil {
		return
	}
	files = make(map[string]size)
	for _, name := range m.FirstLoad {
		s, err := sizeOf(filepath.Join(webDist, name))
		if err != nil {
			return first, core, files, err
		}
		files[name] = s
		first.raw += s.raw
		first.br += s.br
	}
	core, err = sizeOf(filepath.Join(webDist, m.Core))
	return
}

// entrySizes sums what each entry of the package loads.
func entrySizes() (map[string]size, error) {
	m, err := readManifest()
	if err != nil {
		return nil, err
	}
	sizes := make(map[string]size)
	for entry, files := range m.Entries {
		var sum size
		for _, name := range files {
			s, err := sizeOf(filepath.Join(webDist, name))
			if err != nil {
				return nil, err
			}
			sum.raw, sum.br = sum.raw+s.raw, sum.br+s.br
		}
		sizes[entry] = sum
	}
	return sizes, nil
}

func checkSizes() error {
	first, core, _, err := measure()
	if err != nil {
		return err
	}
	fmt.Printf("build: %d bytes brotli before the form works (budget %d), %d for the core (budget %d)\n",
		first.br, firstLoadBudget, core.br, coreBudget)
	entries, err := entrySizes()
	if err != nil {
		return err
	}
	errs := []error{over("the first load", first.br, firstLoadBudget), over("the core", core.br, coreBudget)}
	for _, entry := range slices.Sorted(maps.Keys(entryBudgets)) {
		fmt.Printf("build: %d bytes brotli for a page that imports %s (budget %d)\n", entries[entry].br, entry, entryBudgets[entry])
		errs = append(errs, over("the entry "+entry, entries[entry].br, entryBudgets[entry]))
	}
	return errors.Join(errs...)
}

func over(what string, got, budget int64) error {
	if got <= budget {
		return nil
	}
	return fmt.Errorf("%s is %d bytes of brotli and its budget is %d; `go run ./build size` shows what weighs", what, got, budget)
}

func printSizes() error {
	first, core, files, err := measure()
	if err != nil {
		return err
	}
	m, err := readManifest()
	if err != nil {
		return err
	}
	fmt.Printf("%9s %9s  %s\n", "raw", "brotli", "file")
	for _, name := range m.FirstLoad {
		fmt.Printf("%v  %s\n", files[name], name)
	}
	fmt.Printf("%v  first load, budget %d\n%v  %s, budget %d\n", first, firstLoadBudget, core, m.Core, coreBudget)
	return weighPackages()
}
