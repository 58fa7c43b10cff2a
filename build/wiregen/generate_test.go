package main

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/wasmiko/wasmiko/wasm/wire"
)

func TestTheGeneratedFileIsUpToDate(t *testing.T) {
	root := filepath.Join("..", "..")
	want, err := generate(filepath.Join(root, source))
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile(filepath.Join(root, target))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want) {
		t.Errorf("%s is stale: run `go run ./build/wiregen`", target)
	}
	for _, c := range append(append([]wire.Call{}, wire.ToCore...), wire.ToPage...) {
		if !bytes.Contains(want, []byte("\n\t"+c.Method+": { params: ")) {
			t.Errorf("the table lacks %s", c.Method)
		}
	}
}

func TestMembersAreWrittenAsTypeScript(t *testing.T) {
	type inner struct {
		A int `js:"a"`
	}
	type shapes struct {
		Flag     bool              `js:"flag"`
		Count    int64             `js:"count"`
		Share    float64           `js:"share"`
		Data     []byte            `js:"data"`
		List     []inner           `js:"list"`
		Env      map[string]string `js:"env"`
		Maybe    *inner            `js:"maybe"`
		Name     string            `js:"name,omitempty"`
		Kind     string            `js:"kind" values:"a,b"`
		Nothing  wire.None         `js:"nothing"`
		Channel  chan int          `js:"channel"`
		Untagged string
		Numbers  []int          `js:"numbers" values:"1,2"`
		Other    map[string]int `js:"other"`
	}
	want := map[string]string{
		"Flag":    "readonly flag: boolean;",
		"Count":   "readonly count: number;",
		"Share":   "readonly share: number;",
		"Data":    "readonly data: Uint8Array;",
		"List":    "readonly list: readonly inner[];",
		"Env":     "readonly env: Readonly<Record<string, string>>;",
		"Maybe":   "readonly maybe?: inner;",
		"Name":    "readonly name?: string;",
		"Kind":    `readonly kind: "a" | "b";`,
		"Nothing": "readonly nothing: None;",
	}
	g := &generator{docs: docs{}, seen: map[reflect.Type]bool{}}
	for f := range reflect.TypeFor[shapes]().Fields() {
		got, err := g.member(f)
		if line, ok := want[f.Name]; !ok && err == nil {
			t.Errorf("%s is accepted as %s", f.Name, got)
		} else if ok && got != line {
			t.Errorf("%s: got %s, %v; want %s", f.Name, got, err, line)
		}
	}
	if len(g.queue) != 1 {
		t.Errorf("%d types wait to be written, not the one that is used twice", len(g.queue))
	}
}

func TestCommentsCannotEndEarly(t *testing.T) {
	if got := comment("", "a */ b"); strings.Count(got, "*/") != 1 {
		t.Errorf("wrote %q", got)
	}
}
