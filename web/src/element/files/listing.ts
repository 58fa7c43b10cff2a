/** What a folder's list shows: which entries, in which order, and which of them are selected. Pure. */
import type { Entry } from "../../client/filetypes.ts";
import type { Order } from "./selection.ts";

/** What a list can be sorted by. */
export type SortKey = "name" | "size" | "modified" | "mode" | "owner";

/** Entries in order, as they come: sorted as a whole once, then merged. */
export class Listing implements Order<Entry> {
	#all: Entry[] = [];
	#shown: Entry[] = [];
	#keys = new Map<Entry, string>();
	#sort: SortKey = "name";
	#descending = false;
	#hidden = false;

	get rows(): readonly Entry[] {
		return this.#shown;
	}

	get sort(): SortKey {
		return this.#sort;
	}

	get descending(): boolean {
		return this.#descending;
	}

	/** How many entries there are, those that are not shown included. */
	get size(): number {
		return this.#all.length;
	}

	clear(): void {
		this.#all = [];
		this.#shown = [];
		this.#keys = new Map();
	}

	/** Adds entries that have just come. */
	add(entries: readonly Entry[]): void {
		for (const entry of entries) {
			this.#all.push(entry);
			this.#keys.set(entry, nameKey(entry.name));
		}
		const more = entries.filter((entry) => this.#isShown(entry)).sort(this.#compare);
		this.#shown = merge(this.#shown, more, this.#compare);
	}

	/** Sorts by a column; the same one again turns the order round. */
	sortBy(key: SortKey): void {
		this.#descending = key === this.#sort ? !this.#descending : key === "size" || key === "modified";
		this.#sort = key;
		this.#shown.sort(this.#compare);
	}

	/** Shows or hides names that begin with a dot. */
	showHidden(hidden: boolean): void {
		this.#hidden = hidden;
		this.#shown = this.#all.filter((entry) => this.#isShown(entry)).sort(this.#compare);
	}

	/** Where an entry is among the rows; -1 if it is not shown. They are in order, so not all have to be looked at. */
	indexOf(entry: Entry): number {
		const rows = this.#shown;
		let [low, high] = [0, rows.length];
		while (low < high) {
			const middle = (low + high) >> 1;
			if (this.#compare(rows[middle] as Entry, entry) < 0) low = middle + 1;
			else high = middle;
		}
		// A server may tell of the same name twice.
		for (let at = low; at < rows.length; at++) {
			const row = rows[at] as Entry;
			if (row === entry) return at;
			if (this.#compare(row, entry) !== 0) break;
		}
		return -1;
	}

	/** The first row from `from` on, round the end, whose name begins so. */
	search(prefix: string, from: number): number {
		const wanted = prefix.toLowerCase();
		for (let i = 0; i < this.#shown.length; i++) {
			const at = (from + i) % this.#shown.length;
			if (this.#shown[at]?.name.toLowerCase().startsWith(wanted)) return at;
		}
		return -1;
	}

	#isShown(entry: Entry): boolean {
		return this.#hidden || !entry.name.startsWith(".");
	}

	// Folders stand first, whichever way round.
	readonly #compare = (a: Entry, b: Entry): number => {
		const folders = Number(isFolder(b)) - Number(isFolder(a));
		if (folders !== 0) return folders;
		const order = this.#by(a, b) * (this.#descending ? -1 : 1);
		return order !== 0 ? order : compareText(this.#key(a), this.#key(b));
	};

	#by(a: Entry, b: Entry): number {
		switch (this.#sort) {
			case "size":
				return (a.size ?? -1) - (b.size ?? -1);
			case "modified":
				return (a.mtime ?? 0) - (b.mtime ?? 0);
			case "mode":
				return (a.mode ?? 0) - (b.mode ?? 0);
			case "owner":
				return compareText(ownerOf(a), ownerOf(b));
			default:
				return compareText(this.#key(a), this.#key(b));
		}
	}

	#key(entry: Entry): string {
		return this.#keys.get(entry) ?? "";
	}
}

/** Who owns an entry: by name where the server tells, else by number. */
export function ownerOf(entry: Entry): string {
	return entry.owner ?? (entry.uid === undefined ? "" : String(entry.uid));
}

export function isFolder(entry: Entry): boolean {
	return entry.type === "directory";
}

/**
 * What names are compared by: letters without regard to case, numbers by
 * value. Made once an entry, for a comparison that asks the language's rules
 * would take seconds for a hundred thousand.
 */
export function nameKey(name: string): string {
	const folded = name.normalize("NFD").toLowerCase();
	return `${folded.replace(/\d+/g, (digits) => digits.padStart(16, "0"))}\0${name}`;
}

function compareText(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}

function merge(a: Entry[], b: Entry[], compare: (a: Entry, b: Entry) => number): Entry[] {
	if (a.length === 0) return b;
	const merged: Entry[] = [];
	let at = 0;
	for (const entry of b) {
		for (let next = a[at]; next !== undefined && compare(next, entry) <= 0; next = a[++at]) merged.push(next);
		merged.push(entry);
	}
	while (at < a.length) merged.push(a[at++] as Entry);
	return merged;
}
