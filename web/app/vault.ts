import { KeyBook, KnownHosts, LegacyHosts, openStore, RecentHosts, SettingsBook } from "../src/vault/index.ts";

/** The books of this browser, open. */
export interface Vault {
	readonly keys: KeyBook;
	readonly hosts: KnownHosts;
	readonly legacy: LegacyHosts;
	readonly recents: RecentHosts;
	readonly settings: SettingsBook;
	/** Whether they outlive the tab, as far as is known. */
	readonly lasting: boolean;
	/** Calls listener when another tab has changed one of them. */
	watch(listener: () => void): void;
}

/** Gives the vault at once; its books answer when it is open. */
export function openVault(): Vault {
	const store = openStore();
	return {
		keys: new KeyBook(store),
		hosts: new KnownHosts(store),
		legacy: new LegacyHosts(store),
		recents: new RecentHosts(store),
		settings: new SettingsBook(store),
		get lasting() {
			return store.lasting;
		},
		watch: (listener) => void store.watch(listener),
	};
}
