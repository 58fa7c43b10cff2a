/** Answers the core's questions with what the caller of connect gave. */
import type { ConnectionEvents } from "./client.ts";
import type { Questions } from "./core.ts";
import { fromWire } from "./errors.ts";
import type { Auth, ConnectOptions, Lazy } from "./types.ts";
import type { AskSecret, Secret } from "./wire.ts";

/** The page's side of every call that a core makes. */
export function handlersFor(options: ConnectOptions, events: ConnectionEvents): Questions {
	const { auth, hostKey } = options;
	return {
		async askHostKey(key) {
			if ("pin" in hostKey || typeof hostKey.onUnknown !== "function") return { decision: "reject" };
			return { decision: await hostKey.onUnknown(key) };
		},
		askPassword(ask, signal) {
			return answerSecret(wayOf(auth, ask.index, "password").password, ask, signal);
		},
		askPassphrase(ask, signal) {
			const { passphrase } = wayOf(auth, ask.index, "publickey");
			if (passphrase === undefined) throw new TypeError("there is no passphrase");
			return answerSecret(passphrase, ask, signal);
		},
		async askChallenge({ index, ...challenge }, signal) {
			const answers = await wayOf(auth, index, "keyboard-interactive").answer({ ...challenge, signal });
			return { answers: [...answers] };
		},
		progress(step) {
			if (step.step === "rekey") events.emit("rekey", step.detail);
			else tell(() => options.onProgress?.(step));
			return {};
		},
		banner({ message }) {
			tell(() => options.onBanner?.(message));
			events.emit("banner", message);
			return {};
		},
		hostKeyWarning(key) {
			events.emit("hostkeywarning", key);
			return {};
		},
		async hostKeyLearned({ line }) {
			if ("knownHosts" in hostKey && typeof hostKey.knownHosts !== "string") await hostKey.knownHosts.add(line);
			events.emit("knownhosts", line);
			return {};
		},
		closed({ error }) {
			events.end(error && fromWire(error));
			return {};
		},
	};
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
	const text = await resolveSecret(secret, ask, signal);
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
