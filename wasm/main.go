//go:build js && !extra

// Command wasm is the core that runs in a page's Worker: sshcore over netconn,
// for one connection. web/src/worker starts it and leaves the port of calls in
// globalThis.wasmiko; package wire says which calls there are.
//
// Three rules hold everywhere here. A callback never blocks: it appends,
// signals and returns, for while it runs no event of the page is delivered.
// Each callback has one owner, who releases it. Bytes travel over ports with
// credit (port.go), calls over the bridge (bridge.go), and never the other way
// round.
package main

import "syscall/js"

func main() {
	surroundings := js.Global().Get("wasmiko")
	js.Global().Delete("wasmiko")
	c := newCore(surroundings.Get("port"))
	c.simd = surroundings.Get("simd").Truthy()
	c.run()
	select {} // the page ends the Worker
}
