import type { Store } from "./store.ts";

/** What a person has set. */
export interface Settings {
	readonly theme: "auto" | "light" | "dark";
	readonly fontSize: number;
	readonly scrollback: number;
	/** What draws a terminal; "auto" is WebGL where a graphics card does it. */
	readonly renderer: "auto" | "webgl" | "dom";
	readonly bell: "none" | "visual";
	/** What to do when a session is lost for good: ask, or log in anew. */
	readonly onLost: "ask" | "login";
	/** What a session runs: the login shell, or tmux, which outlives it. */
	readonly shell: "login" | "tmux";
	/** Where the files stand to their terminal. */
	readonly filesSide: "right" | "below";
	/** Whether transfers compare checksums. */
	readonly verifyFiles: boolean;
	/** Hosts, as `host:port`, whose programs may write to the clipboard. */
	readonly clipboardHosts: readonly string[];
	/** Hosts, as `host:port`, whose programs may ask to use this browser's keys. */
	readonly agentHosts: readonly string[];
}

/** The settings of someone who set nothing. */
export const defaults: Settings = {
	theme: "auto",
	fontSize: 14,
	scrollback: 10_000,
	renderer: "auto",
	bell: "visual",
	onLost: "ask",
	shell: "login",
	filesSide: "right",
	verifyFiles: false,
	clipboardHosts: [],
	agentHosts: [],
};

const record = "settings";

/** Reads settings from anywhere: what does not fit gives way to the default. */
export function checkSettings(value: unknown): Settings {
	const given = (typeof value === "object" && value !== null ? value : {}) as Partial<Record<keyof Settings, unknown>>;
	return {
		theme: oneOf(given.theme, ["auto", "light", "dark"], defaults.theme),
		fontSize: within(given.fontSize, 8, 40, defaults.fontSize),
		scrollback: within(given.scrollback, 0, 100_000, defaults.scrollback),
		renderer: oneOf(given.renderer, ["auto", "webgl", "dom"], defaults.renderer),
		bell: oneOf(given.bell, ["none", "visual"], defaults.bell),
		onLost: oneOf(given.onLost, ["ask", "login"], defaults.onLost),
		shell: oneOf(given.shell, ["login", "tmux"], defaults.shell),
		filesSide: oneOf(given.filesSide, ["right", "below"], defaults.filesSide),
		verifyFiles: oneOf(given.verifyFiles, [true, false], defaults.verifyFiles),
		clipboardHosts: hosts(given.clipboardHosts),
		agentHosts: hosts(given.agentHosts),
	};
}

function hosts(value: unknown): readonly string[] {
	return Array.isArray(value) ? value.filter((host) => typeof host === "string").slice(0, 1000) : [];
}

function oneOf<T>(value: unknown, allowed: readonly T[], otherwise: T): T {
	return allowed.includes(value as T) ? (value as T) : otherwise;
}

function within(value: unknown, least: number, most: number, otherwise: number): number {
	return typeof value === "number" && Number.isFinite(value)
		? Math.min(Math.max(Math.round(value), least), most)
		: otherwise;
}

/** The settings, shared by the tabs of this browser. */
export class SettingsBook {
	readonly #store: Store;

	constructor(store: Store) {
		this.#store = store;
	}

	async read(): Promise<Settings> {
		return checkSettings(await this.#store.get(record));
	}

	/** Changes some of them; returns all. */
	async change(some: Partial<Settings>): Promise<Settings> {
		return this.#store.update<Settings>(record, (old) => checkSettings({ ...checkSettings(old), ...some }));
	}
}
