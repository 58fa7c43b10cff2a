/** What outlives the page of uploads that are not over: enough to go on with each where its part ends. */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Path } from "../../client/filetypes.ts";
import type { Batch, Choice } from "./transfer.ts";

/** A file of an upload, as it was when it was chosen. */
export interface Remembered {
	/** From the outermost folder inwards. */
	readonly names: readonly string[];
	readonly size: number;
	readonly mtime: number;
	/** Where it goes. */
	readonly target: Path;
}

/** An upload that some page has not brought to its end. */
export interface Leftover {
	readonly id: string;
	/** The page that had it. */
	readonly page: string;
	readonly server: string;
	readonly name: string;
	readonly to: string;
	readonly choice?: Choice | undefined;
	readonly files: readonly Remembered[];
	/** What was dropped, by its name, where the browser gives it back after a question. */
	readonly handles?: ReadonlyMap<string, FileSystemHandle> | undefined;
}

interface Schema extends DBSchema {
	uploads: { key: string; value: Leftover };
}

/** Uploads of more files than this are not remembered: to write them down at each change would cost too much. */
const most = 5000;
/** So often it is written down what is left. */
const writeMs = 1000;
const databaseName = "wasmiko-transfers";
const page = crypto.randomUUID();
let held = false;
/** One connection a page: each stays until it is closed, whoever forgets it. */
let database: Promise<IDBPDatabase<Schema> | undefined> | undefined;

/** Writes down what is left to do, and tells what earlier pages have left. */
export class Journal {
	readonly #ids = new Map<Batch, string>();
	readonly #sizes = new Map<Batch, number>();
	#server: string | undefined;
	#timer: ReturnType<typeof setTimeout> | undefined;

	/** Whose files the uploads are for; without it nothing is written. */
	set server(server: string | undefined) {
		this.#server = server;
	}

	/** Writes down soon what is left of a queue. */
	noteSoon(queue: { readonly batches: readonly Batch[] }): void {
		if (this.#server === undefined) return;
		const server = this.#server;
		this.#timer ??= setTimeout(() => {
			this.#timer = undefined;
			void this.#note(queue.batches, server).catch(() => {});
		}, writeMs);
	}

	/** What earlier pages have left for this server. */
	async leftovers(): Promise<readonly Leftover[]> {
		const opened = await this.#open();
		if (opened === undefined || this.#server === undefined) return [];
		const alive = await pagesAlive();
		const all = await opened.getAll("uploads");
		return all.filter((each) => each.server === this.#server && each.page !== page && !alive.has(each.page));
	}

	/** Takes one off the list: somebody goes on with it, or nobody will. */
	async forget({ id }: Leftover): Promise<void> {
		await (await this.#open())?.delete("uploads", id);
	}

	async #note(batches: readonly Batch[], server: string): Promise<void> {
		const opened = await this.#open();
		if (opened === undefined) return;
		for (const [batch, id] of this.#ids) {
			if (batches.includes(batch)) continue;
			this.#ids.delete(batch);
			await opened.delete("uploads", id);
		}
		for (const batch of batches) {
			const files = filesLeft(batch);
			// Only the end of a file changes what is written.
			if (files.length > most || this.#sizes.get(batch) === files.length) continue;
			this.#sizes.set(batch, files.length);
			const id = this.#ids.get(batch) ?? crypto.randomUUID();
			this.#ids.set(batch, id);
			if (files.length === 0) await opened.delete("uploads", id);
			else await opened.put("uploads", leftoverOf(batch, { id, server, files }));
		}
	}

	#open(): Promise<IDBPDatabase<Schema> | undefined> {
		holdLock();
		database ??= openDB<Schema>(databaseName, 1, {
			upgrade: (upgrading) => void upgrading.createObjectStore("uploads", { keyPath: "id" }),
			blocking: (_current, _blocked, event) => {
				database = undefined;
				(event.target as IDBDatabase).close();
			},
		}).catch(() => undefined);
		return database;
	}
}

function filesLeft(batch: Batch): Remembered[] {
	if (batch.errand.kind !== "upload" || batch.state === "cancelled") return [];
	const left = batch.transfers.filter(({ state }) => state !== "done" && state !== "cancelled");
	return left.flatMap(({ job }) => job.remembered ?? []);
}

function leftoverOf({ errand, choice }: Batch, more: Pick<Leftover, "id" | "server" | "files">): Leftover {
	const { name, to, handles } = errand;
	return { ...more, page, name, to, choice, ...(handles !== undefined && { handles }) };
}

/** A page holds a lock as long as it lives: who does not has left what it wrote. */
function holdLock(): void {
	const locks = navigator.locks as LockManager | undefined;
	if (held || locks === undefined) return;
	held = true;
	locks.request(`${databaseName}:${page}`, () => new Promise(() => {})).catch(() => {});
}

async function pagesAlive(): Promise<ReadonlySet<string>> {
	const locks = navigator.locks as LockManager | undefined;
	const { held: all = [] } = (await locks?.query()) ?? {};
	return new Set(all.map(({ name = "" }) => name.slice(databaseName.length + 1)));
}
