package main

import (
	"fmt"
	"strings"
	"testing"
)

func TestCheckFindsWhatIsWrong(t *testing.T) {
	complete := func(change int, row string) string {
		var b strings.Builder
		for n := 1; n <= 82; n++ {
			if n == change {
				b.WriteString(row)
			} else {
				fmt.Fprintf(&b, "| %d | what | answer | open |\n", n)
			}
		}
		return b.String()
	}
	for _, c := range []struct{ name, text, want string }{
		{"all open is well", complete(0, ""), ""},
		{"a missing row is told", complete(7, ""), "row 7 is missing"},
		{"a row twice is told", complete(7, "| 8 | w | a | open |\n"), "row 8 stands twice"},
		{"a row without a test is told", complete(7, "| 7 | w | a | done |\n"), "names no test"},
		{"a test that exists is found", complete(7, "| 7 | w | a | `.: TestCheckFindsWhatIsWrong` |\n"), ""},
		{"a test that does not exist is told", complete(7, "| 7 | w | a | `.: TestNothing` |\n"), `no test "TestNothing"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := table{"table", 82}.check(c.text)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
