/** The core as code: fetched and compiled once for all connections, run once for each. */

import { SSHError } from "./errors.ts";
import type { Job } from "./jobs.ts";
import { placeOf } from "./places.ts";
import { trusted } from "./trusted.ts";

/** The programs: the core, and what a page seldom needs beside it. */
export type Program = "wasm" | "extra";

const compiled = new Map<Program, Promise<WebAssembly.Module>>();

/**
 * Fetches and compiles the core, so that the first `connect` need not. May be
 * called often; a failure is forgotten, so that the next call tries again.
 */
export async function preload(): Promise<void> {
	await loadModule();
}

/** A compiled program. */
export function loadModule(program: Program = "wasm"): Promise<WebAssembly.Module> {
	const loading =
		compiled.get(program) ??
		compile(program).catch((cause: unknown) => {
			compiled.delete(program);
			throw new SSHError("internal", "The SSH core could not be loaded.", {
				reason: "load",
				hint: "Check the network connection and try again.",
				cause,
			});
		});
	compiled.set(program, loading);
	return loading;
}

async function compile(program: Program): Promise<WebAssembly.Module> {
	const url = placeOf(program);
	const response = await fetch(url);
	if (!response.ok) throw new Error(`${url.pathname}: HTTP status ${response.status}`);
	// compileStreaming insists on the MIME type, which not every host sends.
	const type = response.headers.get("content-type")?.split(";")[0]?.trim();
	if (type === "application/wasm") return WebAssembly.compileStreaming(response);
	return WebAssembly.compile(await response.arrayBuffer());
}

/** A running core. */
export interface Runtime {
	/** For calls: see rpc.ts. */
	readonly port: MessagePort;
	/** Gives the Worker itself something to do: see jobs.ts. */
	send(job: Job, transfer: Transferable[]): void;
	/** Ends it at once and frees its memory. */
	terminate(): void;
}

/** Starts a program in a Worker of its own. `onFatal` is called if it dies. */
export async function startRuntime(onFatal: (error: SSHError) => void, program: Program = "wasm"): Promise<Runtime> {
	const module = await loadModule(program);
	const worker = new Worker(trusted(placeOf("worker")), { type: "module", name: "wasmiko" });
	const { port1, port2 } = new MessageChannel();
	const die = (detail: string) => {
		worker.terminate();
		onFatal(died(detail));
	};
	worker.onmessage = (event: MessageEvent<{ readonly fatal: string }>) => die(event.data.fatal);
	worker.onmessageerror = () => die("a message could not be read");
	worker.onerror = (event) => {
		event.preventDefault();
		die(event.message || "the worker did not start");
	};
	worker.postMessage({ module, port: port2 }, [port2]);
	return {
		port: port1,
		send: (job, transfer) => worker.postMessage(job, transfer),
		terminate: () => worker.terminate(),
	};
}

function died(detail: string): SSHError {
	return new SSHError("internal", `The SSH core stopped: ${detail}.`, {
		reason: "fatal",
		hint: "Connect again. If it happens again, please report it with this message.",
	});
}
