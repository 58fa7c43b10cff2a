/** Commands and shells that run on the server. */
import "./dispose.ts";
import type { Core } from "./core.ts";
import { SSHError } from "./errors.ts";
import { wireModes } from "./modes.ts";
import { type BytePort, readableOf, type Sink, TERMINAL_WINDOW, writableOf } from "./port.ts";
import type { Abortable, Exit, Process, PTY, Shell, ShellOptions, SpawnOptions } from "./types.ts";
import type { Start } from "./wire.ts";

/**
 * The most that a terminal is given at once. It looks at the clock, and lets
 * the page draw, only between two pieces; and before its code is compiled, a
 * piece of 4 KiB takes some 40 ms.
 */
const BITE = 512;

/** Starts a command. */
export async function openProcess(core: Core, line: string, options: SpawnOptions): Promise<RemoteProcess> {
	if (typeof line !== "string" || line === "")
		throw new TypeError("the command is empty: use shell() for a login shell");
	const pty = options.pty === true ? {} : options.pty || undefined;
	return open(RemoteProcess, core, startOf(core, line, pty, options), options.signal);
}

/** Starts a subsystem. */
export async function openSubsystem(core: Core, subsystem: string, options: Abortable): Promise<Process> {
	if (typeof subsystem !== "string" || subsystem === "") throw new TypeError("the subsystem has no name");
	return open(RemoteProcess, core, { line: "", subsystem, env: {} }, options.signal);
}

/** Opens a login shell. */
export async function openShell(core: Core, options: ShellOptions): Promise<Shell> {
	return open(RemoteShell, core, startOf(core, options.command ?? "", options, options), options.signal);
}

function startOf(
	core: Core,
	line: string,
	pty: PTY | undefined,
	{ env, agent }: Pick<SpawnOptions, "env" | "agent">,
): Start {
	if (agent) core.lend(agent);
	const start: Start = { line, subsystem: "", env: { ...env }, ...(agent && { agent: true }) };
	if (!pty) return start;
	const { term = "xterm-256color", cols = 80, rows = 24, modes } = pty;
	checkSize(cols, rows);
	return { ...start, pty: { term, cols, rows, ...(modes && { modes: wireModes(modes) }) } };
}

function checkSize(cols: number, rows: number): void {
	for (const size of [cols, rows]) {
		if (!Number.isInteger(size) || size < 1 || size > 0xffff) throw new RangeError(`no size of a terminal: ${size}`);
	}
}

async function open<P extends RemoteProcess>(
	make: new (core: Core, id: number, main: BytePort, errors: BytePort) => P,
	core: Core,
	start: Start,
	signal: AbortSignal | undefined,
): Promise<P> {
	signal?.throwIfAborted();
	const main = core.open();
	const errors = core.open();
	try {
		const { session } = await core.call("start", start, { signal, ports: [main.port, errors.port] });
		return new make(core, session, main.stream, errors.stream);
	} catch (error) {
		// The reset also closes a channel that opens after an abort.
		main.stream.reset(error);
		errors.stream.reset(error);
		throw error;
	}
}

/** A command that runs in a session channel. */
export class RemoteProcess implements Process {
	readonly exit: Promise<Exit>;
	/** stdin and stdout. */
	readonly main: BytePort;
	/** stderr. */
	readonly errors: BytePort;
	protected readonly core: Core;
	protected readonly session: number;
	#readable: ReadableStream<Uint8Array> | undefined;
	#writable: WritableStream<Uint8Array> | undefined;
	#stderr: ReadableStream<Uint8Array> | undefined;

	constructor(core: Core, session: number, main: BytePort, errors: BytePort) {
		this.core = core;
		this.session = session;
		this.main = main;
		this.errors = errors;
		// The core never reads from this port.
		errors.end();
		this.exit = core.call("wait", { session });
		this.exit.catch(() => {});
	}

	// Streams are made when first asked for: before that, no credit is given.
	get readable(): ReadableStream<Uint8Array> {
		this.#readable ??= readableOf(this.main);
		return this.#readable;
	}

	get writable(): WritableStream<Uint8Array> {
		this.#writable ??= writableOf(this.main);
		return this.#writable;
	}

	get stderr(): ReadableStream<Uint8Array> {
		this.#stderr ??= readableOf(this.errors);
		return this.#stderr;
	}

	kill(signal = "TERM"): void {
		const name = signal.replace(/^SIG/, "");
		this.core.call("signal", { session: this.session, name }).catch(() => {});
	}

	async sendBreak(ms = 500): Promise<void> {
		if (!Number.isInteger(ms) || ms < 0) throw new RangeError(`a break of ${ms} ms`);
		await this.core.call("break", { session: this.session, ms });
	}

	async close(): Promise<void> {
		try {
			await this.core.call("close", { session: this.session });
		} catch {
			// The connection has ended, and the session with it.
		}
		const closed = new SSHError("closed", "The session was closed.", { reason: "local" });
		// Not merely here: nobody reads any more, and the core must not wait for that.
		this.main.reset(closed);
		this.errors.reset(closed);
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}
}

/** A login shell in a session channel. */
class RemoteShell extends RemoteProcess implements Shell {
	get pending(): number {
		return this.main.pending;
	}

	resize(cols: number, rows: number): void {
		checkSize(cols, rows);
		this.core.call("resize", { session: this.session, cols, rows }).catch(() => {});
	}

	attach(sink: (chunk: Uint8Array, consumed: () => void) => void): Promise<void> {
		const ended = new Promise<void>((resolve, reject) => {
			const take: Sink = {
				data: (chunk) => {
					for (let at = 0; at < chunk.byteLength; at += BITE) {
						const bite = chunk.subarray(at, at + BITE);
						sink(bite, () => this.main.grant(bite.byteLength));
					}
				},
				end: (error) => (error === undefined ? resolve() : reject(error)),
			};
			this.main.read(take, TERMINAL_WINDOW);
		});
		ended.catch(() => {});
		return ended;
	}

	send(bytes: Uint8Array): void {
		this.main.write(bytes);
	}
}
