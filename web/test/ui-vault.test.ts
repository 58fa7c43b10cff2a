import assert from "node:assert/strict";
import { test } from "node:test";
import {
	checkSettings,
	defaults,
	KnownHosts,
	LegacyHosts,
	MemoryStore,
	OpeningStore,
	RecentHosts,
	SettingsBook,
	type Store,
} from "../src/vault/index.ts";

const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA";

async function holding(text: string): Promise<{ store: Store; hosts: KnownHosts }> {
	const store = new MemoryStore();
	await store.update("known_hosts", () => ({ text, history: {} }));
	return { store, hosts: new KnownHosts(store, () => 1000) };
}

const edits: [name: string, before: string, edit: (hosts: KnownHosts) => Promise<void>, after: string][] = [
	["adding to an empty file writes one line", "", (hosts) => hosts.add("a k"), "a k\n"],
	["adding a line that is there changes nothing", "a k\n", (hosts) => hosts.add("a k"), "a k\n"],
	["adding after a file without a last line end adds it", "# note", (hosts) => hosts.add("a k"), "# note\na k\n"],
	[
		"removing keeps comments, blanks and broken lines",
		"# x\n\na k\n???\r\nb k\n",
		(hosts) => hosts.remove(["a k"]),
		"# x\n\n???\r\nb k\n",
	],
	["removing finds lines that end in CR LF", "a k\r\nb k\r\n", (hosts) => hosts.remove(["a k"]), "b k\r\n"],
	["removing what is not there changes nothing", "a k\n", (hosts) => hosts.remove(["c k"]), "a k\n"],
	[
		"replacing takes all the old lines out and adds one",
		"a k1\nb k\na k2\n",
		(hosts) => hosts.replace(["a k1", "a k2"], "a k3"),
		"b k\na k3\n",
	],
];

for (const [name, before, edit, after] of edits) {
	test(name, async () => {
		const { hosts } = await holding(before);
		await edit(hosts);
		assert.equal(await hosts.read(), after);
	});
}

test("merging another file adds what is new, once, without its comments", async () => {
	const { hosts } = await holding("# mine\na k\n");
	assert.equal(await hosts.merge("# theirs\r\na k\r\nb k\r\n\r\n|1|salt|hash k\r\nb k\r\n@revoked * k"), 3);
	assert.equal(await hosts.read(), "# mine\na k\nb k\n|1|salt|hash k\n@revoked * k\n");
	assert.equal(await hosts.merge("b k\n"), 0);
});

test("a line's history tells when it was saved and how often used", async () => {
	const hosts = new KnownHosts(new MemoryStore(), () => 42);
	const line = `db1 ${key}`;
	await hosts.add(line);
	await hosts.used(line);
	await hosts.used(line);
	await hosts.used("other line");
	assert.deepEqual(await hosts.about(line), { added: 42, uses: 2 });
	assert.equal(await hosts.about("other line"), undefined);
});

test("adding a line again keeps its history", async () => {
	const hosts = new KnownHosts(new MemoryStore(), () => 42);
	await hosts.add("a k");
	await hosts.used("a k");
	await hosts.add("a k");
	assert.deepEqual(await hosts.about("a k"), { added: 42, uses: 1 });
});

test("a connection counts for the line of its host, port and type of key", async () => {
	const { hosts } = await holding("db1 ssh-rsa A\ndb1 ssh-ed25519 B\n[db1]:2222 ssh-ed25519 C\n");
	await hosts.usedBy("db1", 22, "rsa-sha2-512");
	await hosts.usedBy("db1", 2222, "ssh-ed25519");
	assert.deepEqual(await hosts.about("db1 ssh-rsa A"), { uses: 1 });
	assert.deepEqual(await hosts.about("db1 ssh-ed25519 B"), {});
	assert.deepEqual(await hosts.about("[db1]:2222 ssh-ed25519 C"), { uses: 1 });
});

test("a replaced line takes its history with it", async () => {
	const { hosts } = await holding("a k1\n");
	await hosts.used("a k1");
	await hosts.replace(["a k1"], "a k2");
	assert.equal(await hosts.about("a k1"), undefined);
	assert.deepEqual(await hosts.about("a k2"), { added: 1000, uses: 0 });
});

