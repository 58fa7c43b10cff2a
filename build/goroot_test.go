package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The standard library's own tests hold for what the build puts into it: the
// table's is the very table that Go ships, point by point.
func TestTheStandardLibrarysTestsPassWithOurs(t *testing.T) {
	t.Chdir(root())
	flags, err := coreFlags()
	if err != nil {
		t.Fatal(err)
	}
	home, err := goRoot()
	if err != nil {
		t.Fatal(err)
	}
	// The tests look at the table before they multiply.
	fill := filepath.Join(t.TempDir(), "fill_test.go")
	text := "package nistec\nfunc init() { p256TableOnce.Do(p256FillTable) }\n"
	if err := os.WriteFile(fill, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	overlay, err := writeOverlay(t.TempDir(), [2]string{"crypto/internal/fips140/nistec/fill_test.go", fill})
	if err != nil {
		t.Fatal(err)
	}
	flags = append(flags, "-overlay="+overlay)
	args := append([]string{"test", "-v", "-short", "-exec=" + filepath.Join(home, "lib/wasm/go_js_wasm_exec"),
		"-run=^(TestP256PrecomputedTable|TestScalarMult|TestEquivalents)$"}, flags...)
	c := exec.Command("go", append(args, "crypto/internal/fips140/nistec", "crypto/internal/fips140test")...)
	c.Env = append(os.Environ(), coreEnv()...)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, passed := range []string{"--- PASS: TestP256PrecomputedTable", "--- PASS: TestScalarMult/P256", "--- PASS: TestEquivalents/P256"} {
		if !strings.Contains(string(out), passed) {
			t.Errorf("%q is missing in\n%s", passed, out)
		}
	}
}

func TestAPatchWantsTheFileThatItWasMadeFor(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.go")
	p := patch{line: "func f() {", insert: "\tg()"}
	for text, want := range map[string]string{
		"x\nfunc f() {\n}\n":                 "x\nfunc f() {\n\tg()\n}\n",
		"func other() {\n}\n":                "",
		"func f() {\n}\n\n// \nfunc f() {\n": "",
	} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		patched := filepath.Join(dir, "patched.go")
		err := p.apply(file, patched)
		if want == "" {
			if err == nil || !strings.Contains(err.Error(), "the patch wants one") {
				t.Errorf("%q: %v", text, err)
			}
			continue
		}
		if got, _ := os.ReadFile(patched); err != nil || string(got) != want {
			t.Errorf("%q became %q, %v", text, got, err)
		}
	}
}
