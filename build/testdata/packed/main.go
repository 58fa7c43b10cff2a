// Packed does what the runtime needs its tables for, prints what came of it,
// and ends in a panic that nobody recovers from. TestAPackedProgramRuns packs
// it as the core is packed.
package main

import (
	"fmt"
	"io"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

func main() {
	for _, c := range []struct {
		name string
		do   func() string
	}{
		{"panics", panics},
		{"wrappers", wrappers},
		{"defers", defers},
		{"goexit", goexit},
		{"stacks", stacks},
		{"garbage", garbage},
		{"reflection", reflection},
		{"cleanups", cleanups},
		{"callers", callers},
		{"trace", trace},
	} {
		fmt.Println(c.name+":", c.do())
	}
	fall(3)
}

//go:noinline
func fall(n int) {
	if n == 0 {
		panic(fmt.Errorf("nobody catches this: %d", n))
	}
	fall(n - 1)
}

// caught is what f panics with.
func caught(f func()) (what any) {
	defer func() { what = recover() }()
	f()
	return nil
}

// panics needs the table of bounds checks and the names of nothing.
func panics() string {
	list := make([]int, 4)
	var pointer *[4]int
	var none map[string]int
	var face io.Reader
	zero := len(none)
	var said []string
	for _, f := range []func(){
		func() { list[zero+7] = 1 },
		func() { _ = list[zero+2 : zero+1] },
		func() { _ = pointer[zero] },
		func() { none["a"] = 1 },
		func() { _ = 1 / zero },
		func() { face.Read(nil) },
		func() { _ = any("text").(int) },
		func() { panic("mine") },
		func() { close((chan int)(nil)) },
	} {
		said = append(said, fmt.Sprint(caught(f)))
	}
	return strings.Join(said, "; ")
}

type value struct{ n int }

func (v value) Number() int { return v.n }

// wrappers needs the names of generated methods: the runtime takes them apart.
func wrappers() string {
	var v *value
	return fmt.Sprint(caught(func() { numberOf(v) }))
}

//go:noinline
func numberOf(n interface{ Number() int }) int { return n.Number() }

// defers needs open-coded defers, in a function that moves on its stack.
func defers() string {
	var order []int
	caught(func() {
		defer func() { order = append(order, 1) }()
		if len(order) == 0 {
			defer func() { order = append(order, deep(2000)) }()
		}
		defer func() {
			recover()
			order = append(order, 3)
			panic("again")
		}()
		panic("once")
	})
	return fmt.Sprint(order)
}

func goexit() string {
	done := make(chan string, 1)
	go func() {
		defer func() { done <- "deferred calls ran" }()
		runtime.Goexit()
	}()
	return <-done
}

type frame struct {
	up   *frame
	n    int
	text string
	pad  [24]int
}

// deep grows the stack with pointers into it, which must move with it, and
// collects garbage at its bottom.
func deep(n int) int {
	return dive(&frame{n: 1, text: "top"}, n)
}

//go:noinline
func dive(up *frame, n int) int {
	here := frame{up: up, n: up.n + 1, text: fmt.Sprint(n)}
	if n == 0 {
		runtime.GC()
		sum := 0
		for f := &here; f != nil; f = f.up {
			sum += len(f.text)
		}
		return sum
	}
	defer func(f *frame) { f.n-- }(&here)
	return dive(&here, n-1)
}

// stacks has many goroutines grow and shrink theirs.
func stacks() string {
	var all sync.WaitGroup
	sums := make([]int, 20)
	for i := range sums {
		all.Go(func() {
			for range 3 {
				sums[i] = deep(1000 + i)
				runtime.Gosched()
			}
		})
	}
	all.Wait()
	return fmt.Sprint(sums)
}

type tree struct{ left, right *tree }

func grow(depth int) *tree {
	if depth == 0 {
		return &tree{}
	}
	return &tree{grow(depth - 1), grow(depth - 1)}
}

func (t *tree) count() int {
	if t == nil {
		return 0
	}
	return 1 + t.left.count() + t.right.count()
}

// garbage has the collector walk live stacks of many shapes all the time.
func garbage() string {
	defer debug.SetGCPercent(debug.SetGCPercent(5))
	kept := grow(12)
	words := make(map[string]*tree)
	total := 0
	for i := range 40 {
		t := grow(10)
		words[strings.Repeat("x", i%7)] = t
		total += t.count()
		select {
		case <-time.After(time.Microsecond):
		default:
		}
	}
	runtime.GC()
	for _, t := range words {
		total += t.count()
	}
	return fmt.Sprint(kept.count(), total)
}

// reflection calls through frames that the runtime knows by their names.
func reflection() string {
	made := reflect.MakeFunc(reflect.TypeFor[func(*frame, int) int](), func(in []reflect.Value) []reflect.Value {
		return []reflect.Value{reflect.ValueOf(dive(in[0].Interface().(*frame), int(in[1].Int())))}
	}).Interface().(func(*frame, int) int)
	method := reflect.ValueOf(value{7}).Method(0).Interface().(func() int)
	runtime.GC()
	return fmt.Sprint(made(&frame{text: "top"}, 500), method())
}

// cleanups needs the goroutines that the runtime starts by itself.
func cleanups() string {
	ran := make(chan int, 2)
	func() {
		a, b := grow(3), grow(3)
		runtime.AddCleanup(a, func(n int) { ran <- n }, 1)
		runtime.SetFinalizer(b, func(*tree) { ran <- 1 })
	}()
	sum := 0
	for sum < 2 {
		runtime.GC()
		select {
		case n := <-ran:
			sum += n
		case <-time.After(10 * time.Millisecond):
		}
	}
	return fmt.Sprint(sum)
}

// callers sees functions by their names, the inlined among them.
func callers() string {
	pcs := make([]uintptr, 8)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	var names []string
	for {
		f, more := frames.Next()
		names = append(names, f.Function)
		if !more {
			return strings.Join(names[:2], " < ")
		}
	}
}

func trace() string {
	if text := string(debug.Stack()); !strings.Contains(text, "main.trace(") {
		fmt.Fprintln(os.Stderr, text)
		return "without names"
	}
	return "with names"
}
