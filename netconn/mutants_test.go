//go:build !js

package netconn

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// pure is the core with its tests, which need nothing else of the package.
var pure = []string{"stream.go", "credit.go", "resume.go", "frame.go", "buffers.go", "errors.go", "stream_test.go", "credit_test.go", "norace_test.go"}

const wanted = `package netconn

import (
	"errors"
	"testing"
)

func wantCode(t testing.TB, err error, code Code) *Error {
	var e *Error
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("got error %v, want one with code %d", err, code)
	}
	return e
}
`

// mutants are mistakes in the core that its tests have to find.
var mutants = []struct{ name, file, from, to string }{
	{"a new transport goes on where the old one had sent", "resume.go", "\ts.sent = s.acked\n", ""},
	{"an epoch is taken twice", "resume.go", "epoch <= s.epoch", "epoch < s.epoch"},
	{"frames of a superseded transport count", "resume.go", "!s.away && epoch == s.epoch", "!s.away"},
	{"frames of a lost transport count", "resume.go", "!s.away && epoch == s.epoch", "epoch == s.epoch"},
	{"FIN is not acknowledged", "resume.go", "return s.rx + 1", "return s.rx"},
	{"an acknowledged FIN is not noticed", "resume.go", "s.finAcked = true", "s.finAcked = false"},
	{"FIN comes before data that has to be sent again", "stream.go", "if s.again() {", "if s.sent < s.tip && !s.finWritten {"},
	{"FIN is not sent again", "resume.go", "s.sent, s.finSent = s.acked, false", "s.sent = s.acked"},
	{"credit is ignored", "stream.go", "min(s.limit-s.written, sendQueue-(s.written-s.tip))", "sendQueue - (s.written - s.tip)"},
	{"credit is given for what nobody has read", "credit.go", "max(s.granted, s.taken+s.width())", "max(s.granted, s.rx+s.width())"},
	{"a window is wider than its memory", "credit.go", "if c.share > 0 {", "if false {"},
	{"a window becomes wider than it may", "credit.go", "min(2*s.window, s.most)", "2 * s.window"},
	{"a window becomes wider while its reader has enough", "credit.go", "case s.rx == s.ranOut:", "case true:"},
	{"a window becomes wider before its reader has come to the end", "credit.go", "s.ranOut == 0 || s.taken < s.ranOut", "s.ranOut == 0"},
	{"a window stays wide before a slow reader", "credit.go", "s.window = max(s.window/2, s.least)", ""},
	{"nobody says that credit has run out", "credit.go", "s.sent < s.limit || ", "true || "},
	{"what was said first is never judged", "credit.go", "off == s.rx && s.ranOut == 0", "off == s.rx"},
	{"that credit has run out is said again and again", "credit.go", "s.wanted = s.limit", ""},
	{"the credit of a resumption is lost", "resume.go", "\ts.release(rx, limit)\n\ts.sent", "\ts.release(rx, s.limit)\n\ts.sent"},
	{"what is held is not cut in front", "resume.go", "p.rest = p.rest[n:]", "p.rest = p.rest[0:]"},
	{"what is held is given up one piece too early", "resume.go", "slices.Delete(s.held, 0, whole)", "slices.Delete(s.held, 0, min(whole+1, len(s.held)))"},
	{"sending again begins at the oldest byte", "resume.go", "skip, n := int(s.sent-s.acked), dataHeader", "skip, n := 0, dataHeader"},
	{"small pieces are not joined but dropped", "resume.go", "\tbefore.rest = append(before.rest, last.rest...)\n", ""},
	{"an FIN that was told is no offset to resume at", "resume.go", "if s.finTold {", "if false {"},
	{"the end is reached when FIN was only sent", "stream.go", "s.finRead && s.finAcked }", "s.finRead && s.finSent }"},
	{"an overlap is taken", "stream.go", "f.off != s.rx:", "f.off > s.rx:"},
	{"bytes that were not sent can be acknowledged", "stream.go", "rx < from || rx > sent", "rx < from"},
	{"an ACK can go back", "stream.go", "rx < from || rx > sent", "rx > sent"},
}

// TestMutants makes each mistake in a copy of the core and runs its tests there.
func TestMutants(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module mutants\n\ngo 1.26\n")
	make := func(name, file, from, to string) {
		t.Helper()
		write(filepath.Join(name, "wanted_test.go"), wanted)
		for _, source := range pure {
			text, err := os.ReadFile(source)
			if err != nil {
				t.Fatal(err)
			}
			mutated := string(text)
			if source == file {
				if strings.Count(mutated, from) != 1 {
					t.Fatalf("%s: %q is not once in it: bring the mutants up to date", file, from)
				}
				mutated = strings.Replace(mutated, from, to, 1)
			}
			write(filepath.Join(name, source), mutated)
		}
	}
	make("m0", "", "", "")
	for i, m := range mutants {
		make(fmt.Sprintf("m%d", i+1), m.file, m.from, m.to)
	}
	cmd := exec.Command("go", "test", "-vet=off", "-timeout=20s", "./...", "-run", "StreamKeeps|StreamRefuses", "-seeds", "3000")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) {
		t.Fatalf("%v\n%s", err, out)
	}
	verdict := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^(ok|FAIL)\s+mutants/(m\d+)\s+(.*)$`).FindAllStringSubmatch(string(out), -1) {
		verdict[m[2]] = m[1] + " " + m[3]
	}
	if got := verdict["m0"]; !strings.HasPrefix(got, "ok") {
		t.Fatalf("the core itself: %q\n%s", got, out)
	}
	for i, m := range mutants {
		got := verdict[fmt.Sprintf("m%d", i+1)]
		switch {
		case strings.HasPrefix(got, "ok"):
			t.Errorf("lives: %s", m.name)
		case !strings.HasPrefix(got, "FAIL") || strings.Contains(got, "build"):
			t.Errorf("%s: %q", m.name, got)
		}
	}
	t.Logf("%d mutants", len(mutants))
}
