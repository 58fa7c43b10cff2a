#!/bin/sh
# Runs every fuzz target in the tree for TIME, or so many inputs (3000x), one after
# the other. Those of the files that go over x/crypto run as wasm, which cannot be
# fuzzed: seeds alone.
set -eu
time=${1:-30s}
git grep -lE '^func Fuzz' -- '*_test.go' ':!build/_crypto' | while read -r file; do
	for target in $(sed -nE 's/^func (Fuzz[A-Za-z0-9_]*).*/\1/p' "$file"); do
		echo "fuzz $(dirname "$file") $target"
		# Minimising would otherwise take most of the time.
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 10x "./$(dirname "$file")"
	done
done
