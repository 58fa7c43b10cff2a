/**
 * Bytes between the core's memory and the browser's objects, copied once and
 * without a value of syscall/js for each message: the Worker's half of
 * netconn/socket_js.go and of wasm/port.go.
 */
import type { PortMessage } from "../client/port.ts";
import { keep } from "./spent.ts";
import { Stream, type StreamWake } from "./stream.ts";

/** What the core finds in the global scope; what runs for every message are imports. */
interface Registry {
	/** Listens to a WebSocket. `wake` is called with nothing when something has come, and otherwise with what happened. */
	socket(ws: WebSocket, limit: number, wake: Wake): number;
	/** Takes a stream's port over. */
	port(port: MessagePort, wake: StreamWake): number;
	/** Sends over a port what is no bytes. */
	tell(id: number, message: Exclude<PortMessage, Uint8Array>): void;
	/** Ends a stream. What has come can still be read. */
	close(id: number): void;
	forget(id: number): void;
}

type Wake = (event?: "open" | "close", code?: number, reason?: string) => void;

/** What `next` says instead of a message's size. */
const NOTHING = -1;
const TEXT = -2;
const TOO_BIG = -3;

export class Bytes {
	#memory: WebAssembly.Memory | undefined;
	#lastID = 0;
	readonly #sockets = new Map<number, Inbox>();
	readonly #streams = new Map<number, Stream>();

	/** What the core imports. */
	readonly imports = {
		/** The size of a socket's next message, or one of the numbers above. */
		next: (id: number) => this.#sockets.get(id)?.next() ?? NOTHING,
		/** Moves the next message to where the core wants it. */
		take: (id: number, at: number) => {
			const message = this.#sockets.get(id)?.take();
			if (!message) return;
			this.#view(at, message.byteLength).set(new Uint8Array(message));
			keep(message);
		},
		/** Sends a message. The browser takes its own copy before it returns. */
		send: (id: number, at: number, size: number) => this.#sockets.get(id)?.ws.send(this.#view(at, size)),
		/** How much was sent and is still on this machine. */
		buffered: (id: number) => Math.min(this.#sockets.get(id)?.ws.bufferedAmount ?? 0, 0x7fffffff),
		/** Sends bytes over a port. */
		post: (id: number, at: number, size: number) => this.#streams.get(id)?.post(this.#view(at, size)),
		/** Moves up to `size` bytes that came over a port to where the core wants them, and says how many. */
		read: (id: number, at: number, size: number) => this.#streams.get(id)?.take(this.#view(at, size)) ?? 0,
		/** How many bytes more a port's other end wants since the last look. */
		credit: (id: number) => this.#streams.get(id)?.credit() ?? 0,
		/** Lets a port's other end send more. */
		grant: (id: number, bytes: number) => this.#streams.get(id)?.tell(bytes),
	};

	/** For the core, as a global of the Worker. */
	readonly registry: Registry = {
		socket: (ws, limit, wake) => {
			this.#sockets.set(++this.#lastID, new Inbox(ws, limit, wake));
			return this.#lastID;
		},
		port: (port, wake) => {
			this.#streams.set(++this.#lastID, new Stream(port, wake));
			return this.#lastID;
		},
		tell: (id, message) => this.#streams.get(id)?.tell(message),
		close: (id) => this.#streams.get(id)?.close(),
		forget: (id) => {
			this.#sockets.get(id)?.close();
			this.#sockets.delete(id);
			this.#streams.delete(id);
		},
	};

	/** Tells where the core's memory is; before the core runs. */
	bind(memory: WebAssembly.Memory): void {
		this.#memory = memory;
	}

	/** Made anew for each use: when the memory grows, a view of before is empty. */
	#view(at: number, size: number): Uint8Array<ArrayBuffer> {
		if (!this.#memory) throw new Error("the core runs before its memory is known");
		return new Uint8Array(this.#memory.buffer as ArrayBuffer, at >>> 0, size);
	}
}

/** The code of a WebSocket that closed without a word, RFC 6455 section 7.4.1. */
const ABNORMAL = 1006;

/** What has come over a WebSocket. The other side's credit bounds it, and `limit` one that does not keep to it. */
class Inbox {
	readonly ws: WebSocket;
	readonly #limit: number;
	readonly #wake: Wake;
	readonly #gone = new AbortController();
	#messages: (ArrayBuffer | string)[] = [];
	#queued = 0;
	#tooBig = false;
	#waking = false;

	constructor(ws: WebSocket, limit: number, wake: Wake) {
		this.ws = ws;
		this.#limit = limit;
		this.#wake = wake;
		const { signal } = this.#gone;
		ws.addEventListener("open", () => wake("open"), { signal });
		// Where a content security policy forbids the connection, no close follows.
		const refused = () => ws.readyState === WebSocket.CLOSED && wake("close", ABNORMAL, "");
		ws.addEventListener("error", refused, { signal });
		ws.addEventListener("message", ({ data }) => this.#receive(data), { signal });
		ws.addEventListener("close", ({ code, reason }) => wake("close", code, reason), { signal });
	}

	next(): number {
		const [head] = this.#messages;
		if (head === undefined) return this.#tooBig ? TOO_BIG : NOTHING;
		return typeof head === "string" ? TEXT : head.byteLength;
	}

	take(): ArrayBuffer | undefined {
		const head = this.#messages.shift();
		if (head === undefined || typeof head === "string") return undefined;
		this.#queued -= head.byteLength;
		return head;
	}

	close(): void {
		this.#gone.abort();
		this.#messages = [];
	}

	#receive(data: ArrayBuffer | string): void {
		if (this.#tooBig) return;
		const size = typeof data === "string" ? 0 : data.byteLength;
		if (size > this.#limit || this.#queued + size > 2 * this.#limit) this.#tooBig = true;
		else this.#messages.push(data);
		this.#queued += size;
		this.#wakeSoon();
	}

	/** One wake for all messages that the browser has ready: to resume the core costs more than a message. */
	#wakeSoon(): void {
		if (this.#waking) return;
		this.#waking = true;
		nextTask(() => {
			this.#waking = false;
			if (!this.#gone.signal.aborted) this.#wake();
		});
	}
}

interface Scheduler {
	postTask(task: () => void): Promise<void>;
}

/** Runs a task after those that are due already. A timer would wait for milliseconds. */
const nextTask: (task: () => void) => void = (() => {
	const { scheduler } = globalThis as unknown as { scheduler?: Scheduler };
	if (scheduler?.postTask) return (task: () => void) => void scheduler.postTask(task);
	const due: (() => void)[] = [];
	const { port1, port2 } = new MessageChannel();
	port1.onmessage = () => due.shift()?.();
	return (task: () => void) => {
		due.push(task);
		port2.postMessage(null);
	};
})();
