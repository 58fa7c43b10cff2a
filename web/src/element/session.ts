import {
	type Agent,
	type ConnectOptions,
	connect,
	type Exit,
	type HostKeyUpdate,
	type Progress,
	type Shell,
	type SSHClient,
	SSHError,
} from "../client/index.ts";
import { t } from "./words/words.ts";

/** What a session reports. After `onEnd` it reports nothing more. */
export interface SessionEvents {
	onProgress(step: Progress): void;
	onBanner(text: string): void;
	/** The server has told of further keys. */
	onHostKeys(update: HostKeyUpdate): void;
	/** The shell runs. */
	onReady(client: SSHClient): void;
	/** Output; consumed must be called when it was shown: that is the flow control. */
	onOutput(chunk: Uint8Array, consumed: () => void): void;
	onEnd(end: SessionEnd): void;
}

/** How a session ended: the shell did, the connection broke, or there never was one. */
export type SessionEnd =
	| { readonly kind: "exit"; readonly exit: Exit }
	| { readonly kind: "lost"; readonly error: unknown }
	| { readonly kind: "failed"; readonly error: unknown }
	| { readonly kind: "closed" };

/** The size of a terminal, what it calls itself, and what it is given. */
export interface Size {
	readonly cols: number;
	readonly rows: number;
	readonly term?: string;
	readonly env?: Readonly<Record<string, string>>;
	/** What runs in place of the login shell. */
	readonly command?: string;
	/** Lent to the server. */
	readonly agent?: Agent | undefined;
}

/** One connection with one login shell on it, from the dial to its end. */
export class Session {
	readonly #events: SessionEvents;
	readonly #abort = new AbortController();
	#client: SSHClient | undefined;
	#shell: Shell | undefined;
	#size: Size;
	#over = false;

	constructor(size: Size, events: SessionEvents) {
		this.#size = size;
		this.#events = events;
	}

	/** Aborts when the session is over, for questions that are still open. */
	get signal(): AbortSignal {
		return this.#abort.signal;
	}

	/** The connection, once there is one. */
	get client(): SSHClient | undefined {
		return this.#client;
	}

	/** Runs the session to its end; it never rejects. */
	async run(options: Promise<ConnectOptions>): Promise<void> {
		try {
			await this.#open(await options);
		} catch (error) {
			this.#end({ kind: "failed", error });
			return;
		}
		try {
			await this.#serve();
		} catch (error) {
			this.#end({ kind: "lost", error });
		}
	}

	/** Sends input to the shell. Before there is one it goes nowhere. */
	send(bytes: Uint8Array): void {
		if (!this.#over) this.#shell?.send(bytes);
	}

	resize(cols: number, rows: number): void {
		this.#size = { ...this.#size, cols, rows };
		if (!this.#over) this.#shell?.resize(cols, rows);
	}

	/** Ends a session whose connection is interrupted: its person does not want to wait. */
	giveUp(): void {
		const error = new SSHError("relay", t("problem.given-up"), {
			reason: "given-up",
			hint: t("problem.given-up.todo"),
		});
		this.#end({ kind: "lost", error });
	}

	/** Ends the session from this side. */
	close(): void {
		this.#end({ kind: "closed" });
	}

	async #open(options: ConnectOptions): Promise<void> {
		const { signal } = this.#abort;
		this.#client = await connect({
			...options,
			signal,
			onProgress: (step) => this.#over || this.#events.onProgress(step),
			onBanner: (text) => this.#over || this.#events.onBanner(text),
		});
		// Now: a server tells right after the login.
		this.#client.addEventListener("hostkeys", ({ detail }) => this.#over || this.#events.onHostKeys(detail));
		const asked = this.#size;
		const { agent, ...size } = asked;
		this.#shell = await this.#client.shell({ ...size, signal, ...(agent && { agent }) });
		if (this.#size !== asked) this.#shell.resize(this.#size.cols, this.#size.rows);
	}

	async #serve(): Promise<void> {
		const { client, shell } = this.#bound();
		this.#events.onReady(client);
		const output = shell.attach((chunk, consumed) => this.#events.onOutput(chunk, consumed));
		const over = Promise.race([shell.exit, client.closed.then(() => ({}))]);
		// However it ends, what the server said last is shown before the connection is closed.
		await Promise.allSettled([over, output]);
		const exit = await over;
		await output;
		this.#end({ kind: "exit", exit });
	}

	#bound(): { client: SSHClient; shell: Shell } {
		if (this.#client === undefined || this.#shell === undefined) throw new Error("the session is not open");
		return { client: this.#client, shell: this.#shell };
	}

	#end(end: SessionEnd): void {
		if (this.#over) {
			// It was closed while connecting, and the connection came about all the same.
			void this.#client?.close();
			return;
		}
		this.#over = true;
		this.#abort.abort(new DOMException("the session is over", "AbortError"));
		void this.#client?.close();
		this.#events.onEnd(end);
	}
}
