import type { Store } from "./store.ts";

/** A server that was connected to. It holds no secret. */
export interface RecentHost {
	readonly host: string;
	readonly port: number;
	readonly username: string;
	/** The key of this browser that it was logged in to with. */
	readonly keyId?: string;
	/** The hosts on the way, as `ssh -J` takes them; absent: none. */
	readonly jump?: string;
	/** When it was last connected to; milliseconds since 1970. 0: not yet, it was imported. */
	readonly last: number;
}

const record = "recent";
const most = 20;

/** The servers that were last connected to, newest first. */
export class RecentHosts {
	readonly #store: Store;
	readonly #now: () => number;

	constructor(store: Store, now: () => number = Date.now) {
		this.#store = store;
		this.#now = now;
	}

	async list(): Promise<readonly RecentHost[]> {
		return (await this.#store.get<readonly RecentHost[]>(record)) ?? [];
	}

	/** Puts servers last that are not in the list: nobody has connected to them yet. */
	async offer(entries: readonly Omit<RecentHost, "last">[]): Promise<void> {
		const offered = entries.map((entry) => entryOf(entry, 0));
		await this.#store.update<readonly RecentHost[]>(record, (old = []) =>
			[...old, ...offered.filter((entry) => !old.some((each) => same(each, entry)))].slice(0, most),
		);
	}

	/** Puts a server first. Only what names it is kept, whatever else the object holds. */
	async add(given: Omit<RecentHost, "last">): Promise<void> {
		const entry = entryOf(given, this.#now());
		await this.#store.update<readonly RecentHost[]>(record, (old = []) =>
			[entry, ...old.filter((each) => !same(each, entry))].slice(0, most),
		);
	}

	async remove(entry: Omit<RecentHost, "last">): Promise<void> {
		await this.#store.update<readonly RecentHost[]>(record, (old = []) => old.filter((each) => !same(each, entry)));
	}
}

function entryOf({ host, port, username, keyId, jump }: Omit<RecentHost, "last">, last: number): RecentHost {
	return { host, port, username, ...(keyId !== undefined && { keyId }), ...(jump && { jump }), last };
}

function same(a: Omit<RecentHost, "last">, b: Omit<RecentHost, "last">): boolean {
	return a.host === b.host && a.port === b.port && a.username === b.username && a.jump === b.jump;
}
