import { KeyBook, KnownHosts, openStore, RecentHosts, SettingsBook } from "../src/vault/index.ts";

/** The books of this browser, open. */
export interface Vault {
	readonly keys: KeyBook;
	readonly hosts: KnownHosts;
	readonly recents: RecentHosts;
	readonly settings: SettingsBook;
	/** Whether they outlive the tab. */
	readonly lasting: boolean;
	/** Calls listener when another tab has changed one of them. */
	watch(listener: () => void): void;
}

/** Opens the vault. */
export async function openVault(): Promise<Vault> {
	const store = await openStore();
	return {
		keys: new KeyBook(store),
		hosts: new KnownHosts(store),
		recents: new RecentHosts(store),
		settings: new SettingsBook(store),
		lasting: store.lasting,
		watch: (listener) => void store.watch(listener),
	};
}
