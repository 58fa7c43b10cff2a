// Go's wasm_exec.js is copied to web/gen by the build and may not be there yet.
declare module "*/gen/wasm_exec.js" {}

/** What it leaves in the global scope. */
declare class Go {
	readonly importObject: WebAssembly.Imports;
	/** Resolves when the program has ended. */
	run(instance: WebAssembly.Instance): Promise<void>;
}

// What build/kernel assembles; esbuild puts its bytes into the bundle.
declare module "*/gen/kernel.wasm" {
	const bytes: Uint8Array<ArrayBuffer>;
	export default bytes;
}
