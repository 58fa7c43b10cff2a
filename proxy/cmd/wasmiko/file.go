package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/alecthomas/kong"
)

// fileValues resolves flags from a JSON file.
type fileValues map[string]any

// readFile reads the options of a JSON file for the command. A name that the
// command does not know is an error: a misspelt rule must not go unnoticed.
func readFile(name string, command *kong.Node) (fileValues, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("--config: %w", err)
	}
	var values fileValues
	if err := json.Unmarshal(text, &values); err != nil {
		return nil, fmt.Errorf("--config %s is not a JSON object: %w", name, err)
	}
	known := map[string]bool{}
	for _, group := range command.AllFlags(true) {
		for _, flag := range group {
			known[flag.Name] = true
		}
	}
	delete(known, "config") // a file cannot name another
	delete(known, "help")
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if !known[key] {
			return nil, fmt.Errorf("--config %s: there is no option %q%s", name, key, suggestion(key, slices.Sorted(maps.Keys(known))))
		}
	}
	return values, nil
}

// Validate implements kong.Resolver; readFile has checked the names.
func (fileValues) Validate(*kong.Application) error { return nil }

// Resolve implements kong.Resolver. The parser would let a resolver win over
// the environment.
func (v fileValues) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, env := range flag.Envs {
		if _, set := os.LookupEnv(env); set {
			return nil, nil
		}
	}
	return v[flag.Name], nil
}

// suggestion names the known word that is nearest to word, if one is near.
func suggestion(word string, known []string) string {
	best, distance := "", 4
	for _, k := range known {
		if d := editDistance(word, k); d < distance {
			best, distance = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// editDistance counts the letters to add, drop or change between a and b.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j]+1, row[j+1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