test("recent hosts come newest first, each once, twenty at most", async () => {
	let now = 0;
	const recents = new RecentHosts(new MemoryStore(), () => ++now);
	for (let i = 0; i < 25; i++) await recents.add({ host: `h${i}`, port: 22, username: "u" });
	await recents.add({ host: "h20", port: 22, username: "u" });
	await recents.add({ host: "h20", port: 2222, username: "u" });
	const list = await recents.list();
	assert.equal(list.length, 20);
	assert.deepEqual(
		list.slice(0, 3).map((each) => `${each.host}:${each.port}`),
		["h20:2222", "h20:22", "h24:22"],
	);
	await recents.add({ host: "h20", port: 2222, username: "u", keyId: "k" });
	assert.equal((await recents.list())[0]?.keyId, "k");
	await recents.remove({ host: "h20", port: 22, username: "u" });
	assert.equal((await recents.list()).filter((each) => each.host === "h20").length, 1);
});

test("imported servers come last, once, and count as never connected to", async () => {
	const recents = new RecentHosts(new MemoryStore(), () => 7);
	await recents.add({ host: "a", port: 22, username: "u" });
	await recents.offer([
		{ host: "a", port: 22, username: "u", keyId: "other" },
		{ host: "b", port: 22, username: "", keyId: "k" },
	]);
	assert.deepEqual(await recents.list(), [
		{ host: "a", port: 22, username: "u", last: 7 },
		{ host: "b", port: 22, username: "", keyId: "k", last: 0 },
	]);
});

test("nothing but names and counts is ever stored", async () => {
	const written: string[] = [];
	class Watched extends MemoryStore {
		override async update<T>(name: string, change: (old: T | undefined) => T): Promise<T> {
			const value = await super.update(name, change);
			written.push(JSON.stringify(value));
			return value;
		}
	}
	const store = new Watched();
	// Callers hand over whole objects by mistake: what is not named by the vault must fall off.
	const careless = {
		host: "db1",
		port: 22,
		username: "root",
		password: "hunter2",
		key: "-----BEGIN OPENSSH PRIVATE KEY-----",
		passphrase: "swordfish",
	};
	await new RecentHosts(store).add(careless);
	await new SettingsBook(store).change({ fontSize: 16, ...careless } as object);
	await new KnownHosts(store).add(`db1 ${key}`);
	await new KnownHosts(store).used(`db1 ${key}`);
	assert.equal(written.length, 4);
	for (const text of written) assert.doesNotMatch(text, /hunter2|PRIVATE KEY|swordfish/);
});

const settings: [name: string, value: unknown, want: object][] = [
	["nothing", undefined, defaults],
	["a string", "dark", defaults],
	["an unknown theme", { theme: "pink" }, { theme: "auto" }],
	["a known theme", { theme: "dark" }, { theme: "dark" }],
	["a font too large", { fontSize: 400 }, { fontSize: 40 }],
	["a font that is no number", { fontSize: Number.NaN }, { fontSize: 14 }],
	["too much scrollback", { scrollback: 1e9 }, { scrollback: 100_000 }],
	["a renderer that there is not", { renderer: "canvas" }, { renderer: "auto" }],
	["a list with strangers", { clipboardHosts: ["a:22", 7, null] }, { clipboardHosts: ["a:22"] }],
];

for (const [name, value, want] of settings) {
	test(`settings are mended: ${name}`, () => assert.deepEqual(checkSettings(value), { ...defaults, ...want }));
}

test("a store that is still opening answers when it is open", async () => {
	let resolve: (store: Store) => void = () => {};
	const store = new OpeningStore(
		new Promise((r) => {
			resolve = r;
		}),
	);
	const heard: string[] = [];
	const stop = store.watch((name) => heard.push(name));
	const written = store.update<number>("n", (old) => (old ?? 0) + 1);
	const read = store.get<number>("n");
	assert.equal(store.lasting, true, "until it is known better");
	const listeners = new Set<(name: string) => void>();
	const memory = new MemoryStore();
	resolve(
		Object.assign(memory, {
			watch(listener: (name: string) => void) {
				listeners.add(listener);
				return () => listeners.delete(listener);
			},
		}),
	);
	assert.deepEqual([await written, await read], [1, 1]);
	assert.equal(store.lasting, false);
	for (const listener of listeners) listener("n");
	assert.deepEqual(heard, ["n"]);
	stop();
	await store.get("n");
	assert.equal(listeners.size, 0);
});

test("old algorithms are allowed for one host, and for 30 days", async () => {
	let now = 1_000_000;
	const hosts = new LegacyHosts(new MemoryStore(), () => now);
	assert.equal(await hosts.allows("old", 22), false);
	await hosts.allow("Old", 22);
	assert.deepEqual([await hosts.allows("old", 22), await hosts.allows("old", 2222)], [true, false]);
	now += 30 * 24 * 3600 * 1000 - 1;
	assert.equal(await hosts.allows("old", 22), true);
	now += 2;
	assert.equal(await hosts.allows("old", 22), false);
});
