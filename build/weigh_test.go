package main

import "testing"

func TestAFunctionBelongsToItsPackage(t *testing.T) {
	packages := map[string]string{
		"main":                     "wasm (main)",
		"crypto_rsa":               "crypto/rsa",
		"golang.org_x_crypto_ssh":  "golang.org/x/crypto/ssh",
		"github.com_pkg_sftp":      "github.com/pkg/sftp",
		"internal_runtime_maps":    "internal/runtime/maps",
		"runtime":                  "runtime",
		"crypto_internal_fips140_": "never",
	}
	for name, tt := range map[string]struct{ function, want string }{
		"a plain one":                 {"runtime.mallocgc", "runtime"},
		"a method":                    {"crypto_rsa.__PrivateKey_.Sign", "crypto/rsa"},
		"one of a dotted package":     {"golang.org_x_crypto_ssh.__mux_.loop", "golang.org/x/crypto/ssh"},
		"a closure":                   {"github.com_pkg_sftp.__Client_.Walk.func1", "github.com/pkg/sftp"},
		"one whose type names others": {"main.call_go.shape.struct___runtime.x__", "wasm (main)"},
		"one that the linker made":    {"type_.eq.main.session", "generated (hashes, equality, start)"},
		"one without a dot":           {"_rt0_wasm_js", "generated (hashes, equality, start)"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := packageOf(tt.function, packages); got != tt.want {
				t.Errorf("packageOf(%q) = %q, want %q", tt.function, got, tt.want)
			}
		})
	}
}

// A module with one import and two functions, f.a and g.b.
const named = wasmMagic +
	"\x02\x07\x01\x01m\x01f\x00\x00" +
	"\x0a\x08\x02\x02\x00\x0b\x03\x00\x01\x0b" +
	"\x00\x16\x04name\x01\x0f\x03\x00\x02m1\x01\x03f.a\x02\x03g.b"

func TestFunctionsAreReadWithTheirNames(t *testing.T) {
	m, err := parseModule([]byte(named))
	if err != nil {
		t.Fatal(err)
	}
	bodies, err := m.functionBodies()
	if err != nil || len(bodies) != 2 || string(bodies[1]) != "\x00\x01\x0b" {
		t.Errorf("bodies % x, %v", bodies, err)
	}
	names, err := m.functionNames()
	if err != nil || names[0] != "f.a" || names[1] != "g.b" {
		t.Errorf("names %v, %v", names, err)
	}
}

func TestAModuleWithoutNamesSaysSo(t *testing.T) {
	m, err := parseModule([]byte(wasmMagic))
	if err != nil {
		t.Fatal(err)
	}
	if names, err := m.functionNames(); err == nil {
		t.Errorf("names %v of a module that has none", names)
	}
}
