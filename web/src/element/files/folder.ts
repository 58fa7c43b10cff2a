import type { Entry, Path, SFTP } from "../../client/filetypes.ts";
import { Listing } from "./listing.ts";
import { pathText, samePath } from "./paths.ts";
import { Selection } from "./selection.ts";

/** How far the reading of a folder is. */
export type FolderState = "idle" | "loading" | "ready" | "stopped" | "failed";

/** Entries are shown as they come, so often. */
const showMs = 120;
/** Many take long to show: reading has this many times as long before they are shown again. */
const readShare = 8;
/** More entries than this nobody looks through; a hostile server would never end. */
const most = 1_000_000;
/** More names that were left out nobody reads. */
const mostRefused = 1000;

/** The folder that is shown: its entries, read as they come, and what of them is selected. */
export class Folder {
	readonly listing = new Listing();
	readonly selection = new Selection<Entry>();
	path: Path = "/";
	state: FolderState = "idle";
	error: unknown;
	/** Names that were left out, escaped: they would lead elsewhere. */
	refused: string[] = [];
	readonly #onChange: () => void;
	#reading: AbortController | undefined;

	/** onChange is called when there is more to see. */
	constructor(onChange: () => void) {
		this.#onChange = onChange;
	}

	/** Reads a folder. The one shown before is left at once. */
	async open(sftp: SFTP, path: Path): Promise<void> {
		const again = samePath(path, this.path) && this.state === "ready";
		this.#reading?.abort();
		const reading = new AbortController();
		this.#reading = reading;
		this.path = path;
		this.error = undefined;
		this.refused = [];
		this.state = "loading";
		if (!again) {
			this.listing.clear();
			this.selection.clear();
			this.selection.cursor = undefined;
		}
		this.#onChange();
		try {
			if (again) await this.#reread(sftp, reading.signal);
			else await this.#read(sftp, reading.signal);
			if (!reading.signal.aborted) this.state = "ready";
		} catch (error) {
			if (reading.signal.aborted) return;
			this.state = "failed";
			this.error = error;
		}
		if (this.#reading === reading) this.#onChange();
	}

	/** Stops reading; what has come stays. */
	stop(): void {
		if (this.state !== "loading") return;
		this.#reading?.abort();
		this.state = "stopped";
		this.#onChange();
	}

	/** Puts the cursor on an entry by its name, once it is there. */
	point(name: string): void {
		const at = this.listing.rows.findIndex((entry) => entry.name === name);
		if (at >= 0) this.selection.move(this.listing, at, "only");
	}

	/** The entries as they come. */
	#list(sftp: SFTP, signal: AbortSignal): AsyncIterable<Entry> {
		const { refused } = this;
		return sftp.list(this.path, {
			signal,
			max: most,
			onRefused: (name) => refused.length < mostRefused && refused.push(name),
		});
	}

	async #read(sftp: SFTP, signal: AbortSignal): Promise<void> {
		let fresh: Entry[] = [];
		let due = performance.now() + showMs;
		const show = (): void => {
			const start = performance.now();
			this.listing.add(fresh);
			this.selection.cursor ??= this.listing.rows[0];
			fresh = [];
			this.#onChange();
			const end = performance.now();
			due = end + Math.max(showMs, readShare * (end - start));
		};
		for await (const entry of this.#list(sftp, signal)) {
			if (signal.aborted) return;
			fresh.push(entry);
			if (performance.now() >= due) show();
		}
		if (!signal.aborted) show();
	}

	/** What is shown stays until all has come: a refresh does not flicker. */
	async #reread(sftp: SFTP, signal: AbortSignal): Promise<void> {
		const all: Entry[] = [];
		for await (const entry of this.#list(sftp, signal)) {
			if (signal.aborted) return;
			all.push(entry);
		}
		if (signal.aborted) return;
		this.listing.clear();
		this.listing.add(all);
		this.selection.follow(this.listing.rows, identityOf);
		this.selection.cursor ??= this.listing.rows[0];
	}
}

/** What tells an entry from the others of its folder: its bytes. */
function identityOf(entry: Entry): string {
	return entry.raw === undefined ? entry.name : `\0${pathText(entry.raw)}`;
}
