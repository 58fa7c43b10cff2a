/** Bytes over a MessagePort, with credit: the page's half of wasm/port.go. */
import { SSHError } from "./errors.ts";

/**
 * How many bytes may be on their way to a terminal. Few, for Ctrl-C has to wait
 * until they are parsed.
 */
export const TERMINAL_WINDOW = 64 * 1024;

/** How many bytes may be on their way to any other reader. */
export const WINDOW = 1024 * 1024;

/** The largest piece that is sent as one message. */
const PIECE = 128 * 1024;

/** What crosses a port: bytes, credit, the end, or a failure. */
export type PortMessage = Uint8Array | number | null | { readonly code: string; readonly message: string };

/** The part of MessagePort that is used here. */
export interface Messages {
	onmessage: ((event: { readonly data: PortMessage }) => void) | null;
	postMessage(message: PortMessage, transfer: ArrayBuffer[]): void;
	close(): void;
	/** Whether bytes need no buffer of their own, for they are not transferred. */
	readonly shares?: boolean;
}

/** Takes what a port receives. */
export interface Sink {
	/** A chunk, which the sink owns now; it calls {@link BytePort.grant} when it has consumed it. */
	data(chunk: Uint8Array): void;
	/** The last call: no more will come, because of `error` if there is one. */
	end(error?: unknown): void;
}

/**
 * A two-way stream of bytes. Each direction ends by itself: with EOF, or with
 * an error, which ends both. When both have ended the port is closed.
 */
export class BytePort {
	readonly #port: Messages;
	readonly #onClose: (() => void) | undefined;
	#sink: Sink | undefined;
	#window = WINDOW;
	#owed = 0;
	#received: { readonly error?: unknown } | undefined;
	#credit = 0;
	readonly #queue: Uint8Array[] = [];
	#pending = 0;
	#ending = false;
	#sent: { readonly error?: unknown } | undefined;
	#drained: { resolve(): void; reject(error: unknown): void }[] = [];

	constructor(port: MessagePort | Messages, onClose?: () => void) {
		this.#port = port as Messages;
		this.#onClose = onClose;
		this.#port.onmessage = (event) => this.#receive(event.data);
	}

	/** Bytes that wait for credit. */
	get pending(): number {
		return this.#pending;
	}

	/** Whether a sink takes the bytes already. */
	get reading(): boolean {
		return this.#sink !== undefined;
	}

	/** Whether both directions have ended. */
	get closed(): boolean {
		return this.#sent !== undefined && this.#received !== undefined;
	}

