package sshcore

import (
	"fmt"
	"strings"
)

// shellLine is a command for whatever shell a user has: it runs a script in a
// POSIX shell, with args as $1, $2 and so on. The script must hold neither ' nor
// a line feed nor two backslashes in a row; args hold any bytes but NUL.
//
// No byte of an arg reaches a shell's parser, for shells differ in what they do
// within quotes (csh with !, fish with backslashes): what is not plainly
// harmless goes as the octal number that printf(1) of POSIX decodes.
func shellLine(script string, args ...string) string {
	line := "exec sh -c 'LC_ALL=C; export LC_ALL; " + strings.Repeat(decodeWord, len(args)) + script + "' sh"
	for _, arg := range args {
		line += " '" + shellEscape(arg) + "'"
	}
	return line
}

// decodeWord puts the next word decoded behind the others. The X keeps line
// feeds at its end, which $() takes away.
const decodeWord = `a=$(printf %bX "$1"); shift; set -- "$@" "${a%X}"; `

// shellEscape writes all but harmless bytes for %b of printf(1).
func shellEscape(s string) string {
	const harmless = "/._-+=:,@"
	var b strings.Builder
	for _, c := range []byte(s) {
		if c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || strings.IndexByte(harmless, c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, `\0%03o`, c)
		}
	}
	return b.String()
}
