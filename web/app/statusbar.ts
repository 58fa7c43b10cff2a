import info from "lucide-static/icons/info.svg";
import type { ConnectionInfo } from "../src/client/index.ts";
import { h, icon } from "../src/element/dom.ts";
import { formatBytes } from "./format.ts";

/** The line below a terminal: state, round trip, bytes, algorithms. */
export class StatusBar {
	readonly element: HTMLElement;
	readonly #state = h("span", { class: "state" });
	readonly #facts = h("span", { class: "facts" });
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

	constructor(onInfo: () => void) {
		this.#more.addEventListener("click", onInfo);
		this.element = h(
			"footer",
			{ class: "statusbar" },
			h("span", { class: "dot" }),
			this.#state,
			this.#facts,
			this.#more,
		);
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
		this.#facts.replaceChildren(...parts.filter((text) => text !== "").map((text) => h("span", {}, text)));
	}
}
