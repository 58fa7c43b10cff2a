//go:build js

package main

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"syscall/js"
)

// Constructors of the page's world, looked up once.
var (
	jsObject     = js.Global().Get("Object")
	jsArray      = js.Global().Get("Array")
	jsUint8Array = js.Global().Get("Uint8Array")
)

// toJS returns v, a value of a shape in package wire, as the page sees it.
// Shapes that package wire does not allow are a mistake of ours, and panic.
func toJS(v any) js.Value { return encode(reflect.ValueOf(v)) }

func encode(v reflect.Value) js.Value {
	switch v.Kind() {
	case reflect.Bool:
		return js.ValueOf(v.Bool())
	case reflect.Int, reflect.Int64:
		return js.ValueOf(float64(v.Int()))
	case reflect.Float64:
		return js.ValueOf(v.Float())
	case reflect.String:
		return js.ValueOf(v.String())
	case reflect.Pointer:
		return encode(v.Elem())
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return bytesToJS(v.Bytes())
		}
		return encodeSlice(v)
	case reflect.Map:
		return encodeMap(v)
	case reflect.Struct:
		return encodeStruct(v)
	}
	panic("wasm: " + v.Type().String() + " cannot cross to the page")
}

func encodeSlice(v reflect.Value) js.Value {
	list := jsArray.New(v.Len())
	for i := range v.Len() {
		list.SetIndex(i, encode(v.Index(i)))
	}
	return list
}

func encodeMap(v reflect.Value) js.Value {
	object := jsObject.New()
	for it := v.MapRange(); it.Next(); {
		object.Set(it.Key().String(), encode(it.Value()))
	}
	return object
}

func encodeStruct(v reflect.Value) js.Value {
	object := jsObject.New()
	for field, value := range v.Fields() {
		name, optional := member(field)
		if optional && value.IsZero() {
			continue
		}
		object.Set(name, encode(value))
	}
	return object
}

// member returns a field's name on the page, and whether it may be absent.
func member(f reflect.StructField) (name string, optional bool) {
	name, option, _ := strings.Cut(f.Tag.Get("js"), ",")
	return name, option == "omitempty" || f.Type.Kind() == reflect.Pointer
}

// bytesToJS copies p into a Uint8Array whose buffer holds nothing else, so
// that it can be transferred.
func bytesToJS(p []byte) js.Value {
	array := jsUint8Array.New(len(p))
	js.CopyBytesToJS(array, p)
	return array
}

// fromJS reads v into the struct that dst points to, and reports the first
// member that has not the shape that package wire says. Arrays of bytes are
// overwritten with zeros once read, for secrets are among them: they came in a
// message, so nobody else holds them.
func fromJS(v js.Value, dst any) error {
	return decode(v, reflect.ValueOf(dst).Elem(), "")
}

func decode(v js.Value, dst reflect.Value, path string) error {
	switch dst.Kind() {
	case reflect.Bool:
		return decodeAs(v, js.TypeBoolean, path, func() { dst.SetBool(v.Bool()) })
	case reflect.String:
		return decodeAs(v, js.TypeString, path, func() { dst.SetString(v.String()) })
	case reflect.Float64:
		return decodeAs(v, js.TypeNumber, path, func() { dst.SetFloat(v.Float()) })
	case reflect.Int, reflect.Int64:
		return decodeInt(v, dst, path)
	case reflect.Pointer:
		dst.Set(reflect.New(dst.Type().Elem()))
		return decode(v, dst.Elem(), path)
	case reflect.Slice:
		if dst.Type().Elem().Kind() == reflect.Uint8 {
			return decodeBytes(v, dst, path)
		}
		return decodeSlice(v, dst, path)
	case reflect.Map:
		return decodeMap(v, dst, path)
	case reflect.Struct:
		return decodeStruct(v, dst, path)
	}
	return fmt.Errorf("%s: %s cannot cross from the page", path, dst.Type())
}

func decodeAs(v js.Value, want js.Type, path string, set func()) error {
	if v.Type() != want {
		return wrongShape(path, want.String(), v)
	}
	set()
	return nil
}

func decodeInt(v js.Value, dst reflect.Value, path string) error {
	if v.Type() != js.TypeNumber {
		return wrongShape(path, "number", v)
	}
	// Above 2^53 a number of the page is no longer exact.
	f := v.Float()
	if f != math.Trunc(f) || math.Abs(f) > 1<<53 || dst.OverflowInt(int64(f)) {
		return fmt.Errorf("%s: %v is no integer that fits", path, f)
	}
	dst.SetInt(int64(f))
	return nil
}

func decodeBytes(v js.Value, dst reflect.Value, path string) error {
	if !isBytes(v) {
		return wrongShape(path, "Uint8Array", v)
	}
	p := make([]byte, v.Get("length").Int())
	js.CopyBytesToGo(p, v)
	v.Call("fill", 0)
	dst.SetBytes(p)
	return nil
}

func decodeSlice(v js.Value, dst reflect.Value, path string) error {
	if v.Type() != js.TypeObject || !v.InstanceOf(jsArray) {
		return wrongShape(path, "array", v)
	}
	n := v.Length()
	dst.Set(reflect.MakeSlice(dst.Type(), n, n))
	for i := range n {
		if err := decode(v.Index(i), dst.Index(i), fmt.Sprintf("%s[%d]", path, i)); err != nil {
			return err
		}
	}
	return nil
}

func decodeMap(v js.Value, dst reflect.Value, path string) error {
	if v.Type() != js.TypeObject {
		return wrongShape(path, "object", v)
	}
	dst.Set(reflect.MakeMap(dst.Type()))
	keys := jsObject.Call("keys", v)
	for i := range keys.Length() {
		key := keys.Index(i).String()
		value := reflect.New(dst.Type().Elem()).Elem()
		if err := decode(v.Get(key), value, path+"."+key); err != nil {
			return err
		}
		dst.SetMapIndex(reflect.ValueOf(key), value)
	}
	return nil
}

func decodeStruct(v js.Value, dst reflect.Value, path string) error {
	if v.Type() != js.TypeObject {
		return wrongShape(path, "object", v)
	}
	for field, value := range dst.Fields() {
		name, optional := member(field)
		have := v.Get(name)
		if optional && have.IsUndefined() {
			continue
		}
		if err := decode(have, value, path+"."+name); err != nil {
			return err
		}
	}
	return nil
}

// isBytes reports whether v is a Uint8Array.
func isBytes(v js.Value) bool {
	return v.Type() == js.TypeObject && v.InstanceOf(jsUint8Array)
}

func wrongShape(path, want string, have js.Value) error {
	return fmt.Errorf("%s: want %s, have %s", strings.TrimPrefix(path, "."), want, have.Type())
}
