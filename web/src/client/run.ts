/** One command on many hosts. */
import { connect } from "./connect.ts";
import type { ConnectOptions, ExecOptions, ExecResult } from "./types.ts";

/** Options of {@link run}; those of exec hold for each host, `timeout` counting from its login. */
export interface RunOptions<H = ConnectOptions> extends Omit<ExecOptions, "onOutput"> {
	/** On how many hosts it runs at once; 8 if absent. */
	readonly inFlight?: number;
	/** Told of each host's output as it comes. */
	onOutput?(host: H, chunk: Uint8Array, stream: "stdout" | "stderr"): void;
}

/** How it went on one host. */
export type RunResult<H> =
	| { readonly host: H; readonly result: ExecResult; readonly error?: undefined }
	| { readonly host: H; readonly result?: undefined; readonly error: unknown };

/**
 * Connects to each host, runs a command, and yields how it went in the order
 * in which they finish. A host that fails is a result; the others go on.
 * Ending the loop, or the signal, ends what runs and starts nothing more.
 */
export async function* run<H extends ConnectOptions>(
	hosts: Iterable<H>,
	command: string,
	{ inFlight = 8, signal, onOutput, ...options }: RunOptions<H> = {},
): AsyncGenerator<RunResult<H>> {
	if (!Number.isInteger(inFlight) || inFlight < 1) throw new RangeError(`inFlight is ${inFlight}; it is at least 1`);
	signal?.throwIfAborted();
	const stop = new AbortController();
	const ends = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
	const queue = hosts[Symbol.iterator]();
	const running = new Map<symbol, Promise<{ id: symbol; went: RunResult<H> }>>();
	const start = () => {
		const { done, value } = queue.next();
		if (done) return;
		const id = Symbol();
		const tell: Pick<ExecOptions, "onOutput"> = onOutput
			? { onOutput: (chunk, stream) => onOutput(value, chunk, stream) }
			: {};
		running.set(
			id,
			one(value, command, { ...options, ...tell, signal: ends }).then((went) => ({ id, went })),
		);
	};
	try {
		while (running.size < inFlight) {
			const before = running.size;
			start();
			if (running.size === before) break;
		}
		while (running.size > 0) {
			const { id, went } = await Promise.race(running.values());
			running.delete(id);
			signal?.throwIfAborted();
			start();
			yield went;
		}
	} finally {
		stop.abort(new DOMException("the run was ended", "AbortError"));
	}
}

async function one<H extends ConnectOptions>(host: H, command: string, options: ExecOptions): Promise<RunResult<H>> {
	try {
		const { signal = null } = options;
		const client = await connect({ ...host, ...(signal && { signal }) });
		try {
			return { host, result: await client.exec(command, options) };
		} finally {
			await client.close();
		}
	} catch (error) {
		return { host, error };
	}
}
