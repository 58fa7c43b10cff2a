/**
 * The core's end of a stream: what has come and waits for the core to take it.
 * The Worker's half of wasm/port.go.
 */
import type { PortMessage } from "../client/port.ts";
import { Near, type NearMessage } from "./near.ts";
import { reuse } from "./spent.ts";

/** Tells the core: to look for bytes and credit, or, with what came instead of them, of an end. */
export type StreamWake = (end?: Exclude<PortMessage, Uint8Array | number>) => void;

/** Pieces of so much are a flow; what is less leaves at once. */
const LARGE = 32 * 1024;

/** The most that leaves as one message, of pieces that are not larger. */
const JOINED = 256 * 1024;

export class Stream {
	readonly #port: MessagePort;
	readonly #wake: StreamWake;
	/** The other end, where it is in this Worker. */
	#near: Near | undefined;
	#chunks: Uint8Array[] = [];
	/** Taken so far of the first chunk. */
	#offset = 0;
	#credit = 0;
	#waking = false;
	#closed = false;
	/** Large pieces that leave together when the core rests. */
	#joined: Uint8Array<ArrayBuffer> | undefined;
	/** Filled of that. */
	#used = 0;

	constructor(port: MessagePort, wake: StreamWake) {
		this.#port = port;
		this.#wake = wake;
		port.onmessage = ({ data }: MessageEvent<PortMessage | NearMessage>) => {
			if (isNear(data)) this.#near = Near.meet(data.near, (message) => this.#receiveNear(message));
			else this.#receive(data);
		};
	}

	/** Moves bytes that have come into `to`, and says how many. */
	take(to: Uint8Array): number {
		let n = 0;
		for (let head = this.#chunks[0]; head && n < to.length; head = this.#chunks[0]) {
			const part = head.subarray(this.#offset, this.#offset + to.length - n);
			to.set(part, n);
			n += part.length;
			this.#offset += part.length;
			if (this.#offset < head.length) break;
			this.#chunks.shift();
			this.#offset = 0;
		}
		return n;
	}

	/** How many bytes more the other end wants since the last look. */
	credit(): number {
		const credit = this.#credit;
		this.#credit = 0;
		return credit;
	}

	/** Sends bytes of the core's memory. */
	post(bytes: Uint8Array<ArrayBuffer>): void {
		if (this.#near) {
			this.#near.receive(bytes);
			return;
		}
		if (bytes.length >= LARGE) {
			this.#gather(bytes);
			return;
		}
		this.#flush();
		this.#send(bytes.slice());
	}

	/** Sends anything else. */
	tell(message: Exclude<PortMessage, Uint8Array>): void {
		this.#flush();
		if (this.#near) this.#near.receive(message);
		else this.#port.postMessage(message);
	}

	/** What was sent before still arrives, and what has come can still be taken. */
	close(): void {
		this.#flush();
		this.#closed = true;
		this.#port.onmessage = null;
		this.#port.close();
	}

	/** Joins what a flow brings while the core is at work: a message costs the same whatever it holds. */
	#gather(bytes: Uint8Array): void {
		if (this.#joined && this.#joined.length - this.#used < bytes.length) this.#flush();
		if (!this.#joined) {
			this.#joined = new Uint8Array(reuse(bytes.length) ?? new ArrayBuffer(Math.max(JOINED, bytes.length)));
			queueMicrotask(() => this.#flush());
		}
		this.#joined.set(bytes, this.#used);
		this.#used += bytes.length;
	}

	#flush(): void {
		const joined = this.#joined?.subarray(0, this.#used);
		this.#joined = undefined;
		this.#used = 0;
		if (joined) this.#send(joined);
	}

	/** Gives away bytes in a buffer whose other bytes nobody needs. */
	#send(own: Uint8Array<ArrayBuffer>): void {
		this.#port.postMessage(own, [own.buffer]);
	}

	#receive(message: PortMessage): void {
		if (this.#note(message)) this.#wake();
	}

	/** The core may be at work just now, further down: it is told when it rests. */
	#receiveNear(message: PortMessage): void {
		if (!this.#note(message, queueMicrotask) || this.#waking) return;
		this.#waking = true;
		queueMicrotask(() => {
			this.#waking = false;
			if (!this.#closed) this.#wake();
		});
	}

	/** Keeps bytes and credit, and passes an end on; whether the core has something to look for. */
	#note(message: PortMessage, run = (task: () => void) => task()): boolean {
		if (this.#closed) return false;
		if (typeof message === "number") this.#credit += message;
		else if (message instanceof Uint8Array) this.#chunks.push(message);
		else {
			run(() => {
				if (!this.#closed) this.#wake(message);
			});
			return false;
		}
		return true;
	}
}

function isNear(message: PortMessage | NearMessage): message is NearMessage {
	return typeof message === "object" && message !== null && "near" in message;
}
