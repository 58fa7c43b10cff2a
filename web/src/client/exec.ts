/** Runs a command and collects what it says. */
import type { Core } from "./core.ts";
import { ExecError, SSHError, TimeoutError } from "./errors.ts";
import type { BytePort } from "./port.ts";
import { openProcess, type RemoteProcess } from "./session.ts";
import type { ExecOptions, ExecResult, Exit } from "./types.ts";

const MAX_OUTPUT = 64 * 1024 * 1024;

/** See {@link SSHClient.exec}. */
export async function exec(core: Core, command: string, options: ExecOptions): Promise<ExecResult> {
	const { maxOutput = MAX_OUTPUT } = options;
	const alarm = new Alarm(options);
	const stdout = new Collector(maxOutput, alarm, (chunk) => options.onOutput?.(chunk, "stdout"));
	const stderr = new Collector(maxOutput, alarm, (chunk) => options.onOutput?.(chunk, "stderr"));
	let process: RemoteProcess | undefined;
	try {
		process = await openProcess(core, command, { ...options, signal: alarm.signal });
		feed(process, options.input, alarm);
		const exit = await Promise.race([finish(process, stdout, stderr), alarm.rings()]);
		return new Result(exit, stdout.bytes(), stderr.bytes());
	} catch (cause) {
		void process?.close();
		if (options.signal?.aborted) throw options.signal.reason;
		throw withOutput(cause, stdout.bytes(), stderr.bytes());
	} finally {
		alarm.stop();
	}
}

/** Waits for both streams before it looks how it went, so that a failure loses no output. */
async function finish(process: RemoteProcess, stdout: Collector, stderr: Collector): Promise<Exit> {
	for (const end of await Promise.allSettled([stdout.drain(process.main), stderr.drain(process.errors)])) {
		if (end.status === "rejected") throw end.reason;
	}
	return process.exit;
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
			const ring = () => this.ring(new Break("timeout", `The command took longer than ${timeout} ms.`));
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

	readonly #passOn = (): void => this.ring(this.#caller?.reason);

	/** Breaks the command off. */
	ring(reason: unknown): void {
		this.#controller.abort(reason);
	}

	// One timer that looks back when it fires, instead of one a chunk.
	#watch(limit: number, wait: number): void {
		this.#idle = setTimeout(() => {
			const left = limit - (performance.now() - this.#heard);
			if (left > 0) this.#watch(limit, left);
			else this.ring(new Break("idle", `The command was silent for ${limit} ms.`));
		}, wait);
	}
}

/** Keeps what an output brings, up to a limit. */
class Collector {
	readonly #chunks: Uint8Array[] = [];
	readonly #max: number;
	readonly #alarm: Alarm;
	readonly #tell: (chunk: Uint8Array) => void;
	#size = 0;

	constructor(max: number, alarm: Alarm, tell: (chunk: Uint8Array) => void) {
		this.#max = max;
		this.#alarm = alarm;
		this.#tell = tell;
	}

	/** Takes all that comes, without a stream in between: that would forget what is queued when it fails. */
	drain(port: BytePort): Promise<void> {
		return new Promise((resolve, reject) => {
			port.read({
				data: (chunk) => {
					port.grant(chunk.byteLength);
					this.#keep(chunk);
				},
				end: (error) => (error === undefined ? resolve() : reject(error)),
			});
		});
	}

	#keep(chunk: Uint8Array): void {
		this.#alarm.heard();
		try {
			this.#tell(chunk);
		} catch (error) {
			reportError(error); // the listener's own fault is not the command's
		}
		const room = this.#max - this.#size;
		if (room > 0) this.#chunks.push(alone(chunk.subarray(0, room)));
		this.#size += Math.min(room, chunk.byteLength);
		if (chunk.byteLength <= room) return;
		this.#alarm.ring(new Break("output", `The command wrote more than ${this.#max} bytes.`));
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

/** A chunk that is kept for long: not with a much larger buffer that it came in. */
function alone(chunk: Uint8Array): Uint8Array {
	return 2 * chunk.byteLength < chunk.buffer.byteLength ? chunk.slice() : chunk;
}

/** Sends the input, and EOF. A command may end without having read all of it: that is its right. */
function feed(process: RemoteProcess, input: ExecOptions["input"], alarm: Alarm): void {
	if (input instanceof ReadableStream) {
		input.pipeTo(process.writable).catch((error: unknown) => {
			// An SSHError is how the command's side ended: the output tells.
			if (!(error instanceof SSHError)) alarm.ring(error);
		});
		return;
	}
	const { main } = process;
	if (input !== undefined) main.write(typeof input === "string" ? new TextEncoder().encode(input) : input.slice());
	main.end();
}

class Result implements ExecResult {
	declare readonly status?: number;
	declare readonly signal?: string;
	declare readonly message?: string;
	readonly stdout: Uint8Array;
	readonly stderr: Uint8Array;

	constructor(exit: Exit, stdout: Uint8Array, stderr: Uint8Array) {
		Object.assign(this, exit);
		this.stdout = stdout;
		this.stderr = stderr;
	}

	text(): string {
		return new TextDecoder().decode(this.stdout);
	}
}
