/**
 * Where the vault keeps its records: IndexedDB, or, where the browser forbids
 * that (private windows, partitioned frames), memory until the tab closes.
 * Nothing secret goes in here: no password, no passphrase, no private key but
 * those that the browser itself refuses to show.
 */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";

/** What the database holds: one record of each name. */
interface Schema extends DBSchema {
	records: { key: string; value: unknown };
}

/** Keeps records by name. */
export interface Store {
	/** Whether records outlive the tab; taken for granted until the store is open. */
	readonly lasting: boolean;
	get<T>(name: string): Promise<T | undefined>;
	/** Replaces a record by what change makes of it, with no other tab writing in between. */
	update<T>(name: string, change: (old: T | undefined) => T): Promise<T>;
	/** Calls listener when another tab has changed a record; returns what stops it. */
	watch(listener: (name: string) => void): () => void;
}

const databaseName = "wasmiko";

/** Gives the store at once; what is asked of it waits until it is open. */
export function openStore(): Store {
	return new OpeningStore(open());
}

/** Waits for another store, which never fails to open. */
export class OpeningStore implements Store {
	#open: Store | undefined;
	readonly #opening: Promise<Store>;

	constructor(opening: Promise<Store>) {
		this.#opening = opening.then((store) => {
			this.#open = store;
			return store;
		});
	}

	get lasting(): boolean {
		return this.#open?.lasting ?? true;
	}

	async get<T>(name: string): Promise<T | undefined> {
		return (await this.#opening).get<T>(name);
	}

	async update<T>(name: string, change: (old: T | undefined) => T): Promise<T> {
		return (await this.#opening).update(name, change);
	}

	watch(listener: (name: string) => void): () => void {
		const watching = this.#opening.then((store) => store.watch(listener));
		return () => void watching.then((stop) => stop());
	}
}

/** Opens the store, lasting if the browser lets it last. */
async function open(): Promise<Store> {
	try {
		const database = await openDB<Schema>(databaseName, 1, {
			upgrade(upgrading) {
				upgrading.createObjectStore("records");
			},
			// Another tab runs a newer version of the page: stand out of its way.
			blocking(_current, _blocked, event) {
				(event.target as IDBDatabase).close();
			},
		});
		return new DatabaseStore(database);
	} catch {
		return new MemoryStore();
	}
}

class DatabaseStore implements Store {
	readonly lasting = true;
	readonly #database: IDBPDatabase<Schema>;
	readonly #channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel(databaseName);

	constructor(database: IDBPDatabase<Schema>) {
		this.#database = database;
	}

	async get<T>(name: string): Promise<T | undefined> {
		return (await this.#database.get("records", name)) as T | undefined;
	}

	async update<T>(name: string, change: (old: T | undefined) => T): Promise<T> {
		const made = await locked(`${databaseName}:${name}`, async () => {
			const value = change(await this.get<T>(name));
			await this.#database.put("records", value, name);
			return value;
		});
		this.#channel?.postMessage(name);
		return made;
	}

	watch(listener: (name: string) => void): () => void {
		const hear = (event: MessageEvent): void => {
			if (typeof event.data === "string") listener(event.data);
		};
		this.#channel?.addEventListener("message", hear);
		return () => this.#channel?.removeEventListener("message", hear);
	}
}

/** Web Locks are missing on plain http. There one transaction less safe is better than no page. */
function locked<T>(name: string, work: () => Promise<T>): Promise<T> {
	const locks = globalThis.navigator?.locks as LockManager | undefined;
	return locks === undefined ? work() : (locks.request(name, work) as Promise<T>);
}

/** Keeps records until the tab closes. */
export class MemoryStore implements Store {
	readonly lasting = false;
	readonly #records = new Map<string, unknown>();

	get<T>(name: string): Promise<T | undefined> {
		return Promise.resolve(this.#records.get(name) as T | undefined);
	}

	update<T>(name: string, change: (old: T | undefined) => T): Promise<T> {
		const value = change(this.#records.get(name) as T | undefined);
		this.#records.set(name, value);
		return Promise.resolve(value);
	}

	watch(): () => void {
		return () => {};
	}
}
