/**
 * Streams whose two ends are in this Worker: the core at one, a job with a
 * local file at the other. Each message over a MessagePort is an event of the
 * browser and a copy; here it is a call.
 */
import type { Messages, PortMessage } from "../client/port.ts";

/** What a {@link Near} says over its MessagePort first: where it is to be had without. */
export interface NearMessage {
	readonly near: number;
}

/** Ends that the core has not met yet. */
const waiting = new Map<number, Near>();
let lastID = 0;

/**
 * The far end of a stream of the core's, in the place of a MessagePort. Bytes
 * that it receives lie in the core's memory, and are good only until the call
 * returns; those that it sends are the core's from then on.
 */
export class Near implements Messages {
	onmessage: Messages["onmessage"] = null;
	/** Whether pieces may be parts of a larger buffer. */
	readonly shares = true;
	readonly #id = ++lastID;
	readonly #port: MessagePort;
	#deliver: ((message: PortMessage) => void) | undefined;
	#backlog: PortMessage[] = [];

	constructor(port: MessagePort) {
		this.#port = port;
		waiting.set(this.#id, this);
		// What the core says before it knows of us.
		port.onmessage = ({ data }: MessageEvent<PortMessage>) => this.receive(data);
		port.postMessage({ near: this.#id } satisfies NearMessage);
	}

	/** The end that a core was told of, unless that was closed meanwhile. */
	static meet(id: number, deliver: (message: PortMessage) => void): Near | undefined {
		const near = waiting.get(id);
		waiting.delete(id);
		if (!near) return undefined;
		near.#deliver = deliver;
		for (const message of near.#backlog.splice(0)) deliver(message);
		return near;
	}

	/** Takes what the core says. */
	receive(data: PortMessage): void {
		this.onmessage?.({ data });
	}

	postMessage(message: PortMessage): void {
		if (this.#deliver) this.#deliver(message);
		else this.#backlog.push(message);
	}

	/** What was sent before still arrives. */
	close(): void {
		if (waiting.delete(this.#id)) for (const message of this.#backlog) this.#port.postMessage(message);
		this.#port.onmessage = null;
		this.#port.close();
	}
}
