/** What this browser remembers: known hosts, recent hosts, settings. Nothing secret. */
export { KnownHosts } from "./knownhosts.ts";
export { type RecentHost, RecentHosts } from "./recents.ts";
export { checkSettings, defaults, type Settings, SettingsBook } from "./settings.ts";
export { MemoryStore, openStore, type Store } from "./store.ts";
