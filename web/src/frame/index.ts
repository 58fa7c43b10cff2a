/** The portal's side of a framed terminal. It loads nothing of ours into the portal's page but this file. */
import * as wire from "./messages.ts";

export type {
	FrameOptions,
	Listener,
	TerminalFrameEvents,
	TerminalFrameOptions,
	TerminalFrameTarget,
} from "./messages.ts";

/** What a browser keeps from frames unless their page allows it. */
const allow =
	"clipboard-read; clipboard-write; fullscreen; local-network; loopback-network; publickey-credentials-get; publickey-credentials-create";

const Events: new () => wire.TerminalFrameTarget = EventTarget;

/**
 * A terminal in an `<iframe>` of the gateway: put `element` where it belongs,
 * and it connects. The gateway has to list this page's origin (--embed).
 */
export class TerminalFrame extends Events {
	/** The frame. Give it a size. */
	readonly element = document.createElement("iframe");
	readonly #origin: string;
	readonly #options: wire.TerminalFrameOptions;
	#port: MessagePort | undefined;
	#ticket: Promise<string> | undefined;

	/** `gateway` is the URL of a Wasmiko, such as https://ssh.example.org/. */
	constructor(gateway: string | URL, options: wire.TerminalFrameOptions) {
		super();
		const { href, origin } = new URL("embed", new URL(gateway, location.href));
		this.#origin = origin;
		this.#options = options;
		Object.assign(this.element, { src: href, title: "SSH terminal", allow, referrerPolicy: "no-referrer" });
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
		this.#port?.close();
		this.element.remove();
	}

	#say(message: wire.ToFrame): void {
		this.#port?.postMessage(message);
	}

	/** The frame says hello whenever it was loaded: also when it was reloaded. */
	readonly #greet = ({ source, origin, data }: MessageEvent): void => {
		if (source !== this.element.contentWindow || origin !== this.#origin) return;
		if (data?.type === "ssh:refused") this.#fail(data.message);
		else if (data?.type === "ssh:hello" && this.#ticket === undefined) this.#init().catch((e) => this.#fail(e));
	};

	async #init(): Promise<void> {
		const init: wire.Init = { type: "ssh:init", v: wire.version, options: await this.#withTicket(this.#options) };
		const { port1, port2 } = new MessageChannel();
		this.#port?.close();
		this.#port = port1;
		port1.onmessage = ({ data }) => void this.#hear(data);
		this.element.contentWindow?.postMessage(init, this.#origin, [port2]);
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
		this.#ticket ??= ticket().finally(() => {
			this.#ticket = undefined;
		});
		return { ...options, ticket: await this.#ticket };
	}

	#fail(problem: unknown): void {
		const message = String(problem).slice(0, 1000);
		this.dispatchEvent(new CustomEvent("error", { detail: { code: "frame", message, hint: "" } }));
	}
}