	/** Starts to read, which lets the other side send `window` bytes; only once. */
	read(sink: Sink, window = WINDOW): void {
		if (this.#sink) throw new TypeError("the stream has a reader already");
		this.#sink = sink;
		this.#window = window;
		if (this.#received) sink.end(this.#received.error);
		else this.#port.postMessage(window, []);
	}

	/** Tells that the sink has consumed `bytes` bytes. Credit goes back in a few large pieces, for every message costs. */
	grant(bytes: number): void {
		this.#owed += bytes;
		if (this.#owed < this.#window / 4 || this.#received) return;
		this.#port.postMessage(this.#owed, []);
		this.#owed = 0;
	}

	/** Sends bytes as credit allows. They are given away. After the end they go nowhere. */
	write(bytes: Uint8Array): void {
		if (this.#sent || this.#ending || bytes.byteLength === 0) return;
		this.#queue.push(bytes);
		this.#pending += bytes.byteLength;
		this.#flush();
	}

	/** Resolves when all that was written is sent; rejects when it cannot be. */
	drained(): Promise<void> {
		if (this.#sent?.error !== undefined) return Promise.reject(this.#sent.error);
		if (this.#pending === 0) return Promise.resolve();
		return new Promise((resolve, reject) => this.#drained.push({ resolve, reject }));
	}

	/** Sends EOF after what was written. The other direction stays open. */
	end(): void {
		if (this.#sent || this.#ending) return;
		this.#ending = true;
		this.#flush();
	}

	/** Breaks both directions off and tells the other side. */
	reset(error: unknown): void {
		if (this.closed) return;
		this.#port.postMessage({ code: "aborted", message: "broken off" }, []);
		this.fail(error);
	}

	/** Ends both directions without a word to the other side: it is gone. */
	fail(error: unknown): void {
		this.#endSending(error);
		this.#endReceiving({ error });
	}

	#receive(message: PortMessage): void {
		if (this.#received && !(typeof message === "number")) {
			if (message !== null && !(message instanceof Uint8Array)) this.#endSending(portError(message));
			return;
		}
		if (typeof message === "number") {
			this.#credit += message;
			this.#flush();
		} else if (message === null) this.#endReceiving({});
		else if (!(message instanceof Uint8Array)) this.fail(portError(message));
		// An empty chunk says nothing, and a byte stream refuses it.
		else if (message.byteLength > 0) this.#sink?.data(message);
	}

	#flush(): void {
		while (this.#credit > 0) {
			const head = this.#queue[0];
			if (!head) break;
			const size = Math.min(head.byteLength, this.#credit, PIECE);
			if (size === head.byteLength) this.#queue.shift();
			else this.#queue[0] = head.subarray(size);
			this.#credit -= size;
			this.#pending -= size;
			const piece = this.#port.shares ? head.subarray(0, size) : own(head, size);
			this.#port.postMessage(piece, [piece.buffer as ArrayBuffer]);
		}
		if (this.#queue.length > 0) return;
		for (const waiter of this.#drained.splice(0)) waiter.resolve();
		if (!this.#ending || this.#sent) return;
		this.#port.postMessage(null, []);
		this.#endSending(undefined);
	}

	#endSending(error: unknown): void {
		if (this.#sent) return;
		this.#sent = { error };
		this.#queue.length = 0;
		this.#pending = 0;
		for (const waiter of this.#drained.splice(0)) waiter.reject(error);
		this.#closeIfDone();
	}

	#endReceiving(end: { readonly error?: unknown }): void {
		if (this.#received) return;
		this.#received = end;
		this.#sink?.end(end.error);
		this.#closeIfDone();
	}

	#closeIfDone(): void {
		if (!this.closed) return;
		this.#port.onmessage = null;
		this.#port.close();
		this.#onClose?.();
	}
}

/** The first `size` bytes in a buffer that holds nothing else, so that it can be transferred. */
function own(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
	const whole = bytes.byteLength === size && bytes.buffer.byteLength === size;
	if (whole && bytes.buffer instanceof ArrayBuffer) return bytes as Uint8Array<ArrayBuffer>;
	return bytes.slice(0, size) as Uint8Array<ArrayBuffer>;
}

function portError(message: { readonly code: string; readonly message: string }): SSHError {
	const code = message.code === "closed" || message.code === "channel" ? message.code : "closed";
	return new SSHError(code, message.message);
}

/** How much a stream made of a port keeps before it stops to ask for more. */
const HIGH_WATER = 64 * 1024;

/**
 * What a port receives, as a byte stream where the browser has them (WebKit
 * has not). Credit is given as the stream is read, so that a slow reader slows
 * the server down. Cancelling it discards what still comes and leaves the other
 * direction alone; `onCancel` is told.
 */
export function readableOf(
	port: Pick<BytePort, "read" | "grant">,
	onCancel?: (reason: unknown) => void,
): ReadableStream<Uint8Array> {
	let pulled = 0;
	let enqueued = 0;
	let cancelled = false;
	let failed: { readonly error: unknown } | undefined;
	return streamOf({
		start(controller) {
			port.read({
				data(chunk) {
					if (cancelled) return port.grant(chunk.byteLength);
					enqueued += chunk.byteLength;
					controller.enqueue(chunk as Uint8Array<ArrayBuffer>);
				},
				end(error) {
					if (cancelled) return;
					// A stream that fails forgets its queue: first let that be read.
					if (error !== undefined && controller.desiredSize !== HIGH_WATER) failed = { error };
					else if (error !== undefined) controller.error(error);
					if (error !== undefined) return;
					controller.close();
					if ("byobRequest" in controller) controller.byobRequest?.respond(0);
				},
			});
		},
		pull(controller) {
			const queued = HIGH_WATER - (controller.desiredSize ?? 0);
			if (failed && queued === 0) return controller.error(failed.error);
			const consumed = enqueued - queued;
			port.grant(consumed - pulled);
			pulled = consumed;
		},
		cancel(reason) {
			cancelled = true;
			port.grant(enqueued - pulled);
			onCancel?.(reason);
		},
	});
}

/** What both kinds of stream take alike. */
interface Source {
	start(controller: ReadableByteStreamController | ReadableStreamDefaultController<Uint8Array>): void;
	pull(controller: ReadableByteStreamController | ReadableStreamDefaultController<Uint8Array>): void;
	cancel(reason: unknown): void;
}

function streamOf(source: Source): ReadableStream<Uint8Array> {
	if ("ReadableByteStreamController" in globalThis)
		return new ReadableStream({ ...source, type: "bytes" }, { highWaterMark: HIGH_WATER });
	return new ReadableStream<Uint8Array>(source, new ByteLengthQueuingStrategy({ highWaterMark: HIGH_WATER }));
}

/** What a port sends, as a stream. Closing it sends EOF; aborting it breaks the port off. */
export function writableOf(port: BytePort): WritableStream<Uint8Array> {
	return new WritableStream(
		{
			write(chunk: Uint8Array) {
				port.write(chunk.slice());
				return port.drained();
			},
			close() {
				port.end();
				return port.drained();
			},
			abort(reason) {
				port.reset(reason);
			},
		},
		new ByteLengthQueuingStrategy({ highWaterMark: HIGH_WATER }),
	);
}
