/** The portal's side of a framed terminal. It loads nothing of ours into the portal's page but this file. */
import type { FrameOptions, FromFrame, Greeting, Init, ToFrame } from "./messages.ts";
import { version } from "./messages.ts";

export type { FrameOptions } from "./messages.ts";

/** News of the frame; each is an Event with the facts as `detail`. */
export interface TerminalFrameEvents {
	state: CustomEvent<{ readonly state: string; readonly text: string }>;
	title: CustomEvent<{ readonly title: string }>;
	exit: CustomEvent<{ readonly status?: number; readonly signal?: string }>;
	/** `code` is one of docs/errors.md, or `frame` if the frame refused what it was told. */
	error: CustomEvent<{ readonly code: string; readonly message: string; readonly hint: string }>;
}

type Listener<E> = ((event: E) => void) | { handleEvent(event: E): void };

/** Options of a frame. */
export interface TerminalFrameOptions extends Omit<FrameOptions, "ticket"> {
	/** Fetches a ticket from the portal's own server, anew for each connection. */
	readonly ticket?: () => Promise<string>;
}

/**
 * A terminal in an `<iframe>` of the gateway: put `element` where it belongs,
 * and it connects. The gateway has to list this page's origin (--embed).
 */
export class TerminalFrame extends EventTarget {
	readonly element: HTMLIFrameElement;
	readonly #origin: string;
	readonly #options: TerminalFrameOptions;
	#port: MessagePort | undefined;

	/** `gateway` is the URL of a Wasmiko, such as https://ssh.example.org/. */
	constructor(gateway: string | URL, options: TerminalFrameOptions) {
		super();
		const url = new URL("embed", new URL(gateway, location.href));
		this.#origin = url.origin;
		this.#options = options;
		this.element = document.createElement("iframe");
		this.element.src = url.href;
		this.element.title = "SSH terminal";
		this.element.allow =
			"clipboard-read; clipboard-write; fullscreen; publickey-credentials-get; publickey-credentials-create";
		this.element.referrerPolicy = "no-referrer";
		window.addEventListener("message", this.#greet);
	}

	/** Connects again, elsewhere if options say so. */
	async connect(options: Omit<TerminalFrameOptions, "ticket"> = {}): Promise<void> {
		const { ticket, ...rest } = { ...this.#options, ...options };
		this.#say({ type: "connect", options: { ...rest, ...(ticket && { ticket: await ticket() }) } });
	}

	disconnect(): void {
		this.#say({ type: "disconnect" });
	}

	/** Puts the focus into the terminal, or into its open question. */
	focus(): void {
		this.element.focus();
		this.#say({ type: "focus" });
	}

	setTheme(theme: "auto" | "light" | "dark"): void {
		this.#say({ type: "theme", theme });
	}

	/** Takes the frame out of the page; its session ends. */
	remove(): void {
		window.removeEventListener("message", this.#greet);
		this.#port?.close();
		this.element.remove();
	}

	override addEventListener<K extends keyof TerminalFrameEvents>(
		type: K,
		listener: Listener<TerminalFrameEvents[K]> | null,
		options?: AddEventListenerOptions | boolean,
	): void {
		super.addEventListener(type, listener as EventListenerOrEventListenerObject | null, options);
	}

	#say(message: ToFrame): void {
		this.#port?.postMessage(message);
	}

	/** The frame says hello whenever it was loaded: also when it was reloaded. */
	readonly #greet = ({ source, origin, data }: MessageEvent<Greeting>): void => {
		if (source !== this.element.contentWindow || origin !== this.#origin) return;
		if (data?.type === "ssh:refused") this.#fail(data.message);
		else if (data?.type === "ssh:hello") void this.#init().catch((error: unknown) => this.#fail(String(error)));
	};

	async #init(): Promise<void> {
		const { ticket, ...rest } = this.#options;
		const options: FrameOptions = { ...rest, ...(ticket && { ticket: await ticket() }) };
		const { port1, port2 } = new MessageChannel();
		this.#port?.close();
		this.#port = port1;
		port1.onmessage = ({ data }: MessageEvent<FromFrame>) => void this.#hear(data);
		const init: Init = { type: "ssh:init", v: version, options };
		this.element.contentWindow?.postMessage(init, this.#origin, [port2]);
	}

	async #hear({ type, ...detail }: FromFrame): Promise<void> {
		if (type !== "ticket") {
			this.dispatchEvent(new CustomEvent(type, { detail }));
			return;
		}
		const ticket = await this.#options.ticket?.().catch(() => undefined);
		this.#say({ type: "ticket", ...(ticket !== undefined && { ticket }) });
	}

	#fail(message: string): void {
		this.dispatchEvent(new CustomEvent("error", { detail: { code: "frame", message, hint: "" } }));
	}
}
