import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { readKnownHosts, toWireConnect } from "../src/client/options.ts";
import type { ConnectOptions } from "../src/client/types.ts";

const pin = "SHA256:bgO0kQ2L9nQmJ2Wm5pUuTz2v7a0Jw3cQ9wXh1eYl2aM";
const good: ConnectOptions = {
	relay: "wss://gate.example/relay",
	host: "db1.example",
	username: "robey",
	auth: [{ type: "password", password: "foo" }],
	hostKey: { pin },
};
const scope = globalThis as { location?: { href: string } };

afterEach(() => {
	delete scope.location;
});

describe("options of connect", () => {
	it("reach the core with their defaults, and without secrets", () => {
		const wire = toWireConnect(
			{ ...good, auth: [...good.auth, { type: "publickey", key: "KEY", passphrase: "bar" }] },
			"",
		);
		assert.deepEqual(wire, {
			relay: "wss://gate.example/relay",
			ticket: "",
			host: "db1.example",
			port: 22,
			username: "robey",
			auth: [
				{ type: "password" },
				{ type: "publickey", key: new TextEncoder().encode("KEY"), name: "key 2", passphrase: true },
			],
			hostKey: { pins: [pin], knownHosts: "", onUnknown: "reject" },
			keepAliveMs: 0,
			jump: [],
		});
	});

	it("give each jump host its own login and policy", () => {
		const hop = { ...good, host: "bastion", port: 2222, username: "hop", hostKeyAlias: "[gate.example]:2222" };
		const wire = toWireConnect({ ...good, jump: [hop, { ...good, hostKey: { knownHosts: "" } }] }, "", [
			"",
			"bastion ssh-ed25519 AAAA",
		]);
		assert.deepEqual(
			wire.jump.map(({ host, port, username, hostKeyAlias, hostKey }) => [host, port, username, hostKeyAlias, hostKey]),
			[
				["bastion", 2222, "hop", "[gate.example]:2222", { pins: [pin], knownHosts: "", onUnknown: "reject" }],
				[
					...["db1.example", 22, "robey", undefined],
					{ pins: [], knownHosts: "bastion ssh-ed25519 AAAA", onUnknown: "reject" },
				],
			],
		);
	});

	const relays: [name: string, relay: string | URL, page: string | undefined, want: string][] = [
		["a wss URL", "wss://gate.example/relay", undefined, "wss://gate.example/relay"],
		["an https URL", "https://gate.example/relay?a=b", undefined, "wss://gate.example/relay?a=b"],
		["an http URL object", new URL("http://localhost:8080/relay"), undefined, "ws://localhost:8080/relay"],
		["a path on a page by https", "/relay", "https://gate.example/app/?x#y", "wss://gate.example/relay"],
		["a path on a page by http", "relay", "http://127.0.0.1:8080/app/", "ws://127.0.0.1:8080/app/relay"],
		["a URL with a fragment", "wss://gate.example/relay#x", undefined, "wss://gate.example/relay"],
	];
	for (const [name, relay, page, want] of relays) {
		it(`take ${name} for a relay`, () => {
			if (page !== undefined) scope.location = { href: page };
			assert.equal(toWireConnect({ ...good, relay }, "").relay, want);
		});
	}

	it("take a stream for a relay", () => {
		assert.equal(toWireConnect({ ...good, relay: new TransformStream() }, "").relay, "");
	});

	const wrong: [name: string, change: Record<string, unknown>, error: RegExp][] = [
		["an empty host", { host: " " }, /^TypeError: host is empty/],
		["a jump host without a name", { jump: [{ ...good, host: "" }] }, /^TypeError: jump\[0\]\.host is empty/],
		["a jump host without a policy", { jump: [{ ...good, hostKey: undefined }] }, /jump\[0\]\.hostKey is absent/],
		["a jump host that is no host", { jump: "bastion" }, /^TypeError: jump is no list of hosts/],
		[
			"an alias that is a pattern",
			{ hostKeyAlias: "*.example" },
			/^TypeError: hostKeyAlias is "\*\.example"; it is a name/,
		],
		["a host with a user", { host: "root@db1" }, /host is "root@db1"; it is a name or an address alone/],
		["a host in brackets", { host: "[::1]" }, /without user, port or brackets/],
		["no host at all", { host: undefined }, /host is empty/],
		["port 0", { port: 0 }, /^RangeError: port is 0; it is a number from 1 to 65535/],
		["port 65536", { port: 65536 }, /^RangeError: port is 65536/],
		["a port in words", { port: "22" }, /^RangeError: port is 22/],
		["half a port", { port: 22.5 }, /^RangeError: port is 22.5/],
		["an empty user name", { username: "" }, /^TypeError: username is empty/],
		["no way to log in", { auth: [] }, /^TypeError: auth is empty/],
		["an unknown way to log in", { auth: [{ type: "gssapi" }] }, /auth\[0\].type is none of password, publickey/],
		[
			"a change of password that is no function",
			{ auth: [{ type: "password", password: "x", change: "y" }] },
			/auth\[0\].change is no function/,
		],
		["a password entry without one", { auth: [{ type: "password" }] }, /auth\[0\].password is absent/],
		["an empty key", { auth: [good.auth[0], { type: "publickey", key: "" }] }, /auth\[1\].key is empty/],
		[
			"an enormous key",
			{ auth: [{ type: "publickey", key: "x".repeat(2 << 20) }] },
			/^RangeError: auth\[0\].key is too/,
		],
		["no answer function", { auth: [{ type: "keyboard-interactive" }] }, /auth\[0\].answer is no function/],
		["no host key policy", { hostKey: undefined }, /hostKey is absent; no default is safe/],
		["an MD5 fingerprint", { hostKey: { pin: "MD5:aa:bb" } }, /hostKey.pin "MD5:aa:bb" is no fingerprint/],
		["no pins", { hostKey: { pin: [] } }, /hostKey.pin is empty/],
		["an MD5 fingerprint beside a list", { hostKey: { knownHosts: "", pin: "MD5:aa:bb" } }, /hostKey.pin "MD5:aa:bb"/],
		[
			"an unknown policy",
			{ hostKey: { knownHosts: "", onUnknown: "ignore" } },
			/hostKey.onUnknown is none of reject, warn/,
		],
		["a relay by another protocol", { relay: "ftp://gate.example" }, /relay is ftp:.*; it starts with wss: or ws:/],
		["a relative relay without a page", { relay: "/relay" }, /relay is "\/relay", which is not a URL/],
		["a relay with a password", { relay: "wss://a:b@gate.example" }, /use a ticket instead/],
		["half a stream", { relay: { readable: new ReadableStream() } }, /neither a URL nor a pair/],
		["a negative keepalive", { keepAliveMs: -1 }, /^RangeError: keepAliveMs is -1/],
	];
	for (const [name, change, error] of wrong) {
		it(`refuse ${name}`, () => {
			assert.throws(
				() => toWireConnect({ ...good, ...change } as ConnectOptions, ""),
				(e) => error.test(String(e)),
			);
		});
	}

	it("never quote a password in their errors", () => {
		const bad = { ...good, relay: "wss://robey:hunter2@gate.example" };
		assert.throws(
			() => toWireConnect(bad, ""),
			(e) => !String(e).includes("hunter2"),
		);
	});

	const alive: [ms: number | undefined, want: number][] = [
		[undefined, 0],
		[0, -1],
		[0.2, 1],
		[20_000, 20_000],
	];
	for (const [ms, want] of alive) {
		it(`give the core ${want} for a keepalive of ${ms}`, () => {
			const options = ms === undefined ? good : { ...good, keepAliveMs: ms };
			assert.equal(toWireConnect(options, "").keepAliveMs, want);
		});
	}
});

