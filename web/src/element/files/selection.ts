/** Which rows of a list are selected, and where its cursor is. Pure. */

/** Rows in their order, and where each of them is: -1 if it is not among them. */
export interface Order<T> {
	readonly rows: readonly T[];
	indexOf(row: T): number;
}

/** How a click or a key changes a selection: alone, adding one, or all up to it. */
export type Reach = "only" | "toggle" | "range";

/** A selection over rows, which keeps its rows when their order changes. */
export class Selection<T> {
	#chosen = new Set<T>();
	/** The row that keys act from; undefined in an empty list. */
	cursor: T | undefined;
	/** Where a range began. */
	#anchor: T | undefined;

	get chosen(): ReadonlySet<T> {
		return this.#chosen;
	}

	/** The selected rows in the order of the list. */
	in(list: Order<T>): T[] {
		// Many are met on the way through the list; a few of a million are looked up.
		if (this.#chosen.size > list.rows.length / 64) return list.rows.filter((row) => this.#chosen.has(row));
		const places = [...this.#chosen].map((row) => ({ row, at: list.indexOf(row) })).filter(({ at }) => at >= 0);
		return places.sort((a, b) => a.at - b.at).map(({ row }) => row);
	}

	clear(): void {
		this.#chosen = new Set();
		this.#anchor = undefined;
	}

	all(rows: readonly T[]): void {
		this.#chosen = new Set(rows);
	}

	/** Moves the cursor to a row and selects as far as `reach` says; without it nothing is selected. */
	move(list: Order<T>, at: number, reach: Reach | undefined): void {
		const { rows } = list;
		const row = rows[Math.min(Math.max(at, 0), rows.length - 1)];
		if (row === undefined) return;
		this.cursor = row;
		switch (reach) {
			case "only":
				this.#chosen = new Set([row]);
				this.#anchor = row;
				return;
			case "toggle":
				if (!this.#chosen.delete(row)) this.#chosen.add(row);
				this.#anchor = row;
				return;
			case "range":
				this.#range(list, row);
				return;
			default:
		}
	}

	/** Takes the rows of another listing, by what each is called. */
	follow(rows: readonly T[], nameOf: (row: T) => string): void {
		const names = new Set([...this.#chosen].map(nameOf));
		const cursor = this.cursor === undefined ? undefined : nameOf(this.cursor);
		this.#chosen = new Set(rows.filter((row) => names.has(nameOf(row))));
		this.cursor = rows.find((row) => nameOf(row) === cursor);
		this.#anchor = undefined;
	}

	#range(list: Order<T>, row: T): void {
		this.#anchor ??= row;
		const [from, to] = [list.indexOf(this.#anchor), list.indexOf(row)];
		this.#chosen = new Set(list.rows.slice(Math.max(Math.min(from, to), 0), Math.max(from, to) + 1));
	}
}
