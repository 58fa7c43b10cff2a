/** What a page seldom needs, and which is therefore a program of its own: fetched when it is first asked for. */
import "./dispose.ts";
import { SSHError } from "./errors.ts";
import { BytePort, readableOf, writableOf } from "./port.ts";
import { Rpc } from "./rpc.ts";
import { type Runtime, startRuntime } from "./runtime.ts";
import type { Abortable, Duplex } from "./types.ts";
import type { ConfigHost, ConfigIgnored, ExtraCalls } from "./wire.ts";

/** What can be used of an ssh_config file, and what not. */
export interface SSHConfig {
	readonly hosts: readonly ConfigHost[];
	readonly ignored: readonly ConfigIgnored[];
}

/**
 * The demo server, within this page: a small bulletin board for robey with the
 * password foo. It needs no network and no server, and has neither this
 * machine's files nor its shell. It holds a Worker until it is closed.
 */
export class Board implements AsyncDisposable {
	/** Of its host key, for `hostKey: {pin}`. It is made anew each time. */
	readonly fingerprint: string;
	readonly #program: Program;
	readonly #streams = new Set<BytePort>();

	private constructor(program: Program, fingerprint: string) {
		this.#program = program;
		this.fingerprint = fingerprint;
		program.onEnd = (error) => this.#drop(error);
	}

	/** Starts the server. */
	static async open({ signal }: Abortable = {}): Promise<Board> {
		signal?.throwIfAborted();
		const program = await Program.start();
		try {
			const { fingerprint } = await program.rpc.call("board", {}, { signal });
			return new Board(program, fingerprint);
		} catch (error) {
			program.end(closedHere());
			throw error;
		}
	}

	/** A new connection to it: the `relay` of one {@link connect}. */
	relay(): Duplex {
		const { port1, port2 } = new MessageChannel();
		const stream = new BytePort(port1, () => this.#streams.delete(stream));
		this.#streams.add(stream);
		this.#program.rpc.call("serve", {}, { ports: [port2] }).catch((error: unknown) => stream.fail(error));
		return { readable: readableOf(stream), writable: writableOf(stream) };
	}

	async close(): Promise<void> {
		const closed = closedHere();
		this.#program.end(closed);
		this.#drop(closed);
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}

	#drop(error: SSHError): void {
		for (const stream of [...this.#streams]) stream.fail(error);
	}
}

/**
 * Reads an ssh_config(5) file: the hosts that it names, and which of its lines
 * have no effect here. Nothing of it is stored, and no key file is opened.
 */
export async function readSSHConfig(text: string | Uint8Array, { signal }: Abortable = {}): Promise<SSHConfig> {
	signal?.throwIfAborted();
	const program = await Program.start();
	try {
		const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text.slice();
		return await program.rpc.call("readConfig", { text: bytes }, { signal });
	} finally {
		program.end(closedHere());
	}
}

/** The program, running in a Worker. */
class Program {
	readonly rpc: Rpc<ExtraCalls>;
	onEnd: (error: SSHError) => void = () => {};
	readonly #runtime: Runtime;

	private constructor(runtime: Runtime) {
		this.#runtime = runtime;
		this.rpc = new Rpc<ExtraCalls>(runtime.port, {});
	}

	static async start(): Promise<Program> {
		let program: Program | undefined;
		let dead: SSHError | undefined;
		const runtime = await startRuntime((error) => {
			dead = error;
			program?.end(error);
		}, "extra");
		program = new Program(runtime);
		if (dead) program.end(dead);
		return program;
	}

	end(error: SSHError): void {
		this.rpc.end(error);
		this.#runtime.terminate();
		this.onEnd(error);
	}
}

function closedHere(): SSHError {
	return new SSHError("closed", "The server in this page was closed.", { reason: "local" });
}
