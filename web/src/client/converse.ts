/** Talks to an interactive program: sends lines, and waits for what it says. */
import { ExecError, TimeoutError } from "./errors.ts";
import type { Abortable, Duplex } from "./types.ts";

/** What to wait for. A text is found as it stands. */
export type Pattern = string | RegExp;

/** What {@link Conversation.expect} has found. */
export interface Expected {
	/** The index of the pattern, if there were several. */
	readonly index: number;
	/** The matched text, and the groups of a regular expression. */
	readonly match: readonly string[];
	/** What came before it, since the last match. */
	readonly before: string;
}

/** A program that is talked to. */
export interface Conversation {
	/** What has come and was not matched yet. */
	readonly pending: string;
	/** Sends text as it stands: end a line with "\n" (or "\r", which is what the Enter key sends to a terminal). */
	send(text: string): Promise<void>;
	/**
	 * Waits for a pattern, or the first of several to come, and takes all up to its end. Rejects with
	 * a TimeoutError after `timeout` milliseconds (10,000 if absent), and with an
	 * ExecError when the output ends; `stdout` of both is what had come.
	 */
	expect(pattern: Pattern | readonly Pattern[], options?: Abortable & { readonly timeout?: number }): Promise<Expected>;
}

/** How much unmatched text is kept: a prompt stands at the end. */
const KEEP = 1024 * 1024;

/**
 * Begins to talk to a process: give it a pty, and use neither `readable` nor
 * `writable` beside it. Escape sequences of the program come as they are.
 */
export function converse(process: Duplex): Conversation {
	return new Talk(process);
}

class Talk implements Conversation {
	readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
	#text = "";
	#end: { readonly error?: unknown } | undefined;
	#wake: () => void = () => {};

	constructor({ readable, writable }: Duplex) {
		this.#writer = writable.getWriter();
		void this.#listen(readable);
	}

	get pending(): string {
		return this.#text;
	}

	send(text: string): Promise<void> {
		return this.#writer.write(new TextEncoder().encode(text));
	}

	async expect(
		pattern: Pattern | readonly Pattern[],
		{ timeout = 10_000, signal }: Abortable & { readonly timeout?: number } = {},
	): Promise<Expected> {
		const patterns = Array.isArray(pattern) ? (pattern as readonly Pattern[]) : [pattern as Pattern];
		const ends = performance.now() + timeout;
		for (;;) {
			signal?.throwIfAborted();
			const found = this.#take(patterns);
			if (found) return found;
			if (this.#end) throw this.#over(patterns);
			const left = ends - performance.now();
			if (left <= 0)
				throw new TimeoutError(`${name(patterns)} did not come within ${timeout} ms.`, this.#bytes(), empty, "timeout");
			await this.#more(left, signal);
		}
	}

	/** The match that begins first. */
	#take(patterns: readonly Pattern[]): Expected | undefined {
		let best: { at: number; index: number; match: readonly string[] } | undefined;
		patterns.forEach((pattern, index) => {
			const hit = find(this.#text, pattern);
			if (hit && (!best || hit.at < best.at)) best = { ...hit, index };
		});
		if (!best) return undefined;
		const { at, index, match } = best;
		const before = this.#text.slice(0, at);
		this.#text = this.#text.slice(at + (match[0]?.length ?? 0));
		return { index, match, before };
	}

	#over(patterns: readonly Pattern[]): unknown {
		const message = `The program ended before ${name(patterns)} came.`;
		return new ExecError("channel", message, this.#bytes(), empty, { reason: "ended", cause: this.#end?.error });
	}

	#bytes(): Uint8Array {
		return new TextEncoder().encode(this.#text);
	}

	#more(ms: number, signal: AbortSignal | undefined): Promise<void> {
		return new Promise((resolve) => {
			const done = () => {
				clearTimeout(timer);
				signal?.removeEventListener("abort", done);
				resolve();
			};
			const timer = setTimeout(done, ms);
			signal?.addEventListener("abort", done, { once: true });
			this.#wake = done;
		});
	}

	async #listen(readable: ReadableStream<Uint8Array>): Promise<void> {
		const decoder = new TextDecoder();
		const reader = readable.getReader();
		try {
			for (;;) {
				const { done, value } = await reader.read();
				if (done) break;
				this.#text = (this.#text + decoder.decode(value, { stream: true })).slice(-KEEP);
				this.#wake();
			}
			this.#end = {};
		} catch (error) {
			this.#end = { error };
		}
		this.#wake();
	}
}

const empty = new Uint8Array();

function find(text: string, pattern: Pattern): { at: number; match: readonly string[] } | undefined {
	if (typeof pattern === "string") {
		const at = text.indexOf(pattern);
		return at < 0 ? undefined : { at, match: [pattern] };
	}
	// A pattern of the caller's may be global or sticky, and then remembers where it was.
	const hit = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, "")).exec(text);
	return hit ? { at: hit.index, match: [...hit].map((group) => group ?? "") } : undefined;
}

function name(patterns: readonly Pattern[]): string {
	return patterns
		.map((pattern) => (typeof pattern === "string" ? JSON.stringify(pattern) : String(pattern)))
		.join(" or ");
}
