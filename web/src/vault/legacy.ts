import type { Store } from "./store.ts";

const record = "legacy";
const lifetime = 30 * 24 * 60 * 60 * 1000;

/** The hosts for which old algorithms are allowed, each for 30 days. */
export class LegacyHosts {
	readonly #store: Store;
	readonly #now: () => number;

	constructor(store: Store, now: () => number = Date.now) {
		this.#store = store;
		this.#now = now;
	}

	/** Whether they are allowed now. */
	async allows(host: string, port: number): Promise<boolean> {
		const until = (await this.#store.get<Record<string, number>>(record))?.[nameOf(host, port)];
		return until !== undefined && until > this.#now();
	}

	/** Allows them from now on. What has run out is forgotten. */
	async allow(host: string, port: number): Promise<void> {
		const now = this.#now();
		await this.#store.update<Record<string, number>>(record, (old = {}) => ({
			...Object.fromEntries(Object.entries(old).filter(([, until]) => until > now)),
			[nameOf(host, port)]: now + lifetime,
		}));
	}
}

function nameOf(host: string, port: number): string {
	return `${host.toLowerCase()}:${port}`;
}
