//go:build js

package main

import (
	"reflect"
	"strings"
	"syscall/js"
	"testing"

	"github.com/wasmiko/wasmiko/wasm/wire"
)

// fill gives every member of v, however deep, a value other than zero.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1 << 30)
	case reflect.Float64:
		v.SetFloat(0.25)
	case reflect.String:
		v.SetString("text ü €\x00")
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte{0, 1, 254, 255})
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{"LANG": "C.UTF-8", "": "empty"}))
	case reflect.Struct:
		for _, field := range v.Fields() {
			fill(field)
		}
	}
}

func TestEveryShapeSurvivesTheWayThereAndBack(t *testing.T) {
	shapes := []any{wire.Error{}}
	for _, c := range append(append([]wire.Call{}, wire.ToCore...), wire.ToPage...) {
		shapes = append(shapes, c.Params, c.Result)
	}
	for _, shape := range shapes {
		typ := reflect.TypeOf(shape)
		t.Run(typ.Name(), func(t *testing.T) {
			full := reflect.New(typ)
			fill(full.Elem())
			checkRoundTrip(t, full.Elem())
			checkRoundTrip(t, emptied(typ))
		})
	}
}

// emptied returns a value without any optional member, whose slices are empty
// and not nil, as they come back from the page.
func emptied(typ reflect.Type) reflect.Value {
	v := reflect.New(typ).Elem()
	for f, field := range v.Fields() {
		_, optional := member(f)
		switch {
		case optional:
		case f.Type.Kind() == reflect.Slice:
			field.Set(reflect.MakeSlice(f.Type, 0, 0))
		case f.Type.Kind() == reflect.Map:
			field.Set(reflect.MakeMap(f.Type))
		case f.Type.Kind() == reflect.Struct:
			field.Set(emptied(f.Type))
		}
	}
	return v
}

func checkRoundTrip(t *testing.T, want reflect.Value) {
	t.Helper()
	got := reflect.New(want.Type())
	if err := fromJS(toJS(want.Interface()), got.Interface()); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Elem().Interface(), want.Interface()) {
		t.Errorf("got  %+v\nwant %+v", got.Elem().Interface(), want.Interface())
	}
}

func TestNilSlicesReachThePageAsEmptyArrays(t *testing.T) {
	v := toJS(wire.AuthFail{})
	if tried := v.Get("tried"); !tried.InstanceOf(jsArray) || tried.Length() != 0 {
		t.Errorf("tried is %v", tried)
	}
}

func TestAbsentMembersAreNotSet(t *testing.T) {
	v := toJS(wire.Exit{})
	if keys := jsObject.Call("keys", v).Length(); keys != 0 {
		t.Errorf("an empty Exit has %d members", keys)
	}
	zero := 0
	if status := toJS(wire.Exit{Status: &zero}).Get("status"); status.Type() != js.TypeNumber {
		t.Errorf("status 0 is %v", status)
	}
}

func TestWrongShapesAreNamed(t *testing.T) {
	for _, c := range []struct {
		name, script string
		dst          any
		want         string
	}{
		{"a string for a number", `({session: "1"})`, &wire.Session{}, "session: want number, have string"},
		{"a fraction for an integer", `({session: 1.5})`, &wire.Session{}, "session: 1.5 is no integer"},
		{"a number beyond every integer", `({session: 1e300})`, &wire.Session{}, "no integer that fits"},
		{"not a number", `({session: NaN})`, &wire.Session{}, "no integer that fits"},
		{"a missing member", `({})`, &wire.Session{}, "session: want number, have undefined"},
		{"null for an object", `(null)`, &wire.Session{}, "want object, have null"},
		{"text for bytes", `({secret: "hunter2"})`, &wire.Secret{}, "secret: want Uint8Array, have string"},
		{"another array for bytes", `({secret: new Uint16Array(1)})`, &wire.Secret{}, "secret: want Uint8Array, have object"},
		{"an object for an array", `({answers: {length: 1}})`, &wire.ChallengeAnswer{}, "answers: want array, have object"},
		{"a wrong member of an array", `({answers: ["a", 1]})`, &wire.ChallengeAnswer{}, "answers[1]: want string, have number"},
		{"a wrong value of a map", `({line: "", subsystem: "", env: {A: 1}})`, &wire.Start{}, "env.A: want string, have number"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := fromJS(js.Global().Call("eval", c.script), c.dst)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want it to contain %q", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error tells a secret: %v", err)
			}
		})
	}
}

func TestBytesFromThePageAreWipedThere(t *testing.T) {
	v := toJS(wire.Secret{Secret: []byte("hunter2")})
	var s wire.Secret
	if err := fromJS(v, &s); err != nil || string(s.Secret) != "hunter2" {
		t.Fatalf("%q, %v", s.Secret, err)
	}
	left := make([]byte, 7)
	js.CopyBytesToGo(left, v.Get("secret"))
	if string(left) != "\x00\x00\x00\x00\x00\x00\x00" {
		t.Errorf("the page's copy holds %q", left)
	}
}
