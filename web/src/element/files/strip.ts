import { h } from "../dom.ts";
import { t } from "../words/words.ts";
import { TransferRow } from "./striprow.ts";
import type { Batch } from "./transfer.ts";
import type { Transfers } from "./transfers.ts";

/** So often figures are drawn while something moves. */
const drawMs = 250;

/** The strip that shows what moves: a row an errand, with its bar, its rate, and its buttons. */
export class TransferStrip {
	readonly element: HTMLElement;
	readonly #transfers: Transfers;
	readonly #leftovers: HTMLElement;
	readonly #list = h("ul", { class: "transfers" });
	readonly #title = h("h2", {});
	readonly #clear: HTMLButtonElement;
	readonly #rows = new Map<Batch, TransferRow>();
	#timer: ReturnType<typeof setTimeout> | undefined;

	/** `leftovers` are shown above what moves. */
	constructor(transfers: Transfers, leftovers: HTMLElement) {
		this.#transfers = transfers;
		this.#leftovers = leftovers;
		this.#clear = h(
			"button",
			{ type: "button", class: "text-button", onclick: () => transfers.clear() },
			t("transfers.clear"),
		);
		this.element = h(
			"section",
			{ class: "strip", "aria-label": t("transfers.label"), hidden: true, part: "transfers" },
			h("header", { class: "strip-head" }, this.#title, this.#clear),
			leftovers,
			this.#list,
		);
	}

	/** Draws soon: figures change faster than anybody reads. */
	drawSoon(): void {
		this.#timer ??= setTimeout(() => {
			this.#timer = undefined;
			this.draw();
			if (this.#transfers.busy > 0) this.drawSoon();
		}, drawMs);
	}

	draw(): void {
		const { batches, busy } = this.#transfers;
		this.element.hidden = batches.length === 0 && this.#leftovers.hidden;
		this.#title.textContent = busy > 0 ? t("transfers.busy", { n: busy }) : t("transfers.label");
		this.#clear.hidden = busy === batches.length;
		for (const [batch, row] of this.#rows) {
			if (batches.includes(batch)) continue;
			row.element.remove();
			this.#rows.delete(batch);
		}
		for (const batch of batches) {
			let row = this.#rows.get(batch);
			if (row === undefined) {
				row = new TransferRow(batch, this.#transfers);
				this.#rows.set(batch, row);
				this.#list.append(row.element);
			}
			row.draw(performance.now());
		}
	}
}
