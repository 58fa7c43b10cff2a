/** The portal's side of a framed terminal. It loads nothing of ours into the portal's page but this file. */
import * as wire from "./messages.ts";

export type * from "./types.ts";

const Events: new () => wire.TerminalFrameTarget = EventTarget;

/**
 * A terminal in an `<iframe>` of the gateway: put `element` where it belongs,
 * and it connects. The gateway has to list this page's origin (--embed).
 */
export class TerminalFrame extends Events {
	/** The frame. Give it a size. */
	readonly element = document.createElement("iframe");
	readonly #page: URL;
	readonly #options: wire.TerminalFrameOptions;
	#channel: MessageChannel | undefined;
	#ticket: Promise<string> | undefined;

	/** `gateway` is the URL of a Wasmiko, such as https://ssh.example.org/ or https://example.org/ssh/. */
	constructor(gateway: string | URL, options: wire.TerminalFrameOptions) {
		super();
		this.#page = new URL("embed", new URL(gateway, location.href).href.replace(/\/?$/, "/"));
		this.#options = options;
		Object.assign(this.element, { ...wire.frame, src: this.#page });
		window.addEventListener("message", this.#greet);
	}

	/** Connects again, elsewhere if options say so. */
	async connect(options: Omit<wire.TerminalFrameOptions, "ticket"> = {}): Promise<void> {
		this.#say({ type: "connect", options: await this.#withTicket({ ...this.#options, ...options }) });
	}

	/** Ends the session; what is on the screen stays. */
	disconnect(): void {
		this.#say({ type: "disconnect" });
	}

	/** Puts the focus into the terminal, or into its open question. */
	focus(): void {
		this.element.focus();
		this.#say({ type: "focus" });
	}

	/** Changes the colours. */
	setTheme(theme: "auto" | "light" | "dark"): void {
		this.#say({ type: "theme", theme });
	}

	/** Takes the frame out of the page; its session ends. */
	remove(): void {
		window.removeEventListener("message", this.#greet);
		this.#channel?.port1.close();
		this.element.remove();
	}

	readonly #say = (message: wire.ToFrame): void => this.#channel?.port1.postMessage(message);

	/** The frame says hello whenever it was loaded: also when it was reloaded. */
	readonly #greet = ({ source, origin, data }: MessageEvent): void => {
		if (source !== this.element.contentWindow || origin !== this.#page.origin) return;
		if (data?.type === "ssh:refused") this.#fail(data.message);
		else if (data?.type === "ssh:hello" && this.#ticket === undefined) this.#init().catch(this.#fail);
	};

	async #init(): Promise<void> {
		const init: wire.Init = { type: "ssh:init", v: wire.version, options: await this.#withTicket(this.#options) };
		this.#channel?.port1.close();
		this.#channel = new MessageChannel();
		this.#channel.port1.onmessage = ({ data }) => void this.#hear(data);
		this.element.contentWindow?.postMessage(init, this.#page.origin, [this.#channel.port2]);
	}

	async #hear(data: unknown): Promise<void> {
		const { type, ...detail } = wire.asFromFrame(data) ?? {};
		if (type === "ticket")
			this.#say({ type, ...(await this.#withTicket({ ticket: this.#options.ticket }).catch(() => ({}))) });
		else if (type !== undefined) this.dispatchEvent(new CustomEvent(type, { detail }));
	}

	/** One ticket is asked for at a time, however often a frame may want one. */
	async #withTicket({ ticket, ...options }: wire.TerminalFrameOptions): Promise<wire.FrameOptions> {
		if (ticket === undefined) return options;
		this.#ticket ??= ticket().finally(() => (this.#ticket = undefined));
		return { ...options, ticket: await this.#ticket };
	}

	readonly #fail = (problem: unknown): void => void this.#hear(wire.failure(problem));
}
