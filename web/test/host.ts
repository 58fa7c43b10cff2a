/**
 * Runs a Go program for wasm under Node with what the Worker gives the core:
 *   node host.mjs PROGRAM.wasm [ARG...]
 * `go test -exec` starts it (build/exec.go). WASMIKO_SIMD=0 is a browser without SIMD.
 */
import { Buffer } from "node:buffer";
import { webcrypto } from "node:crypto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { Bytes } from "../src/worker/bytes.ts";
import { GCM } from "../src/worker/gcm.ts";
import { Kernel } from "../src/worker/kernel.ts";

interface Program {
	readonly importObject: WebAssembly.Imports;
	argv: string[];
	env: Record<string, string | undefined>;
	exit: (code: number) => void;
	exited: boolean;
	_pendingEvent: unknown;
	_resume(): void;
	run(instance: WebAssembly.Instance): Promise<void>;
}

// wasm_exec.js wants these in the global scope as it is loaded.
Object.assign(globalThis, { fs, path });
globalThis.crypto ??= webcrypto as unknown as Crypto;
await import("../gen/wasm_exec.js");

const { Go } = globalThis as unknown as { Go: new () => Program };
const go = new Go();
go.argv = process.argv.slice(2);
go.env = { TMPDIR: tmpdir(), ...process.env };
go.exit = process.exit;
const [program = ""] = go.argv;

const kernel = process.env.WASMIKO_SIMD === "0" ? new Kernel(Buffer.alloc(0)) : new Kernel();
const bytes = new Bytes();
const gcm = new GCM();
Object.assign(globalThis, { wasmikoBytes: bytes.registry, wasmikoGCM: gcm.registry });
const { instance } = await WebAssembly.instantiate(fs.readFileSync(program), {
	...go.importObject,
	kernel: kernel.imports,
	bytes: bytes.imports,
	gcm: gcm.imports,
});
for (const part of [kernel, bytes, gcm]) part.bind(instance.exports.mem as WebAssembly.Memory);
// Node ends when nothing is left to wait for: a deadlock. Let Go say where.
process.on("exit", (code) => {
	if (code !== 0 || go.exited) return;
	go._pendingEvent = { id: 0 };
	go._resume();
});
await go.run(instance);
