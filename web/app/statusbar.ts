import folder from "lucide-static/icons/folder.svg";
import info from "lucide-static/icons/info.svg";
import type { ConnectionInfo } from "../src/client/index.ts";
import { formatBytes } from "../src/element/bytes.ts";
import { h, icon } from "../src/element/dom.ts";

/** What the bar's buttons do. */
export interface StatusBarEvents {
	onFiles(): void;
	onInfo(): void;
}

/** The line below a terminal: state, round trip, bytes, algorithms, and the way to the files. */
export class StatusBar {
	readonly element: HTMLElement;
	readonly #state = h("span", { class: "state" });
	readonly #facts = h("span", { class: "facts" });
	readonly #transfers = h("span", { class: "transfers-note" });
	readonly #files = h(
		"button",
		{
			type: "button",
			class: "bar-button",
			title: "Files (Ctrl+Shift+L)",
			"aria-keyshortcuts": "Control+Shift+L",
			"aria-expanded": "false",
		},
		icon(folder),
		h("span", {}, "Files"),
		this.#transfers,
	);
	readonly #keys = h("button", { type: "button", class: "bar-button", hidden: true }, "New host keys…");
	readonly #more = h(
		"button",
		{
			type: "button",
			class: "icon-button",
			"aria-label": "About this connection",
			title: "About this connection (Ctrl+Shift+Y)",
			disabled: true,
		},
		icon(info),
	);

	constructor(events: StatusBarEvents) {
		this.#more.addEventListener("click", () => events.onInfo());
		this.#files.addEventListener("click", () => events.onFiles());
		this.element = h(
			"footer",
			{ class: "statusbar" },
			h("span", { class: "dot" }),
			this.#state,
			this.#facts,
			this.#keys,
			this.#files,
			this.#more,
		);
	}

	/** Shows whether the files are open, and how far their transfers are; "" if there are none. */
	files(open: boolean, transfers: string): void {
		this.#files.setAttribute("aria-expanded", String(open));
		this.#transfers.textContent = transfers;
	}

	/** Offers the server's further keys; undefined: there are none to look at. */
	hostKeys(onClick: (() => void) | undefined): void {
		this.#keys.hidden = onClick === undefined;
		this.#keys.onclick = onClick ?? null;
	}

	/** Shows a state in words. */
	state(state: string, text: string): void {
		this.element.dataset.state = state;
		this.#state.textContent = text;
		if (state !== "ready") this.#facts.replaceChildren();
		this.#more.disabled = state !== "ready";
	}

	/** Shows what is known of a connection. */
	facts(facts: ConnectionInfo): void {
		const parts = [
			facts.rttMs > 0 ? `${Math.round(facts.rttMs)} ms` : "",
			`↑ ${formatBytes(facts.bytesOut)}  ↓ ${formatBytes(facts.bytesIn)}`,
			facts.keyExchange,
			facts.cipherOut.replace(/@openssh\.com$/, ""),
		];
		const weak = facts.weak.length === 0 ? [] : [weakBadge(facts.weak)];
		this.#facts.replaceChildren(...weak, ...parts.filter((text) => text !== "").map((text) => h("span", {}, text)));
	}
}

function weakBadge(weak: readonly string[]): HTMLElement {
	const title = `No longer safe: ${weak.join(", ")}`;
	return h("strong", { class: "weak", title }, "Old algorithms");
}
