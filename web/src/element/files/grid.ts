import deviceIcon from "lucide-static/icons/cpu.svg";
import fileIcon from "lucide-static/icons/file.svg";
import linkIcon from "lucide-static/icons/file-symlink.svg";
import folderIcon from "lucide-static/icons/folder.svg";
import pipeIcon from "lucide-static/icons/plug.svg";
import type { Entry } from "../../client/filetypes.ts";
import { formatSize } from "../bytes.ts";
import { h, icon, newId } from "../dom.ts";
import { t } from "../words/words.ts";
import { formatExactly, formatMode, formatMoment, formatOctal } from "./figures.ts";
import { isFolder, type Listing, ownerOf, type SortKey } from "./listing.ts";
import { showName } from "./names.ts";
import type { Selection } from "./selection.ts";

/** Pixels: what the style sheet says as well. */
const rowHeight = 28;
const headHeight = 30;
/** Rows drawn above and below what is in sight. */
const margin = 8;

const columns = ["name", "size", "modified", "mode", "owner"] as const satisfies readonly SortKey[];

/** What a grid reports. */
export interface GridEvents {
	onSort(key: SortKey): void;
	/** A link has come in sight whose target is not known yet. */
	onLink(entry: Entry): void;
}

/**
 * The list of a folder: a grid of which only the rows in sight are in the
 * document, so that a hundred thousand cost what fifty do.
 */
export class Grid {
	readonly element: HTMLElement;
	readonly #listing: Listing;
	readonly #selection: Selection<Entry>;
	readonly #events: GridEvents;
	readonly #body = h("div", { class: "rows", role: "rowgroup" });
	readonly #heads = new Map<SortKey, HTMLElement>();
	readonly #targets = new Map<Entry, string>();
	/** The rows in the document: an element that stays can be clicked twice. */
	#drawn = new Map<Entry, HTMLElement>();
	readonly #id = newId("row");
	#editing: { readonly entry: Entry; readonly input: HTMLInputElement } | undefined;
	#frame = 0;

