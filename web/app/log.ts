import type { TraceEvent } from "../src/client/index.ts";
import { h } from "../src/element/dom.ts";
import { showable } from "../src/element/untrusted.ts";

/** How many lines are kept: a rekey a gigabyte and a line a channel fill it slowly. */
const most = 1000;

/** The log of a session's connections. Nothing secret is in it, and nothing of what was typed or shown. */
export class Log {
	readonly #lines: string[] = [];

	add({ time, step, detail, warning, jump }: TraceEvent): void {
		const what = `${step}${jump === undefined ? "" : ` (${jump})`}${detail === "" ? "" : `: ${showable(detail, 200)}`}`;
		this.#lines.push(`${new Date(time).toISOString()} ${warning ? "WARNING " : ""}${what}`);
		if (this.#lines.length > most) this.#lines.shift();
	}

	get text(): string {
		return this.#lines.join("\n");
	}

	/** The log with its buttons, folded away. */
	panel(name: string): HTMLElement {
		const copy = h("button", { type: "button", class: "button quiet" }, "Copy log");
		copy.addEventListener("click", () => {
			void navigator.clipboard.writeText(this.text).then(
				() => (copy.textContent = "Copied"),
				() => (copy.textContent = "The browser did not allow copying"),
			);
		});
		const save = h(
			"button",
			{ type: "button", class: "button quiet", onclick: () => this.#save(name) },
			"Download log",
		);
		return h(
			"details",
			{ class: "log" },
			h("summary", {}, "Log"),
			h("pre", { tabindex: "0" }, this.text),
			h("div", { class: "actions" }, copy, save),
		);
	}

	#save(name: string): void {
		const url = URL.createObjectURL(new Blob([`${this.text}\n`], { type: "text/plain" }));
		h("a", { href: url, download: `wasmiko-${name.replace(/[^a-z0-9.-]+/gi, "-")}.log` }).click();
		setTimeout(() => URL.revokeObjectURL(url), 10_000);
	}
}
