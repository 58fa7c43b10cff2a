import type { ISearchOptions, SearchAddon } from "@xterm/addon-search";
import type { Terminal } from "@xterm/xterm";
import upper from "lucide-static/icons/case-sensitive.svg";
import down from "lucide-static/icons/chevron-down.svg";
import up from "lucide-static/icons/chevron-up.svg";
import regex from "lucide-static/icons/regex.svg";
import cross from "lucide-static/icons/x.svg";
import { h, icon } from "./dom.ts";
import { t } from "./words/words.ts";

const decorations = {
	matchBackground: "#f0c674",
	matchOverviewRuler: "#f0c674",
	activeMatchBackground: "#ff9a3d",
	activeMatchColorOverviewRuler: "#ff9a3d",
};

/** The bar that searches the terminal's text, scrollback included. */
export class FindBar {
	readonly element: HTMLElement;
	readonly #terminal: Terminal;
	readonly #input = h("input", {
		type: "search",
		"aria-label": t("find.label"),
		placeholder: t("find.placeholder"),
		autocomplete: "off",
		spellcheck: "false",
	});
	readonly #count = h("span", { class: "find-count", role: "status" });
	readonly #case = toggle(upper, t("find.case"), () => this.#search(true));
	readonly #regex = toggle(regex, t("find.regex"), () => this.#search(true));
	#addon: SearchAddon | undefined;

	constructor(terminal: Terminal) {
		this.#terminal = terminal;
		this.#input.addEventListener("input", () => this.#search(true));
		this.element = h(
			"div",
			{ class: "find", role: "search", hidden: true, part: "toolbar" },
			this.#input,
			this.#count,
			this.#case,
			this.#regex,
			small(up, t("find.previous"), () => this.#search(false, true)),
			small(down, t("find.next"), () => this.#search(false)),
			small(cross, t("find.close"), () => this.close()),
		);
		this.element.addEventListener("keydown", (event) => this.#key(event));
	}

	/** Shows the bar; a selected word is what it looks for. */
	async open(): Promise<void> {
		const selected = this.#terminal.getSelection();
		if (selected !== "" && !selected.includes("\n")) this.#input.value = selected;
		this.element.hidden = false;
		this.#input.focus();
		this.#input.select();
		await this.#load();
		this.#search(true);
	}

	close(): void {
		this.element.hidden = true;
		this.#addon?.clearDecorations();
		this.#terminal.focus();
	}

	async #load(): Promise<void> {
		if (this.#addon !== undefined) return;
		const { SearchAddon } = await import("@xterm/addon-search");
		if (this.#addon !== undefined) return;
		this.#addon = new SearchAddon();
		this.#terminal.loadAddon(this.#addon);
		this.#addon.onDidChangeResults(({ resultIndex, resultCount }) => {
			if (this.#input.value === "") this.#count.textContent = "";
			else
				this.#count.textContent =
					resultCount === 0
						? t("find.none")
						: resultIndex < 0
							? t("find.many", { all: resultCount })
							: t("find.at", { at: resultIndex + 1, all: resultCount });
		});
	}

	#search(incremental: boolean, backwards = false): void {
		const text = this.#input.value;
		if (text === "") {
			this.#addon?.clearDecorations();
			this.#count.textContent = "";
			return;
		}
		const options: ISearchOptions = {
			incremental,
			caseSensitive: pressed(this.#case),
			regex: pressed(this.#regex),
			decorations,
		};
		try {
			if (backwards) this.#addon?.findPrevious(text, options);
			else this.#addon?.findNext(text, options);
		} catch {
			this.#count.textContent = t("find.broken");
		}
	}

	#key(event: KeyboardEvent): void {
		event.stopPropagation();
		if (event.key === "Escape") this.close();
		else if (event.key === "Enter" && event.target === this.#input) {
			event.preventDefault();
			this.#search(false, event.shiftKey);
		}
	}
}

function small(picture: string, label: string, onClick: () => void): HTMLButtonElement {
	return h(
		"button",
		{ type: "button", class: "icon-button", "aria-label": label, title: label, onclick: onClick },
		icon(picture),
	);
}

function toggle(picture: string, label: string, onChange: () => void): HTMLButtonElement {
	const made = small(picture, label, () => {
		made.setAttribute("aria-pressed", String(!pressed(made)));
		onChange();
	});
	made.setAttribute("aria-pressed", "false");
	return made;
}

function pressed(element: HTMLElement): boolean {
	return element.getAttribute("aria-pressed") === "true";
}
