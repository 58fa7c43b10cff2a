/**
 * The Worker: runs one core, which serves one connection. The page sends the
 * compiled module and the port of calls, and later jobs with local files.
 */
import "../../gen/wasm_exec.js";
import type { Job } from "../client/jobs.ts";
import { Bytes } from "./bytes.ts";
import { work } from "./files.ts";
import { GCM } from "./gcm.ts";
import { Kernel } from "./kernel.ts";

interface Start {
	readonly module: WebAssembly.Module;
	readonly port: MessagePort;
}

/** What the Go program finds of its surroundings: wasm/main.go reads it. */
interface Surroundings {
	wasmiko?: { readonly port: MessagePort; readonly simd: boolean };
	wasmikoBytes?: Bytes["registry"];
	wasmikoGCM?: GCM["registry"];
	readonly fs: { writeSync(fd: number, bytes: Uint8Array): number };
}

const scope = globalThis as unknown as Surroundings & { postMessage(message: { fatal: string }): void };
const STDERR = 2;
const MAX_PANIC = 2048;

globalThis.onmessage = ({ data }: MessageEvent<Start | Job>) => {
	if ("job" in data) void work(data);
	else void run(data);
};

async function run({ module, port }: Start): Promise<void> {
	const lastWords = watchStderr();
	try {
		const go = new Go();
		const kernel = new Kernel();
		const bytes = new Bytes();
		const gcm = new GCM();
		scope.wasmiko = { port, simd: kernel.available };
		scope.wasmikoBytes = bytes.registry;
		scope.wasmikoGCM = gcm.registry;
		const imports = { ...go.importObject, kernel: kernel.imports, bytes: bytes.imports, gcm: gcm.imports };
		const core = await WebAssembly.instantiate(module, imports);
		for (const part of [kernel, bytes, gcm]) part.bind(core.exports.mem as WebAssembly.Memory);
		await go.run(core);
		scope.postMessage({ fatal: lastWords() || "it ended by itself" });
	} catch (error) {
		scope.postMessage({ fatal: lastWords() || String(error) });
	}
}

/** Keeps the first line that the program writes to stderr, for a panic says there what is wrong. */
function watchStderr(): () => string {
	const { fs } = scope;
	const write = fs.writeSync.bind(fs);
	const decoder = new TextDecoder();
	let words = "";
	fs.writeSync = (fd, bytes) => {
		if (fd === STDERR && words.length < MAX_PANIC) words += decoder.decode(bytes, { stream: true });
		return write(fd, bytes);
	};
	return () => words.split("\n", 1)[0]?.slice(0, MAX_PANIC) ?? "";
}
