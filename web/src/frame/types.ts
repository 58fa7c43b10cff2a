/** What a portal's page writes: what it tells a frame, and what it hears of it. */

/** What a frame is told. Nothing here is a secret but the ticket. */
export interface FrameOptions {
	/** A ticket for one connection; it names the target. */
	readonly ticket?: string;
	readonly host?: string;
	readonly port?: number;
	readonly username?: string;
	/** The server's key, as `SHA256:…`; without it and without a ticket that names one, the person is asked. */
	readonly fingerprint?: string;
	readonly theme?: "auto" | "light" | "dark";
	/** In pixels, 8 to 40. */
	readonly fontSize?: number;
	/** Show only: what is typed goes nowhere. */
	readonly readonly?: boolean;
	/** The language of the page, as BCP 47 writes it. */
	readonly locale?: string;
}

/** News of a frame; each is an Event with the facts as `detail`. */
export interface TerminalFrameEvents {
	state: CustomEvent<{ readonly state: string; readonly text: string }>;
	title: CustomEvent<{ readonly title: string }>;
	exit: CustomEvent<{ readonly status?: number; readonly signal?: string }>;
	/** `code` is one of docs/errors.md, or `frame` if the frame refused what it was told. */
	error: CustomEvent<{ readonly code: string; readonly message: string; readonly hint: string }>;
}

/** Who hears an event. */
export type Listener<E> = ((event: E) => void) | { handleEvent(event: E): void };

/** An EventTarget that knows the events of a frame. */
export interface TerminalFrameTarget extends EventTarget {
	addEventListener<K extends keyof TerminalFrameEvents>(
		type: K,
		listener: Listener<TerminalFrameEvents[K]> | null,
		options?: AddEventListenerOptions | boolean,
	): void;
}

/** Options of a frame. */
export interface TerminalFrameOptions extends Omit<FrameOptions, "ticket"> {
	/** Fetches a ticket from the portal's own server, anew for each connection. */
	readonly ticket?: (() => Promise<string>) | undefined;
}
