package sshcore

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
)

// oddNames are names that a careless shell command would trip over.
var oddNames = []string{
	"plain", "with space", "it's", `"quoted"`, "$(touch pwned)", "`touch pwned`", "a;touch pwned", "-rf", "--", "-",
	"new\nline", "\n", "ends with\n\n", "tab\tbell\a", "back\\slash", `\\0101`, `\0101`, "%s%n", "a*b?[c]", "~", "$HOME", "!!", "!",
	"#x", "&", "|", "<", ">", "\xff\xfe", "\x01\x7f\x80", "\u202Egnp.exe", "é", "{a,b}", "=x", "X", "'\\''",
}

// Every shell that somebody may have to log in with passes the words on as they are.
func TestShellWordsArriveAsTheyAre(t *testing.T) {
	line := shellLine(`for a; do printf "%s\0" "$a"; done`, oddNames...)
	for _, shell := range []string{"dash", "bash", "busybox sh", "fish", "tcsh"} {
		words := strings.Fields(shell)
		t.Run(shell, func(t *testing.T) {
			out, err := exec.Command(words[0], append(words[1:], "-c", line)...).CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if want := strings.Join(oddNames, "\x00") + "\x00"; !bytes.Equal(out, []byte(want)) {
				t.Errorf("got  %q\nwant %q", out, want)
			}
		})
	}
}

func FuzzShellWord(f *testing.F) {
	for _, name := range oddNames {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, word string) {
		if strings.Contains(word, "\x00") {
			return // no argument can hold it
		}
		out, err := exec.Command("sh", "-c", shellLine(`printf %s "$1"`, word)).CombinedOutput()
		if err != nil || string(out) != word {
			t.Errorf("%q came as %q (%v)", word, out, err)
		}
	})
}
