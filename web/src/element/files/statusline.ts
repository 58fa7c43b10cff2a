import type { Entry } from "../../client/filetypes.ts";
import { formatSize } from "../bytes.ts";
import { h } from "../dom.ts";
import { textButton } from "../prompts/parts.ts";
import { t } from "../words/words.ts";
import type { Folder } from "./folder.ts";
import { isFolder } from "./listing.ts";

/** So long what was just done stands there. */
const sayMs = 4000;

/** What a status line's buttons do. */
export interface StatusLineEvents {
	/** Stop reading the folder. */
	onStop(): void;
	/** Show the names that were left out. */
	onRefused(): void;
}

/** The line below the list: how many entries, what is selected, what was just done. */
export class StatusLine {
	readonly element: HTMLElement;
	readonly #folder: Folder;
	readonly #words = h("span", { role: "status" });
	readonly #stop: HTMLButtonElement;
	readonly #refused: HTMLButtonElement;
	#said: ReturnType<typeof setTimeout> | undefined;

	constructor(folder: Folder, events: StatusLineEvents) {
		this.#folder = folder;
		this.#stop = textButton(t("stop"), () => events.onStop());
		this.#refused = textButton("", () => events.onRefused());
		this.element = h("div", { class: "status" }, this.#words, this.#refused, this.#stop);
	}

	/** Says what was just done, for a while. */
	say(text: string): void {
		clearTimeout(this.#said);
		this.#words.textContent = text;
		this.#said = setTimeout(() => {
			this.#said = undefined;
			this.draw();
		}, sayMs);
	}

	draw(): void {
		const { listing, selection, state, refused } = this.#folder;
		this.#stop.hidden = state !== "loading" || listing.size === 0;
		this.#refused.hidden = refused.length === 0;
		this.#refused.textContent = t("files.left-out.more", { n: refused.length });
		if (this.#said !== undefined) return;
		const text = [countOf(listing.rows, listing.size, state), chosenOf(selection.in(listing))];
		const words = text.filter(Boolean).join(" · ");
		if (this.#words.textContent !== words) this.#words.textContent = words;
	}
}

function countOf(rows: readonly Entry[], all: number, state: string): string {
	if (all === 0) return "";
	const hidden = all - rows.length;
	const text = `${t("files.items", { n: rows.length })}${hidden > 0 ? ` ${t("files.hidden", { n: hidden })}` : ""}`;
	if (state === "loading") return t("files.so-far", { text });
	return state === "stopped" ? t("files.stopped", { text }) : text;
}

function chosenOf(chosen: readonly Entry[]): string {
	if (chosen.length === 0) return "";
	const size = chosen.reduce((sum, entry) => sum + (isFolder(entry) ? 0 : (entry.size ?? 0)), 0);
	return `${t("files.selected", { n: chosen.length })}${size > 0 ? `, ${formatSize(size)}` : ""}`;
}