describe("known hosts", () => {
	it("come from a text, from a store, and with pins from nowhere", async () => {
		const store = { read: async () => "from the store", add: async () => {} };
		assert.equal(await readKnownHosts({ knownHosts: "text" }), "text");
		assert.equal(await readKnownHosts({ knownHosts: store }), "from the store");
		assert.equal(await readKnownHosts({ pin }), "");
		assert.equal(await readKnownHosts({ pin, knownHosts: "text" }), "text");
	});

	it("go to the core with what to do about unknown ones", () => {
		const policy = (onUnknown: object) =>
			toWireConnect({ ...good, hostKey: { knownHosts: "", ...onUnknown } }, "text").hostKey;
		assert.deepEqual(policy({}), { pins: [], knownHosts: "text", onUnknown: "reject" });
		assert.deepEqual(policy({ onUnknown: "add" }), { pins: [], knownHosts: "text", onUnknown: "add" });
		assert.deepEqual(policy({ systemKnownHosts: "list" }), {
			...{ pins: [], knownHosts: "text", onUnknown: "reject" },
			system: ["list"],
		});
		assert.deepEqual(policy({ systemKnownHosts: ["a", "b"], onUnknown: async () => "once" }), {
			...{ pins: [], knownHosts: "text", onUnknown: "ask" },
			system: ["a", "b"],
		});
		assert.deepEqual(policy({ onUnknown: async () => "once" }), { pins: [], knownHosts: "text", onUnknown: "ask" });
		assert.deepEqual(policy({ pin }), { pins: [pin], knownHosts: "text", onUnknown: "reject" });
	});
});
