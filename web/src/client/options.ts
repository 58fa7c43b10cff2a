/** Checks what a caller passed to connect, so that mistakes are named before anything is sent. */
import { isText } from "./lending.ts";
import type { Algorithms, Auth, ConnectOptions, Hop, HostKeyPolicy } from "./types.ts";
import type {
	Connect,
	Jump,
	Algorithms as WireAlgorithms,
	Auth as WireAuth,
	HostKeyPolicy as WirePolicy,
} from "./wire.ts";

const UNKNOWN_ACTIONS = ["reject", "warn", "add"] as const;
const MAX_KEY_BYTES = 1024 * 1024;

/**
 * What the core is told of the options. Throws TypeError or RangeError, with
 * the option's name. `knownHosts` is the text, read from where it is kept, and
 * `onTheWay` are those of the jump hosts.
 */
export function toWireConnect(options: ConnectOptions, knownHosts: string, onTheWay: readonly string[] = []): Connect {
	const { jump = [] } = options;
	if (!Array.isArray(jump)) throw new TypeError("jump is no list of hosts");
	return {
		relay: relayURL(options.relay),
		ticket: options.ticket ?? "",
		...hopOf(options, knownHosts),
		keepAliveMs: keepAliveOf(options.keepAliveMs),
		jump: jump.map((hop: Hop, i) => inside(`jump[${i}].`, () => hopOf(hop, onTheWay[i] ?? ""))),
	};
}

function hopOf({ host, port = 22, username, auth, hostKey, hostKeyAlias, algorithms }: Hop, knownHosts: string): Jump {
	if (!Number.isInteger(port) || port < 1 || port > 65535)
		throw new RangeError(`port is ${port}; it is a number from 1 to 65535`);
	return {
		host: hostOf(host),
		port,
		username: usernameOf(username),
		auth: authOf(auth),
		hostKey: policyOf(hostKey, knownHosts),
		...(hostKeyAlias === undefined ? {} : { hostKeyAlias: aliasOf(hostKeyAlias) }),
		...(algorithms === undefined ? {} : { algorithms: algorithmsOf(algorithms) }),
	};
}

const LISTS = ["keyExchanges", "hostKeys", "ciphers", "macs", "publicKeys"] as const;

function algorithmsOf(algorithms: Algorithms): WireAlgorithms {
	const none: WireAlgorithms = { legacy: false, keyExchanges: [], hostKeys: [], ciphers: [], macs: [], publicKeys: [] };
	if (algorithms === "legacy") return { ...none, legacy: true };
	if (typeof algorithms !== "object" || algorithms === null)
		throw new TypeError('algorithms is neither "legacy" nor an object of lists');
	const lists = LISTS.filter((name) => algorithms[name] !== undefined).map((name) => {
		const list = algorithms[name] ?? [];
		if (!Array.isArray(list) || list.length === 0 || list.some((each) => typeof each !== "string"))
			throw new TypeError(`algorithms.${name} is no list of names`);
		return [name, [...list]] as const;
	});
	return { ...none, ...Object.fromEntries(lists) };
}

/** Names the place of a mistake. */
function inside<T>(place: string, check: () => T): T {
	try {
		return check();
	} catch (error) {
		if (error instanceof RangeError || error instanceof TypeError) error.message = place + error.message;
		throw error;
	}
}

