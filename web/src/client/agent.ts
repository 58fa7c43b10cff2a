/** Agents: whoever holds keys and signs with them. */

import { type Passkey, passkeySigner } from "./passkey.ts";
import { readCertificate } from "./publickey.ts";
import { concat, equalBytes, string } from "./sshwire.ts";
import { type KeySignature, type SigningKey, signingKey } from "./webkey.ts";

/** A key as an agent shows it. */
export interface AgentKey {
	/** In wire format; of a certificate, the certificate. */
	readonly publicKey: Uint8Array;
	readonly comment: string;
	/** What it signs with, best first, such as `ssh-ed25519`. */
	readonly algorithms: readonly string[];
}

/** What an agent is asked to sign, and for whom. */
export interface SignRequest {
	readonly publicKey: Uint8Array;
	readonly data: Uint8Array;
	readonly algorithm: string;
	/** True: a program on the server asks, through a forwarded agent; false: it is our own login. */
	readonly forwarded: boolean;
	readonly host: string;
	readonly username: string;
	/** Aborts when the signature is no longer wanted. */
	readonly signal: AbortSignal;
}

/** Holds keys and signs with them, without showing them. */
export interface Agent {
	list(): readonly AgentKey[] | Promise<readonly AgentKey[]>;
	sign(request: SignRequest): Promise<KeySignature>;
}

/** A key that the browser holds: one of WebCrypto (RSA: one for each hash), or a passkey. */
export type HeldKey = CryptoKeyPair | readonly CryptoKeyPair[] | Passkey;

/** How a {@link KeyAgent} holds a key. */
export interface HoldOptions {
	/** What lists call it. */
	readonly comment?: string;
	/** Text of its certificate, shown to servers before the plain key. */
	readonly certificate?: string;
	/** Ask before each use; uses by a server are asked about in any case. */
	readonly confirm?: boolean;
	/** Milliseconds after which it is removed. */
	readonly lifetimeMs?: number;
}

/** A use of a key that a person is asked about. */
export interface KeyUse extends SignRequest {
	readonly comment: string;
}

interface Entry {
	readonly key: SigningKey;
	readonly shown: readonly AgentKey[];
	readonly confirm: boolean;
	readonly expiry: ReturnType<typeof setTimeout> | undefined;
}

/** An agent within the page. What it holds is gone when the page is. */
export class KeyAgent implements Agent {
	readonly #confirm: ((use: KeyUse) => Promise<boolean>) | undefined;
	#entries: Entry[] = [];
	#lock: Uint8Array | undefined;

	/** `confirm` asks a person about a use. Without it, no server can use a key, and no key can want to be asked about. */
	constructor(options: { confirm?: (use: KeyUse) => Promise<boolean> } = {}) {
		this.#confirm = options.confirm;
	}

	/** Whether it is locked: then it shows no key, and signs nothing. */
	get locked(): boolean {
		return this.#lock !== undefined;
	}

	/** Takes a key; the same one again replaces it. Throws TypeError if it is none that SSH knows. */
	async add(key: HeldKey, options: HoldOptions = {}): Promise<void> {
		const { confirm = false, lifetimeMs } = options;
		if (confirm && !this.#confirm) throw new TypeError("this agent has nobody to ask before a use");
		const held = await heldKey(key);
		const shown = shownAs(held, options);
		this.remove(held.publicKey);
		const expiry = lifetimeMs === undefined ? undefined : setTimeout(() => this.remove(held.publicKey), lifetimeMs);
		this.#entries.push({ key: held, shown, confirm, expiry });
	}

	list(): readonly AgentKey[] {
		return this.locked ? [] : this.#entries.flatMap((entry) => entry.shown);
	}

	async sign(request: SignRequest): Promise<KeySignature> {
		const entry = this.locked ? undefined : this.#entries.find((each) => shows(each, request.publicKey));
		if (entry === undefined) throw new DOMException("the agent does not hold this key", "NotFoundError");
		if (entry.confirm || request.forwarded) await this.#ask(request, entry);
		return entry.key.sign(request.data, request.algorithm, request.signal);
	}

	/** Removes a key by its public half. */
	remove(publicKey: Uint8Array): void {
		this.#entries = this.#entries.filter((entry) => {
			const gone = equalBytes(entry.key.publicKey, publicKey);
			if (gone) clearTimeout(entry.expiry);
			return !gone;
		});
	}

	/** Removes every key. */
	clear(): void {
		for (const { expiry } of this.#entries) clearTimeout(expiry);
		this.#entries = [];
	}

	/** Hides the keys until {@link unlock} is called with the same passphrase. */
	async lock(passphrase: string): Promise<void> {
		if (this.locked) throw new DOMException("the agent is locked already", "InvalidStateError");
		this.#lock = await digest(passphrase);
	}

	/** Shows the keys again. Throws if the passphrase is another. */
	async unlock(passphrase: string): Promise<void> {
		if (!this.#lock) throw new DOMException("the agent is not locked", "InvalidStateError");
		if (!equalBytes(await digest(passphrase), this.#lock))
			throw new DOMException("this is not the passphrase that locked the agent", "NotAllowedError");
		this.#lock = undefined;
	}

	async #ask(request: SignRequest, entry: Entry): Promise<void> {
		const comment = entry.shown[0]?.comment ?? "";
		const allowed = this.#confirm !== undefined && (await this.#confirm({ ...request, comment }));
		if (!allowed || request.signal.aborted)
			throw new DOMException("the use of the key was declined", "NotAllowedError");
	}
}

/** An agent of one key that asks nobody: what `publickey` with a held key is. It cannot be lent. */
export async function agentOf(key: HeldKey, options: HoldOptions): Promise<Agent> {
	const agent = new KeyAgent();
	await agent.add(key, options);
	return agent;
}

function heldKey(key: HeldKey): Promise<SigningKey> | SigningKey {
	return "kind" in key ? passkeySigner(key) : signingKey(key);
}

function shownAs(held: SigningKey, { comment = "", certificate }: HoldOptions): readonly AgentKey[] {
	const { publicKey, algorithms } = held;
	const plain = { publicKey, comment, algorithms };
	if (certificate === undefined) return [plain];
	const { publicKey: certified, blob } = readCertificate(certificate);
	if (!equalBytes(certified, publicKey)) throw new TypeError("the certificate belongs to another key");
	return [{ publicKey: blob, comment, algorithms }, plain];
}

function shows(entry: Entry, publicKey: Uint8Array): boolean {
	return entry.shown.some((shown) => equalBytes(shown.publicKey, publicKey));
}

/** Of a passphrase that guards nothing but this page's memory, for a while: no more than not keeping it as it is. */
async function digest(passphrase: string): Promise<Uint8Array> {
	const bytes = concat(string("wasmiko agent lock"), string(passphrase));
	return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}
