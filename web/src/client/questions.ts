/** Answers the core's questions with what the caller of connect gave. */
import type { ConnectionEvents } from "./client.ts";
import type { Questions } from "./core.ts";
import { fromWire } from "./errors.ts";
import type { Lending } from "./lending.ts";
import type { Auth, ConnectOptions, Hop, HostKey, HostKeyPolicy, KnownKey, Lazy, TraceEvent } from "./types.ts";
import type { AskSecret, Secret } from "./wire.ts";

/** The page's side of every call that a core makes. */
export function handlersFor(options: ConnectOptions, events: ConnectionEvents, lending: Lending): Questions {
	const at = (hop: number): Hop => options.jump?.[hop - 1] ?? options;
	return {
		async askHostKey({ hop, ...key }) {
			const { hostKey } = at(hop);
			if (!("knownHosts" in hostKey) || typeof hostKey.onUnknown !== "function") return { decision: "reject" };
			return { decision: await hostKey.onUnknown(key) };
		},
		askPassword(ask, signal) {
			return answerSecret(wayOf(at(ask.hop).auth, ask.index, "password").password, ask, signal);
		},
		async askNewPassword({ hop, index, ...wanted }, signal) {
			const { change } = wayOf(at(hop).auth, index, "password");
			if (change === undefined) throw new TypeError("there is no new password");
			return secretOf(await change({ ...wanted, signal }));
		},
		askPassphrase(ask, signal) {
			const { passphrase } = wayOf(at(ask.hop).auth, ask.index, "publickey");
			if (passphrase === undefined) throw new TypeError("there is no passphrase");
			return answerSecret(passphrase, ask, signal);
		},
		async askChallenge({ hop, index, ...challenge }, signal) {
			const answers = await wayOf(at(hop).auth, index, "keyboard-interactive").answer({ ...challenge, signal });
			return { answers: [...answers] };
		},
		agentList(ask) {
			return lending.list(ask);
		},
		agentSign(ask, signal) {
			return lending.sign(ask, signal);
		},
		progress(step) {
			if (step.step === "rekey") events.emit("rekey", step.detail);
			else tell(() => options.onProgress?.(step));
			return {};
		},
		trace(line) {
			const event: TraceEvent = { ...line, time: Date.now() };
			tell(() => options.onTrace?.(event));
			events.emit("trace", event);
			return {};
		},
		hostKeys({ hop, added, gone }) {
			const { hostKey } = at(hop);
			const keys = added.map(({ hop: _, ...key }): HostKey => key);
			events.emit("hostkeys", { added: keys, gone, accept: () => acceptKeys(hostKey, keys, gone) });
			return {};
		},
		banner({ message }) {
			tell(() => options.onBanner?.(message));
			events.emit("banner", message);
			return {};
		},
		hostKeyWarning({ hop: _, ...key }) {
			events.emit("hostkeywarning", key);
			return {};
		},
		async hostKeyLearned({ hop, line }) {
			const { hostKey } = at(hop);
			if ("knownHosts" in hostKey && typeof hostKey.knownHosts !== "string") await hostKey.knownHosts.add(line);
			events.emit("knownhosts", line);
			return {};
		},
		link(state) {
			events.emit("link", state);
			return {};
		},
		goAway(notice) {
			events.emit("goaway", notice);
			return {};
		},
		closed({ error }) {
			events.end(error && fromWire(error));
			return {};
		},
	};
}

/** First what is new, so that the host is never without a key. */
async function acceptKeys(policy: HostKeyPolicy, added: readonly HostKey[], gone: readonly KnownKey[]): Promise<void> {
	if (!("knownHosts" in policy) || typeof policy.knownHosts === "string") return;
	for (const key of added) await policy.knownHosts.add(key.line);
	if (gone.length > 0) await policy.knownHosts.remove?.(gone.map((key) => key.line));
}

/** Calls back; what that throws is the page's to see, and stops nothing here. */
function tell(callback: () => void): void {
	try {
		callback();
	} catch (error) {
		reportError(error);
	}
}

function wayOf<T extends Auth["type"]>(auth: readonly Auth[], index: number, type: T): Extract<Auth, { type: T }> {
	const way = auth[index];
	if (way?.type !== type) throw new TypeError(`auth[${index}] is no ${type}`);
	return way as Extract<Auth, { type: T }>;
}

async function answerSecret(secret: Lazy<string>, ask: AskSecret, signal: AbortSignal): Promise<Secret> {
	return secretOf(await resolveSecret(secret, ask, signal));
}

function secretOf(text: string): Secret {
	if (typeof text !== "string") throw new TypeError("a secret was not given as a string");
	return { secret: new TextEncoder().encode(text) };
}

function resolveSecret(
	secret: Lazy<string>,
	{ host, username, attempt, step, keyName }: AskSecret,
	signal: AbortSignal,
) {
	if (typeof secret !== "function") return secret;
	return secret({ signal, host, username, attempt, step, ...(keyName === undefined ? {} : { keyName }) });
}