/** Commas and wildcards would make it a pattern of known_hosts. */
function aliasOf(alias: string): string {
	if (typeof alias !== "string" || !/^[^\s,*?!|@#]+$/.test(alias))
		throw new TypeError(`hostKeyAlias is ${JSON.stringify(alias)}; it is a name, or a name and a port as [name]:port`);
	return alias;
}

/** Where the options' known_hosts text comes from; "" if only pins count. */
export async function readKnownHosts(policy: HostKeyPolicy): Promise<string> {
	if (typeof policy !== "object" || policy === null || !("knownHosts" in policy)) return "";
	const { knownHosts } = policy;
	return typeof knownHosts === "string" ? knownHosts : knownHosts.read();
}

function hostOf(host: string): string {
	if (typeof host !== "string" || host.trim() === "") throw new TypeError("host is empty");
	if (/[\s[\]/@]/.test(host))
		throw new TypeError(
			`host is ${JSON.stringify(host)}; it is a name or an address alone, without user, port or brackets`,
		);
	return host;
}

function usernameOf(username: string): string {
	if (typeof username !== "string" || username === "") throw new TypeError("username is empty");
	return username;
}

function keepAliveOf(ms: number | undefined): number {
	if (ms === undefined) return 0;
	if (!Number.isFinite(ms) || ms < 0)
		throw new RangeError(`keepAliveMs is ${ms}; it is a number of milliseconds, or 0 for none`);
	return ms === 0 ? -1 : Math.max(1, Math.round(ms));
}

/** A stream of the caller's own has no URL. */
function relayURL(relay: ConnectOptions["relay"]): string {
	if (typeof relay !== "string" && !(relay instanceof URL)) {
		if (!relay?.readable || !relay.writable)
			throw new TypeError("relay is neither a URL nor a pair of readable and writable");
		return "";
	}
	const base = (globalThis as { location?: { href: string } }).location?.href;
	let url: URL;
	try {
		url = new URL(relay, base);
	} catch (cause) {
		throw new TypeError(`relay is ${JSON.stringify(String(relay))}, which is not a URL`, { cause });
	}
	if (url.protocol === "http:") url.protocol = "ws:";
	if (url.protocol === "https:") url.protocol = "wss:";
	if (url.protocol !== "ws:" && url.protocol !== "wss:")
		throw new TypeError(`relay is ${url.href}; it starts with wss: or ws:`);
	// A WebSocket URL may hold no fragment, and credentials would end in logs.
	if (url.username !== "" || url.password !== "")
		throw new TypeError("relay holds a user name or password; use a ticket instead");
	url.hash = "";
	return url.href;
}

function authOf(auth: readonly Auth[]): readonly WireAuth[] {
	if (!Array.isArray(auth) || auth.length === 0) throw new TypeError("auth is empty; give at least one way to log in");
	return auth.map(wayOf);
}

function wayOf(way: Auth, index: number): WireAuth {
	const at = `auth[${index}]`;
	switch (way?.type) {
		case "password":
			if (way.password === undefined) throw new TypeError(`${at}.password is absent`);
			if (way.change === undefined) return { type: way.type };
			if (typeof way.change !== "function") throw new TypeError(`${at}.change is no function`);
			return { type: way.type, changeable: true };
		case "keyboard-interactive":
			if (typeof way.answer !== "function") throw new TypeError(`${at}.answer is no function`);
			return { type: way.type };
		case "publickey":
			return publicKeyOf(way, `${at}.key`, way.name ?? `key ${index + 1}`);
		case "agent":
			if (typeof way.agent?.list !== "function" || typeof way.agent.sign !== "function")
				throw new TypeError(`${at}.agent is no agent: it has no list or sign`);
			return { type: way.type };
		default:
			throw new TypeError(`${at}.type is none of password, publickey, keyboard-interactive, agent`);
	}
}

/** A key that the browser holds is an agent to the core: it never sees it. */
function publicKeyOf(way: Extract<Auth, { type: "publickey" }>, at: string, name: string): WireAuth {
	if (!isText(way.key)) {
		if (typeof way.key !== "object" || way.key === null) throw new TypeError(`${at} is absent`);
		return { type: "agent" };
	}
	const certificate = way.certificate && new TextEncoder().encode(way.certificate);
	return {
		type: way.type,
		key: keyOf(way.key, at),
		name,
		passphrase: way.passphrase !== undefined,
		...(certificate && { certificate }),
	};
}

function keyOf(key: string | Uint8Array, at: string): Uint8Array {
	const bytes = typeof key === "string" ? new TextEncoder().encode(key) : key;
	if (!(bytes instanceof Uint8Array) || bytes.byteLength === 0) throw new TypeError(`${at} is empty`);
	if (bytes.byteLength > MAX_KEY_BYTES) throw new RangeError(`${at} is too large for a private key`);
	return bytes;
}

function policyOf(policy: HostKeyPolicy, knownHosts: string): WirePolicy {
	if (typeof policy !== "object" || policy === null) throw new TypeError("hostKey is absent; no default is safe");
	const pins = policy.pin === undefined ? [] : pinsOf(policy.pin);
	if (!("knownHosts" in policy)) return { pins, knownHosts: "", onUnknown: "reject" };
	const { onUnknown = "reject", systemKnownHosts: system = [] } = policy;
	const lists = typeof system === "string" ? [system] : [...system];
	const known = { pins, knownHosts, ...(lists.length > 0 && { system: lists }) };
	if (typeof onUnknown === "function") return { ...known, onUnknown: "ask" };
	if (!UNKNOWN_ACTIONS.includes(onUnknown))
		throw new TypeError(`hostKey.onUnknown is none of ${UNKNOWN_ACTIONS.join(", ")} and no function`);
	return { ...known, onUnknown };
}

function pinsOf(pin: string | readonly string[]): string[] {
	const pins = typeof pin === "string" ? [pin] : [...pin];
	if (pins.length === 0) throw new TypeError("hostKey.pin is empty");
	const bad = pins.find((each) => !/^SHA256:[A-Za-z0-9+/]{43}=?$/.test(each));
	if (bad === undefined) return pins;
	throw new TypeError(`hostKey.pin ${JSON.stringify(bad)} is no fingerprint as ssh-keygen -l prints it: SHA256:…`);
}
