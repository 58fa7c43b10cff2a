/** The page at /embed: a terminal in somebody else's frame. It keeps nothing: its memory goes with it. */
import { SSHError } from "../src/client/index.ts";
import { PromptEvent, type SSHTerminal, type TicketAsk } from "../src/element/index.ts";
import { setLocale, t } from "../src/element/words/words.ts";
import {
	asToFrame,
	type FrameOptions,
	type FromFrame,
	type Greeting,
	problemOf,
	version,
} from "../src/frame/messages.ts";
import { readEmbedders } from "./config.ts";

const main = document.getElementById("embed");

/** Words in place of a terminal: for whoever sets the frame up. */
function explain(text: string): void {
	const p = document.createElement("p");
	p.className = "plain";
	p.setAttribute("role", "alert");
	p.textContent = text;
	main?.replaceChildren(p);
}

async function start(): Promise<void> {
	if (window.parent === window) {
		explain(
			"This page is made to be shown in a frame of another page. Open the gateway's own page to connect by hand.",
		);
		return;
	}
	const embedders = await readEmbedders();
	if (embedders.length === 0) {
		explain("This gateway lets no page show its terminal. Start it with --embed and the origin of your portal.");
		return;
	}
	const init = (event: MessageEvent): void => {
		if (event.source !== window.parent || !embedders.includes(event.origin)) return;
		const [port] = event.ports;
		if (event.data?.type !== "ssh:init" || port === undefined) return;
		const problem = event.data.v === version ? problemOf(event.data.options) : speaks(event.data.v);
		if (problem !== undefined) {
			refuse(problem, event.origin);
			return;
		}
		window.removeEventListener("message", init);
		void begin(port, event.data.options as FrameOptions);
	};
	window.addEventListener("message", init);
	greet({ type: "ssh:hello", v: version }, embedders);
}

function speaks(v: unknown): string {
	return `the portal speaks version ${String(v).slice(0, 10)} of these messages, the gateway version ${version}; bring both to the same release`;
}

function refuse(problem: string, origin: string): void {
	const message = `The portal's page asks for something that cannot be: ${problem}.`;
	explain(message);
	greet({ type: "ssh:refused", v: version, message }, [origin]);
}

/** Says something to the parent, if it is one of those: the browser sees to it that no other hears it. */
function greet(greeting: Greeting, origins: readonly string[]): void {
	for (const origin of origins) window.parent.postMessage(greeting, origin);
}

function noTicket(): SSHError {
	return new SSHError("relay", t("problem.no-ticket"), { reason: "ticket", hint: t("problem.no-ticket.todo") });
}

/** The first that is drawn has the portal's words. */
async function begin(port: MessagePort, options: FrameOptions): Promise<void> {
	const { locale = document.documentElement.lang } = options;
	document.documentElement.lang = locale;
	await setLocale(locale).catch(() => {}); // none that this browser knows: English stays
	new Frame(port).begin(options);
}

/** A terminal that a portal's page directs over a port. */
class Frame {
	readonly #port: MessagePort;
	readonly #terminal = document.createElement("ssh-terminal") as SSHTerminal;
	#ticket: PromiseWithResolvers<string> | undefined;

	constructor(port: MessagePort) {
		this.#port = port;
		const terminal = this.#terminal;
		terminal.addEventListener("ssh-state", (event) => {
			const { state, text } = (event as CustomEvent<{ state: string; text: string }>).detail;
			this.#say({ type: "state", state, text });
		});
		terminal.addEventListener("ssh-title", (event) => {
			this.#say({ type: "title", title: (event as CustomEvent<{ title: string }>).detail.title });
		});
		terminal.addEventListener("ssh-exit", (event) => {
			const { status, signal } = (event as CustomEvent<{ status?: number; signal?: string }>).detail;
			this.#say({ type: "exit", ...(status !== undefined && { status }), ...(signal !== undefined && { signal }) });
		});
		terminal.addEventListener("ssh-error", (event) => {
			const { code, message, hint } = (event as CustomEvent<{ code: string; message: string; hint: string }>).detail;
			this.#say({ type: "error", code, message, hint });
		});
		terminal.addEventListener("ssh-ticket", (event) => {
			if (event instanceof PromptEvent) (event as PromptEvent<TicketAsk, string>).respondWith(this.#askTicket());
		});
		main?.replaceChildren(terminal);
		port.onmessage = ({ data }) => this.#hear(data);
	}

	begin(options: FrameOptions): void {
		const { ticket, host, port, username, fingerprint, theme, fontSize, readonly } = options;
		const set = (name: string, value: string | undefined): void => {
			if (value === undefined) this.#terminal.removeAttribute(name);
			else this.#terminal.setAttribute(name, value);
		};
		set("fingerprint", fingerprint);
		set("font-size", fontSize?.toString());
		set("readonly", readonly === true ? "" : undefined);
		this.#theme(theme ?? "auto");
		this.#terminal
			.connect({
				...(ticket !== undefined && { ticket }),
				...(host !== undefined && { host }),
				...(port !== undefined && { port }),
				...(username !== undefined && { username }),
			})
			.catch(() => {}); // told by ssh-error
	}

	#theme(theme: "auto" | "light" | "dark"): void {
		document.documentElement.dataset.theme = theme;
		this.#terminal.setAttribute("theme", theme);
	}

	#hear(data: unknown): void {
		const message = asToFrame(data);
		switch (message?.type) {
			case "connect":
				this.begin(message.options);
				break;
			case "disconnect":
				this.#terminal.disconnect();
				break;
			case "focus":
				this.#terminal.focus();
				break;
			case "theme":
				this.#theme(message.theme);
				break;
			case "ticket":
				if (message.ticket !== undefined) this.#ticket?.resolve(message.ticket);
				else this.#ticket?.reject(noTicket());
				this.#ticket = undefined;
				break;
			default: // a message that we do not know changes nothing
		}
	}

	#askTicket(): Promise<string> {
		this.#ticket ??= Promise.withResolvers<string>();
		this.#say({ type: "ticket" });
		return this.#ticket.promise;
	}

	#say(message: FromFrame): void {
		this.#port.postMessage(message);
	}
}

void start();
