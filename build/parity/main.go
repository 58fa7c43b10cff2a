// Parity checks docs/parity.md and docs/mistakes.md: that they have all their
// rows, that each row is either open or names tests, and that every test it
// names exists.
//
// A test is named in backquotes, as `FOLDER: NAME`: a Go test function in that
// folder, or the words of a title in that spec file.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// A table of the documents, and how many rows it has.
type table struct {
	path string
	rows int
}

var tables = []table{{"docs/parity.md", 82}, {"docs/mistakes.md", 52}}

var named = regexp.MustCompile("`([^`:]+): ([^`]+)`")

func main() {
	for _, t := range tables {
		text, err := os.ReadFile(t.path)
		if err == nil {
			err = t.check(string(text))
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", t.path, err)
			os.Exit(1)
		}
	}
}

func (t table) check(text string) error {
	var errs []error
	seen, open := map[int]bool{}, 0
	for line := range strings.Lines(text) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 6 {
			continue
		}
		n, err := strconv.Atoi(strings.TrimSpace(cells[1]))
		if err != nil {
			continue
		}
		if seen[n] {
			errs = append(errs, fmt.Errorf("row %d stands twice", n))
		}
		seen[n] = true
		if strings.HasPrefix(strings.TrimSpace(cells[4]), "open") {
			open++
			continue
		}
		errs = append(errs, checkTests(n, cells[4]))
	}
	for n := 1; n <= t.rows; n++ {
		if !seen[n] {
			errs = append(errs, fmt.Errorf("row %d is missing", n))
		}
	}
	fmt.Printf("%s: %d of %d rows shown by tests, %d open\n", t.path, len(seen)-open, t.rows, open)
	return errors.Join(errs...)
}

func checkTests(row int, cell string) error {
	tests := named.FindAllStringSubmatch(cell, -1)
	if len(tests) == 0 {
		return fmt.Errorf("row %d is not open and names no test", row)
	}
	var errs []error
	for _, t := range tests {
		if !exists(t[1], t[2]) {
			errs = append(errs, fmt.Errorf("row %d: no test %q in %s", row, t[2], t[1]))
		}
	}
	return errors.Join(errs...)
}

// exists looks for a title in a file, or for a function in a folder's tests.
func exists(place, name string) bool {
	files, want := []string{place}, name
	if info, err := os.Stat(place); err == nil && info.IsDir() {
		files, _ = filepath.Glob(filepath.Join(place, "*_test.go"))
		want = "func " + name + "("
	}
	for _, f := range files {
		if text, err := os.ReadFile(f); err == nil && strings.Contains(string(text), want) {
			return true
		}
	}
	return false
}
