package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// buildProgram makes a program for wasm as the core is made and gives where it lies.
func buildProgram(t *testing.T, pkg string) string {
	t.Helper()
	t.Chdir(root())
	flags, err := coreFlags()
	if err != nil {
		t.Fatal(err)
	}
	linked := filepath.Join(t.TempDir(), "program.wasm")
	c := exec.Command("go", append(append([]string{"build"}, flags...), "-o", linked, pkg)...)
	c.Env = append(os.Environ(), coreEnv()...)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", pkg, err, out)
	}
	return linked
}

// runProgram runs a program under Node and gives what it wrote.
func runProgram(t *testing.T, program string) (stdout, stderr string, code int) {
	t.Helper()
	root, err := goRoot()
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	c := exec.Command(filepath.Join(root, "lib/wasm/go_js_wasm_exec"), program)
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil && c.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), c.ProcessState.ExitCode()
}

func TestAPackedProgramRuns(t *testing.T) {
	linked := buildProgram(t, "./build/testdata/packed")
	packed := linked + ".packed"
	if err := packCore(linked, packed); err != nil {
		t.Fatal(err)
	}
	want, fullTrace, wantCode := runProgram(t, linked)
	got, trace, code := runProgram(t, packed)
	if got != want || code != wantCode || code != 2 {
		t.Errorf("packed, the program ends with %d (want %d) and says\n%swhere it said\n%s", code, wantCode, got, want)
	}
	for _, line := range []string{
		"panics: runtime error: index out of range [7] with length 4; runtime error: slice bounds out of range [2:1];",
		"wrappers: value method main.value.Number called using nil *value pointer",
		"callers: main.callers < main.main",
		"trace: with names",
	} {
		if !strings.Contains(got, line) {
			t.Errorf("%q is missing in\n%s", line, got)
		}
	}
	if first, _, _ := strings.Cut(fullTrace, "\n"); !strings.HasPrefix(trace, first) || !strings.Contains(first, "nobody catches this") {
		t.Errorf("the trace begins with\n%s\nand not with %q", trace, first)
	}
	if strings.Count(trace, "main.fall(") != strings.Count(fullTrace, "main.fall(") || !strings.Contains(trace, "main.main(") {
		t.Errorf("the trace names not all functions:\n%s", trace)
	}
	if strings.Contains(trace, ".go:") == knownGo() || !strings.Contains(fullTrace, "main.go:") {
		t.Errorf("lines are not what packing takes away: with it\n%s\nwithout it\n%s", trace, fullTrace)
	}
}

func TestATableOfFunctionsThatIsNotKnownIsRefused(t *testing.T) {
	file, err := os.ReadFile(buildProgram(t, "./build/testdata/packed"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := parseModule(file)
	if err != nil {
		t.Fatal(err)
	}
	data, err := m.data()
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		spoil func(memory, *pclntab)
		want  string
	}{
		"another magic":         {func(m memory, _ *pclntab) { m[bytes.Index(m, []byte(pclntabMagic))]-- }, "no table of functions"},
		"a second table":        {func(m memory, _ *pclntab) { copy(m[len(m)-64:], pclntabMagic) }, "more than one"},
		"parts out of order":    {func(m memory, _ *pclntab) { m[bytes.Index(m, []byte(pclntabMagic))+8*4+3] = 0x7f }, "has its parts at"},
		"other functions":       {func(_ memory, t *pclntab) { t.ftab[4]++ }, "not laid out as in Go 1.26"},
		"a function far away":   {func(_ memory, t *pclntab) { t.ftab[7] = 0x7f }, "outside the table"},
		"a name cut in two":     {func(_ memory, t *pclntab) { f, _ := t.functions(); f[9][funcName]++ }, "in the middle of another"},
		"an index of its own":   {func(_ memory, t *pclntab) { t.find[16*bucketSize]++ }, "points to"},
		"a table of pcs beyond": {func(_ memory, t *pclntab) { f, _ := t.functions(); f[9].set(funcPCSP, 1<<30) }, "lies outside"},
	} {
		t.Run(name, func(t *testing.T) {
			mem, err := parseMemory(data.body)
			if err != nil {
				t.Fatal(err)
			}
			table, err := findPCLnTab(mem)
			if err != nil {
				t.Fatal(err)
			}
			tt.spoil(mem, table)
			if err := strip(mem); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}
