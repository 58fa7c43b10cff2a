/** What this browser remembers: keys that nobody can read, known hosts, recent hosts, settings. Nothing secret. */
export { KeyBook, type StoredKey } from "./keys.ts";
export { KnownHosts } from "./knownhosts.ts";
export { LegacyHosts } from "./legacy.ts";
export { type RecentHost, RecentHosts } from "./recents.ts";
export { checkSettings, defaults, type Settings, SettingsBook } from "./settings.ts";
export { MemoryStore, OpeningStore, openStore, type Store } from "./store.ts";
