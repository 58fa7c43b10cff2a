/** Typed calls over a MessagePort, both ways: the page's half of wasm/bridge.go. */
import { fromWire, toWire } from "./errors.ts";
import type { CoreCalls, PageCalls, Error as WireError } from "./wire.ts";

interface Request {
	readonly id: number;
	readonly method: string;
	readonly params: unknown;
	readonly ports?: readonly MessagePort[];
}
type Answer = { readonly id: number; readonly result: unknown } | { readonly id: number; readonly error: WireError };
type Cancel = { readonly id: number; readonly cancel: true };

/** What crosses the port of calls. */
export type RpcMessage = Request | Answer | Cancel;

/** The part of MessagePort that is used here. */
export interface CallPort {
	onmessage: ((event: { readonly data: RpcMessage }) => void) | null;
	postMessage(message: RpcMessage, transfer: Transferable[]): void;
	close(): void;
}

/** What the page answers: one function for each call of the core. */
export type Handlers = {
	readonly [M in keyof PageCalls]: (
		params: PageCalls[M]["params"],
		signal: AbortSignal,
	) => PageCalls[M]["result"] | Promise<PageCalls[M]["result"]>;
};

/** How a call is made. */
export interface CallOptions {
	readonly signal?: AbortSignal | undefined;
	readonly ports?: readonly MessagePort[];
}

interface Pending {
	resolve(result: unknown): void;
	reject(error: unknown): void;
}

/** One end of the calls between page and core, or another program with calls of its own. */
export class Rpc<Calls extends { [M in keyof Calls]: { params: unknown; result: unknown } } = CoreCalls> {
	readonly #port: CallPort;
	readonly #handlers: Partial<Handlers>;
	readonly #pending = new Map<number, Pending>();
	readonly #asked = new Map<number, AbortController>();
	readonly #idle: (() => void)[] = [];
	#lastId = 0;
	#refused: { readonly error: unknown } | undefined;
	#ended = false;
	/** What a handler threw last: the core only learns that it threw. */
	#thrown: unknown;

	constructor(port: MessagePort | CallPort, handlers: Partial<Handlers>) {
		this.#port = port as CallPort;
		this.#handlers = handlers;
		this.#port.onmessage = (event) => this.#receive(event.data);
	}

	/** Calls the core. An abort rejects at once with the signal's reason and cancels the call. */
	call<M extends keyof Calls & string>(
		method: M,
		params: Calls[M]["params"],
		options: CallOptions = {},
	): Promise<Calls[M]["result"]> {
		const { signal, ports = [] } = options;
		if (this.#refused) return Promise.reject(this.#refused.error);
		if (signal?.aborted) return Promise.reject(signal.reason);
		const id = ++this.#lastId;
		return new Promise((resolve, reject) => {
			const abort = () => {
				this.#port.postMessage({ id, cancel: true }, []);
				this.#settle(id)?.reject(signal?.reason);
			};
			const forget = () => signal?.removeEventListener("abort", abort);
			signal?.addEventListener("abort", abort, { once: true });
			this.#pending.set(id, {
				resolve: (result) => {
					forget();
					resolve(result as Calls[M]["result"]);
				},
				reject: (error) => {
					forget();
					reject(error);
				},
			});
			this.#port.postMessage({ id, method, params, ports }, [...ports]);
		});
	}

	/** Refuses further calls; pending ones may still be answered. */
	refuse(error: unknown): void {
		this.#refused ??= { error };
	}

	/** Resolves when every pending call is answered. */
	settled(): Promise<void> {
		if (this.#pending.size === 0) return Promise.resolve();
		return new Promise((resolve) => this.#idle.push(resolve));
	}

	/** Rejects every pending call, cancels every question, and refuses what comes later. */
	end(error: unknown): void {
		if (this.#ended) return;
		this.#ended = true;
		this.refuse(error);
		this.#port.onmessage = null;
		this.#port.close();
		for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(error);
		for (const asked of this.#asked.values()) asked.abort(error);
		this.#asked.clear();
	}

	#settle(id: number): Pending | undefined {
		const pending = this.#pending.get(id);
		this.#pending.delete(id);
		if (this.#pending.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
		return pending;
	}

	#receive(message: RpcMessage): void {
		if ("method" in message) void this.#serve(message);
		else if ("cancel" in message) this.#asked.get(message.id)?.abort(abortError());
		else if ("error" in message) this.#settle(message.id)?.reject(this.#restore(message.error));
		else this.#settle(message.id)?.resolve(message.result);
	}

	/** An error that stems from what a handler threw gets that as its cause. */
	#restore(error: WireError): unknown {
		const ours = error.reason === "cancelled" || error.reason === "not-saved";
		const cause = ours ? this.#thrown : undefined;
		if (cause !== undefined) this.#thrown = undefined;
		return fromWire(error, cause);
	}

	async #serve({ id, method, params }: Request): Promise<void> {
		const asked = new AbortController();
		this.#asked.set(id, asked);
		try {
			const handler = this.#handlers[method as keyof Handlers] as (p: unknown, s: AbortSignal) => unknown;
			const result = await handler(params, asked.signal);
			if (!this.#ended) this.#port.postMessage({ id, result }, []);
		} catch (error) {
			if (!asked.signal.aborted) this.#thrown = error;
			if (!this.#ended) this.#port.postMessage({ id, error: toWire() }, []);
		} finally {
			this.#asked.delete(id);
		}
	}
}

function abortError(): DOMException {
	return new DOMException("The answer is no longer wanted.", "AbortError");
}
