#!/bin/sh
# Rules that no linter has: each is one grep and its reason.
set -u
bad=0
ban() { # REASON PATTERN PATH...
	reason=$1 pattern=$2
	shift 2
	if git grep -nE "$pattern" -- "$@"; then
		echo "rules: $reason" >&2
		bad=1
	fi
}

ban "host keys are checked; only tests may look away" 'InsecureIgnoreHostKey' '*.go' ':!*_test.go' ':!sshcore/internal/sshtest'
ban "the browser is reached from wasm and netconn alone" 'js\.Global\(' '*.go' ':!wasm' ':!netconn' ':!build/_crypto'
ban "markup is built from nodes, never from text" '(inner|outer)HTML|insertAdjacentHTML|document\.write' 'web/src' 'web/app'
ban "strings are not code" '(\beval\(|new Function\()' 'web/src' 'web/app'
ban "a type error is mended, not silenced" '@ts-(ignore|nocheck|expect-error)|\bas any\b' 'web/src' 'web/app'
ban "a test that is skipped shows nothing" 'test\.(skip|only|fixme)\(|t\.Skip' '*_test.go' 'e2e' 'web/test'
ban "unsafe is not needed, but to name Go's memory to the host" '"unsafe"' '*.go' ':!build/_crypto'
ban "what people read comes from web/src/element/words" '([a-zA-Z]utton|[fF]ield|\bp|small|toast|announce)\("[A-Z]|("aria-label"|title|placeholder|label): ["`][A-Z][a-z]' 'web/src/element/*.ts' ':!web/src/element/words'
ban "a secret has no place in the browser's storage" '(localStorage|sessionStorage)' 'web/src' 'web/app'

# The portal's side of a frame is a file that its developer reads before the page loads it.
lines=$(grep -cvE '^[[:space:]]*(//|/\*|\*|$)' web/src/frame/index.ts)
if [ "$lines" -gt 60 ]; then
	echo "rules: web/src/frame/index.ts has $lines lines of code; 60 are the most" >&2
	bad=1
fi

# An upload fills three buffers in turn: safe while the core never has more than one of them untaken.
window=$(sed -n 's/^[[:space:]]*window = \(1 << [0-9]*\)$/\1/p' wasm/port.go)
slice=$(sed -n 's/^const SLICE = \([0-9* ]*\);$/\1/p' web/src/worker/files.ts)
if [ -z "$window" ] || [ -z "$slice" ] || [ $(($window)) -gt $(($slice)) ]; then
	echo "rules: window in wasm/port.go ($window) may not exceed SLICE in web/src/worker/files.ts ($slice)" >&2
	bad=1
fi

# And of what was built: a policy without 'unsafe-eval' or blob: has to be enough (docs/embedding.md).
if grep -lE '(^|[^.A-Za-z0-9_$])(eval|Function)\(["`A-Za-z]|new Function\b|Worker\((URL\.createObjectURL|["`](blob|data):)' dist/npm/*.js; then
	echo "rules: what is packed makes code of strings, or Workers of blobs" >&2
	bad=1
fi
exit $bad
