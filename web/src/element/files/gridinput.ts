import type { Entry } from "../../client/filetypes.ts";
import type { Folder } from "./folder.ts";
import type { Grid } from "./grid.ts";
import { gridKey } from "./gridkeys.ts";
import type { Reach } from "./selection.ts";

/** What mouse and keys in the list lead to. */
export interface GridCommands {
	open(entry: Entry): void;
	up(): void;
	rename(): void;
	remove(): void;
	path(): void;
	reload(): void;
	menu(at: { x: number; y: number }): void;
	/** What is selected has changed. */
	changed(): void;
}

/** Letters that follow within this time are one word. */
const wordMs = 800;

/** The mouse and the keyboard in the list of files. */
export class GridInput {
	readonly #grid: Grid;
	readonly #folder: Folder;
	readonly #commands: GridCommands;
	#word = "";
	#wordEnds = 0;

	constructor(grid: Grid, folder: Folder, commands: GridCommands) {
		this.#grid = grid;
		this.#folder = folder;
		this.#commands = commands;
		const { element } = grid;
		element.addEventListener("keydown", (event) => this.#key(event));
		element.addEventListener("click", (event) => this.#click(event));
		element.addEventListener("dblclick", (event) => this.#open(this.#entry(event)));
		element.addEventListener("contextmenu", (event) => this.#context(event));
	}

	/** Moves the cursor to a row and selects as far as reach says. */
	move(at: number, reach: Reach | undefined): void {
		const { listing, selection } = this.#folder;
		const to = Math.min(Math.max(at, 0), listing.rows.length - 1);
		selection.move(listing, to, reach);
		this.#grid.reveal(to);
		this.#changed();
	}

	#changed(): void {
		this.#grid.draw();
		this.#commands.changed();
	}

	get #at(): number {
		const { cursor } = this.#folder.selection;
		return cursor === undefined ? -1 : this.#folder.listing.indexOf(cursor);
	}

	#entry(event: Event): Entry | undefined {
		return this.#folder.listing.rows[this.#grid.rowOf(event)];
	}

	#open(entry: Entry | undefined): void {
		if (entry !== undefined) this.#commands.open(entry);
	}

	#click(event: MouseEvent): void {
		const at = this.#grid.rowOf(event);
		if (event.composedPath()[0] instanceof HTMLInputElement) return;
		if (at >= 0) {
			const reach = event.shiftKey ? "range" : event.ctrlKey || event.metaKey ? "toggle" : "only";
			this.move(at, reach);
			// A finger has no double click.
			if ((event as PointerEvent).pointerType === "touch" && reach === "only") this.#open(this.#entry(event));
		} else if (event.target === this.#grid.element) {
			this.#folder.selection.clear();
			this.#changed();
		}
	}

	#context(event: MouseEvent): void {
		if (event.composedPath()[0] instanceof HTMLInputElement) return;
		event.preventDefault();
		const entry = this.#entry(event);
		if (entry === undefined) this.#folder.selection.clear();
		else if (!this.#folder.selection.chosen.has(entry)) this.move(this.#grid.rowOf(event), "only");
		this.#changed();
		this.#commands.menu({ x: event.clientX, y: event.clientY });
	}

	#key(event: KeyboardEvent): void {
		if (event.target !== this.#grid.element) return;
		const typing = performance.now() < this.#wordEnds;
		const key = gridKey(event, typing);
		if (key === undefined) return;
		event.preventDefault();
		event.stopPropagation();
		if ("move" in key) this.#step(key.move, key.reach);
		else if ("type" in key) this.#type(key.type);
		else this.#act(key.act);
	}

	#step(move: "up" | "down" | "page-up" | "page-down" | "first" | "last", reach: Reach | undefined): void {
		const steps = { up: -1, down: 1, "page-up": -this.#grid.page, "page-down": this.#grid.page };
		if (move === "first") this.move(0, reach);
		else if (move === "last") this.move(this.#folder.listing.rows.length - 1, reach);
		else this.move(this.#at + steps[move], reach);
	}

	/** Letters jump to the name that begins so; the same letter again goes to the next. */
	#type(letter: string): void {
		const now = performance.now();
		const again = now < this.#wordEnds && this.#word !== letter;
		this.#word = again ? this.#word + letter : letter;
		this.#wordEnds = now + wordMs;
		const found = this.#folder.listing.search(this.#word, again ? Math.max(this.#at, 0) : this.#at + 1);
		if (found >= 0) this.move(found, "only");
	}

	#act(act: "open" | "up" | "rename" | "delete" | "all" | "none" | "toggle" | "menu" | "path" | "reload"): void {
		const { selection, listing } = this.#folder;
		switch (act) {
			case "open":
				this.#open(selection.cursor);
				return;
			case "up":
				this.#commands.up();
				return;
			case "rename":
				this.#commands.rename();
				return;
			case "delete":
				this.#commands.remove();
				return;
			case "path":
				this.#commands.path();
				return;
			case "reload":
				this.#commands.reload();
				return;
			case "all":
				selection.all(listing.rows);
				break;
			case "none":
				selection.clear();
				break;
			case "toggle":
				this.move(Math.max(this.#at, 0), "toggle");
				return;
			case "menu": {
				const box = this.#grid.boxOf(this.#at);
				this.#commands.menu({ x: box.left + 32, y: Math.min(box.bottom, box.top + 28) });
				return;
			}
		}
		this.#changed();
	}
}
