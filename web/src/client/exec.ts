/** Runs a command and collects what it says. */
import type { Core } from "./core.ts";
import { ExecError, SSHError, TimeoutError } from "./errors.ts";
import { openProcess, type RemoteProcess } from "./session.ts";
import type { ExecOptions, ExecResult } from "./types.ts";

const MAX_OUTPUT = 64 * 1024 * 1024;

/** See {@link SSHClient.exec}. */
export async function exec(core: Core, command: string, options: ExecOptions): Promise<ExecResult> {
	const { maxOutput = MAX_OUTPUT } = options;
	const stdout = new Collector(maxOutput);
	const stderr = new Collector(maxOutput);
	const alarm = new Alarm(options);
	let process: RemoteProcess | undefined;
	try {
		process = await openProcess(core, command, { ...options, signal: alarm.signal });
		const work = Promise.all([
			stdout.drain(process.readable, alarm),
			stderr.drain(process.stderr, alarm),
			process.exit,
			feed(process, options.input),
		]);
		const [, , exit] = await Promise.race([work, alarm.rings()]);
		return new Result(exit, stdout.bytes(), stderr.bytes());
	} catch (cause) {
		void process?.close();
		if (options.signal?.aborted) throw options.signal.reason;
		throw withOutput(cause, stdout.bytes(), stderr.bytes());
	} finally {
		alarm.stop();
	}
}

/** Why a command was broken off, before it is known what it had said. */
class Break extends Error {
	readonly kind: "timeout" | "idle" | "output";

	constructor(kind: Break["kind"], message: string) {
		super(message);
		this.kind = kind;
	}
}

function withOutput(cause: unknown, stdout: Uint8Array, stderr: Uint8Array): unknown {
	if (cause instanceof Break) {
		if (cause.kind !== "output") return new TimeoutError(cause.message, stdout, stderr, cause.kind);
		return new ExecError("channel", cause.message, stdout, stderr, {
			reason: "output-limit",
			hint: "Raise maxOutput, or use spawn and read the output as it comes.",
		});
	}
	if (!(cause instanceof SSHError)) return cause;
	const { code, message, reason, hint } = cause;
	return new ExecError(code, message, stdout, stderr, { reason, hint, cause });
}

/** Breaks a command off: by the clock, by silence, by the caller's signal. */
class Alarm {
	readonly #controller = new AbortController();
	readonly #caller: AbortSignal | undefined;
	readonly #timer: ReturnType<typeof setTimeout> | undefined;
	#idle: ReturnType<typeof setTimeout> | undefined;
	#heard = performance.now();

	constructor({ signal, timeout, idleTimeout }: ExecOptions) {
		this.#caller = signal;
		signal?.addEventListener("abort", this.#passOn, { once: true });
		if (signal?.aborted) this.#passOn();
		if (timeout) {
			const ring = () => this.#ring(new Break("timeout", `The command took longer than ${timeout} ms.`));
			this.#timer = setTimeout(ring, timeout);
		}
		if (idleTimeout) this.#watch(idleTimeout, idleTimeout);
	}

	get signal(): AbortSignal {
		return this.#controller.signal;
	}

	/** Rejects when the command is to be broken off. */
	rings(): Promise<never> {
		const { signal } = this;
		return new Promise((_, reject) => {
			if (signal.aborted) reject(signal.reason);
			else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
		});
	}

	/** Something was heard: the silence begins anew. */
	heard(): void {
		this.#heard = performance.now();
	}

	stop(): void {
		clearTimeout(this.#timer);
		clearTimeout(this.#idle);
		this.#caller?.removeEventListener("abort", this.#passOn);
	}

	readonly #passOn = (): void => this.#ring(this.#caller?.reason);

	#ring(reason: unknown): void {
		this.#controller.abort(reason);
	}

	// One timer that looks back when it fires, instead of one a chunk.
	#watch(limit: number, wait: number): void {
		this.#idle = setTimeout(() => {
			const left = limit - (performance.now() - this.#heard);
			if (left > 0) this.#watch(limit, left);
			else this.#ring(new Break("idle", `The command was silent for ${limit} ms.`));
		}, wait);
	}
}

/** Keeps what a stream brings, up to a limit. */
class Collector {
	readonly #chunks: Uint8Array[] = [];
	readonly #max: number;
	#size = 0;

	constructor(max: number) {
		this.#max = max;
	}

	async drain(stream: ReadableStream<Uint8Array>, alarm: Alarm): Promise<void> {
		const reader = stream.getReader();
		for (;;) {
			const { done, value } = await reader.read();
			if (done) return;
			alarm.heard();
			const room = this.#max - this.#size;
			this.#chunks.push(value.byteLength > room ? value.subarray(0, room) : value);
			this.#size += Math.min(room, value.byteLength);
			if (value.byteLength > room) throw new Break("output", `The command wrote more than ${this.#max} bytes.`);
		}
	}

	bytes(): Uint8Array {
		const whole = new Uint8Array(this.#size);
		let at = 0;
		for (const chunk of this.#chunks) {
			whole.set(chunk, at);
			at += chunk.byteLength;
		}
		return whole;
	}
}

async function feed(process: RemoteProcess, input: ExecOptions["input"]): Promise<void> {
	if (input instanceof ReadableStream) {
		// A command may end without having read all of its input: that is its right.
		await input.pipeTo(process.writable).catch((error: unknown) => {
			if (!(error instanceof SSHError)) throw error;
		});
		return;
	}
	const writer = process.writable.getWriter();
	writer.closed.catch(() => {});
	try {
		if (input !== undefined && input.length > 0)
			await writer.write(typeof input === "string" ? new TextEncoder().encode(input) : input);
		await writer.close();
	} catch {
		// Likewise; what else may be wrong, the exit tells.
	}
}

class Result implements ExecResult {
	declare readonly status?: number;
	declare readonly signal?: string;
	declare readonly message?: string;
	readonly stdout: Uint8Array;
	readonly stderr: Uint8Array;

	constructor(exit: Pick<ExecResult, "status" | "signal" | "message">, stdout: Uint8Array, stderr: Uint8Array) {
		Object.assign(this, exit);
		this.stdout = stdout;
		this.stderr = stderr;
	}

	text(): string {
		return new TextDecoder().decode(this.stdout);
	}
}
