import type { Passkey } from "../client/index.ts";
import { fingerprintOf, keyType, readCertificate } from "../client/publickey.ts";
import { equalBytes } from "../client/sshwire.ts";
import { signingKey } from "../client/webkey.ts";
import type { Store } from "./store.ts";

/** A key that this browser keeps. Its private half is with the browser or an authenticator: nobody can read it. */
export interface StoredKey {
	readonly id: string;
	readonly name: string;
	/** Such as `ssh-ed25519`. */
	readonly type: string;
	/** In SSH's wire format. */
	readonly publicKey: Uint8Array;
	/** `SHA256:…` */
	readonly fingerprint: string;
	readonly held: readonly CryptoKeyPair[] | Passkey;
	/** Text of an OpenSSH certificate. */
	readonly certificate?: string;
	/** Milliseconds since 1970. */
	readonly added: number;
	/** When it was last chosen to log in; milliseconds since 1970. */
	readonly used?: number;
}

const record = "keys";
const longestName = 80;

/** The keys of this browser, shared by its tabs. */
export class KeyBook {
	readonly #store: Store;
	readonly #now: () => number;

	constructor(store: Store, now: () => number = Date.now) {
		this.#store = store;
		this.#now = now;
	}

	/** In the order in which they came. */
	async list(): Promise<readonly StoredKey[]> {
		return (await this.#store.get<readonly StoredKey[]>(record)) ?? [];
	}

	/** Keeps a key. The same one again only takes the new name. */
	async add(name: string, held: StoredKey["held"]): Promise<StoredKey> {
		const publicKey = "kind" in held ? held.publicKey : (await signingKey(held)).publicKey;
		const made: StoredKey = {
			id: crypto.randomUUID(),
			name: nameOf(name, keyType(publicKey)),
			type: keyType(publicKey),
			publicKey,
			fingerprint: await fingerprintOf(publicKey),
			held,
			added: this.#now(),
		};
		let kept = made;
		await this.#change((keys) => {
			const old = keys.find((key) => equalBytes(key.publicKey, publicKey));
			if (old === undefined) return [...keys, made];
			kept = { ...old, held, name: made.name };
			return keys.map((key) => (key === old ? kept : key));
		});
		return kept;
	}

	async rename(id: string, name: string): Promise<void> {
		await this.#edit(id, (key) => ({ ...key, name: nameOf(name, key.name) }));
	}

	/** Puts a certificate to its key, or takes it away. Throws TypeError if it is none, or of another key. */
	async certify(id: string, certificate: string | undefined): Promise<void> {
		const about = certificate === undefined ? undefined : readCertificate(certificate);
		await this.#edit(id, (key) => {
			const { certificate: _, ...plain } = key;
			if (about === undefined || certificate === undefined) return plain;
			if (about.kind !== "user") throw new TypeError("this is the certificate of a server, not of a user");
			if (!equalBytes(about.publicKey, key.publicKey)) throw new TypeError("this certificate belongs to another key");
			return { ...plain, certificate };
		});
	}

	/** Notes that a key was chosen to log in. */
	async used(id: string): Promise<void> {
		await this.#edit(id, (key) => ({ ...key, used: this.#now() }));
	}

	/** Deletes a key for good. */
	async remove(id: string): Promise<void> {
		await this.#change((keys) => keys.filter((key) => key.id !== id));
	}

	#edit(id: string, edit: (key: StoredKey) => StoredKey): Promise<void> {
		return this.#change((keys) => keys.map((key) => (key.id === id ? edit(key) : key)));
	}

	async #change(change: (keys: readonly StoredKey[]) => readonly StoredKey[]): Promise<void> {
		await this.#store.update<readonly StoredKey[]>(record, (keys) => change(keys ?? []));
	}
}

function nameOf(name: string, otherwise: string): string {
	return name.replace(/\s+/g, " ").trim().slice(0, longestName) || otherwise;
}