	constructor(listing: Listing, selection: Selection<Entry>, events: GridEvents) {
		this.#listing = listing;
		this.#selection = selection;
		this.#events = events;
		this.element = h(
			"div",
			{
				class: "grid",
				role: "grid",
				tabindex: "0",
				"aria-label": t("files.label"),
				"aria-multiselectable": "true",
				"aria-colcount": columns.length,
			},
			h("div", { class: "head", role: "rowgroup" }, this.#header()),
			this.#body,
		);
		this.element.addEventListener("scroll", () => this.drawSoon(), { passive: true });
		new ResizeObserver(() => this.drawSoon()).observe(this.element);
	}

	/** Draws at the next frame, once. */
	drawSoon(): void {
		this.#frame ||= requestAnimationFrame(() => {
			this.#frame = 0;
			this.draw();
		});
	}

	/** Draws what is in sight now. */
	draw(): void {
		const { rows } = this.#listing;
		this.element.setAttribute("aria-rowcount", String(rows.length + 1));
		this.#body.style.height = `${rows.length * rowHeight}px`;
		for (const key of columns) this.#markSort(key);
		const first = Math.max(0, Math.floor(this.element.scrollTop / rowHeight) - margin);
		const count = Math.ceil(this.element.clientHeight / rowHeight) + 2 * margin;
		const drawn = new Map<Entry, HTMLElement>();
		rows.slice(first, first + count).forEach((entry, i) => {
			const row = this.#drawn.get(entry) ?? this.#row(entry);
			this.#place(row, entry, first + i);
			drawn.set(entry, row);
		});
		this.#replace(drawn);
		const at = this.#selection.cursor === undefined ? -1 : this.#listing.indexOf(this.#selection.cursor);
		if (at >= first && at < first + count) this.element.setAttribute("aria-activedescendant", `${this.#id}-${at}`);
		else this.element.removeAttribute("aria-activedescendant");
	}

	/** Scrolls so that a row is in sight. */
	reveal(at: number): void {
		const top = at * rowHeight;
		const { scrollTop, clientHeight } = this.element;
		if (top < scrollTop) this.element.scrollTop = top;
		else if (top + rowHeight + headHeight > scrollTop + clientHeight)
			this.element.scrollTop = top + rowHeight + headHeight - clientHeight;
	}

	/** How many rows fit. */
	get page(): number {
		return Math.max(1, Math.floor((this.element.clientHeight - headHeight) / rowHeight) - 1);
	}

	/** The row under an event; -1 if there is none. */
	rowOf(event: Event): number {
		for (const target of event.composedPath()) {
			if (target === this.element) break;
			if (target instanceof HTMLElement && target.dataset.at !== undefined) return Number(target.dataset.at);
		}
		return -1;
	}

	/** Where a row is on the screen, for its menu. */
	boxOf(at: number): DOMRect {
		return (this.#body.querySelector(`[data-at="${at}"]`) ?? this.element).getBoundingClientRect();
	}

	/** Tells where a link leads. */
	link(entry: Entry, target: string): void {
		this.#targets.set(entry, target);
		this.#drawn.delete(entry);
		this.drawSoon();
	}

	/** Turns a name into a field; resolves with what was typed, undefined if it was left as it is. */
	rename(entry: Entry): Promise<string | undefined> {
		const { promise, resolve } = Promise.withResolvers<string | undefined>();
		const input = h("input", {
			type: "text",
			class: "rename",
			"aria-label": t("files.new-name", { name: showName(entry.name) }),
			value: entry.name,
			spellcheck: "false",
			autocomplete: "off",
			autocapitalize: "off",
		});
		const end = (value: string | undefined): void => {
			if (this.#editing?.input !== input) return;
			this.#editing = undefined;
			this.#drawn.delete(entry);
			resolve(value === entry.name || value === "" ? undefined : value);
			this.draw();
			this.element.focus({ preventScroll: true });
		};
		input.addEventListener("keydown", (event) => {
			event.stopPropagation();
			if (event.key === "Enter") end(input.value);
			else if (event.key === "Escape") end(undefined);
		});
		input.addEventListener("blur", () => end(input.value));
		for (const type of ["pointerdown", "dblclick", "paste"])
			input.addEventListener(type, (event) => event.stopPropagation());
		this.#editing = { entry, input };
		this.#drawn.delete(entry);
		this.draw();
		input.focus();
		const dot = entry.name.lastIndexOf(".");
		input.setSelectionRange(0, dot > 0 && !isFolder(entry) ? dot : entry.name.length);
		return promise;
	}

	/** Puts the rows into the document, in order, and touches none that is there already. */
	#replace(drawn: Map<Entry, HTMLElement>): void {
		const wanted = new Set(drawn.values());
		for (const row of [...this.#body.children]) if (!wanted.has(row as HTMLElement)) row.remove();
		let next = this.#body.firstElementChild;
		for (const row of wanted) {
			if (row === next) next = next.nextElementSibling;
			else this.#body.insertBefore(row, next);
		}
		this.#drawn = drawn;
	}

	#header(): HTMLElement {
		const cells = columns.map((key) => {
			const onclick = (): void => this.#events.onSort(key);
			const sort = h("button", { type: "button", class: "sort", onclick }, t(`files.${key}`));
			const head = h("div", { class: `cell ${key}`, role: "columnheader" }, sort);
			this.#heads.set(key, head);
			return head;
		});
		return h("div", { class: "row", role: "row", "aria-rowindex": 1 }, ...cells);
	}

	#markSort(key: SortKey): void {
		const sorted = key === this.#listing.sort;
		const order = this.#listing.descending ? "descending" : "ascending";
		this.#heads.get(key)?.setAttribute("aria-sort", sorted ? order : "none");
	}

	#row(entry: Entry): HTMLElement {
		const { mtime, mode, group } = entry;
		const owner = showName(ownerOf(entry), 64);
		return h(
			"div",
			{ role: "row", "data-type": entry.type },
			this.#nameCell(entry),
			cell("size", hasSize(entry) ? formatSize(entry.size ?? 0) : "", exactSize(entry)),
			cell("modified", mtime === undefined ? "" : formatMoment(mtime, Date.now()), mtime && formatExactly(mtime)),
			cell("mode", mode === undefined ? "" : formatMode(mode), mode && formatOctal(mode)),
			cell("owner", owner, group && `${owner}:${showName(group, 64)}`),
		);
	}

	/** What of a row changes while it is in sight. */
	#place(row: HTMLElement, entry: Entry, at: number): void {
		row.className = entry === this.#selection.cursor ? "row cursor" : "row";
		row.id = `${this.#id}-${at}`;
		row.dataset.at = String(at);
		row.setAttribute("aria-rowindex", String(at + 2));
		row.setAttribute("aria-selected", String(this.#selection.chosen.has(entry)));
		row.style.transform = `translateY(${at * rowHeight}px)`;
	}

	#nameCell(entry: Entry): HTMLElement {
		const editing = this.#editing?.entry === entry ? this.#editing.input : undefined;
		const name = showName(entry.name);
		const target = this.#targets.get(entry);
		if (entry.type === "symlink" && target === undefined) this.#events.onLink(entry);
		return h(
			"div",
			{ class: "cell name", role: "gridcell" },
			icon(pictureOf(entry)),
			editing ??
				h(
					"span",
					{ class: "label", title: target === undefined ? name : `${name} → ${showName(target)}` },
					name,
					target !== undefined && h("span", { class: "leads" }, ` → ${showName(target)}`),
				),
			kindOf(entry) !== "" && h("span", { class: "visually-hidden" }, ` ${kindOf(entry)}`),
		);
	}
}

function cell(key: SortKey, text: string, title?: string | number | undefined): HTMLElement {
	return h("div", { class: `cell ${key}`, role: "gridcell", title }, text);
}

/** Folders and links have a size that tells nothing. */
function hasSize(entry: Entry): boolean {
	return entry.size !== undefined && entry.type !== "directory" && entry.type !== "symlink";
}

function exactSize(entry: Entry): string | undefined {
	if (!hasSize(entry) || (entry.size ?? 0) < 1000) return undefined;
	return t("files.bytes", { n: entry.size ?? 0 });
}

function pictureOf(entry: Entry): string {
	switch (entry.type) {
		case "directory":
			return folderIcon;
		case "symlink":
			return linkIcon;
		case "fifo":
		case "socket":
			return pipeIcon;
		case "block":
		case "char":
			return deviceIcon;
		default:
			return fileIcon;
	}
}

/** What an entry is, for those who do not see its picture; "" for plain files. */
function kindOf(entry: Entry): string {
	switch (entry.type) {
		case "directory":
			return t("files.kind.folder");
		case "symlink":
			return t("files.kind.link");
		case "fifo":
			return t("files.kind.pipe");
		case "socket":
			return t("files.kind.socket");
		case "block":
		case "char":
			return t("files.kind.device");
		default:
			return "";
	}
}
