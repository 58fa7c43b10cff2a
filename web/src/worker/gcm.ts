/**
 * AES-GCM by the browser, for servers that offer no better cipher: faster than
 * Go's own AES is in WebAssembly, and in constant time. The Worker's half of
 * build/_crypto/ssh/gcm.go.
 */

/** What the core finds in the global scope. */
interface Registry {
	/** Whether there is WebCrypto: not in a page without a secure context. */
	readonly available: boolean;
	/** Tells what to call when a key or a packet is ready. */
	listen(done: (id: number, ok: boolean) => void): void;
	key(raw: Uint8Array<ArrayBuffer>): number;
}

/** In bytes: RFC 5647 section 5.1, with the length of the packet as what is only authenticated. */
const NONCE = 12;
const LENGTH = 4;

export class GCM {
	#memory: WebAssembly.Memory | undefined;
	#lastID = 0;
	#done: (id: number, ok: boolean) => void = () => {};
	readonly #keys = new Map<number, CryptoKey>();
	readonly #results = new Map<number, ArrayBuffer>();
	readonly #subtle = (globalThis.crypto as Crypto | undefined)?.subtle as SubtleCrypto | undefined;

	/** What the core imports. The browser copies its arguments before it returns. */
	readonly imports = {
		seal: (id: number, nonce: number, length: number, at: number, size: number) =>
			this.#start(id, (subtle, key) => subtle.encrypt(this.#algorithm(nonce, length), key, this.#view(at, size))),
		open: (id: number, nonce: number, length: number, at: number, size: number) =>
			this.#start(id, (subtle, key) => subtle.decrypt(this.#algorithm(nonce, length), key, this.#view(at, size))),
		/** Moves a result to where the core wants it. */
		result: (id: number, at: number) => {
			const bytes = this.#results.get(id);
			if (bytes) this.#view(at, bytes.byteLength).set(new Uint8Array(bytes));
			this.#results.delete(id);
		},
		forget: (id: number) => {
			this.#keys.delete(id);
		},
	};

	/** For the core, as a global of the Worker. */
	readonly registry: Registry = {
		available: this.#subtle !== undefined,
		listen: (done) => {
			this.#done = done;
		},
		key: (raw) => {
			const id = ++this.#lastID;
			const imported = this.#subtle?.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
			// The browser has its copy.
			raw.fill(0);
			imported?.then(
				(key) => {
					this.#keys.set(id, key);
					this.#done(id, true);
				},
				() => this.#done(id, false),
			);
			return id;
		},
	};

	/** Tells where the core's memory is; before the core runs. */
	bind(memory: WebAssembly.Memory): void {
		this.#memory = memory;
	}

	#start(id: number, work: (subtle: SubtleCrypto, key: CryptoKey) => Promise<ArrayBuffer>): void {
		const key = this.#keys.get(id);
		if (!this.#subtle || !key) throw new Error("the core uses a key that is not there");
		work(this.#subtle, key).then(
			(bytes) => {
				this.#results.set(id, bytes);
				this.#done(id, true);
			},
			() => this.#done(id, false),
		);
	}

	#algorithm(nonce: number, length: number): AesGcmParams {
		return {
			name: "AES-GCM",
			iv: this.#view(nonce, NONCE),
			additionalData: this.#view(length, LENGTH),
			tagLength: 128,
		};
	}

	#view(at: number, size: number): Uint8Array<ArrayBuffer> {
		if (!this.#memory) throw new Error("the core runs before its memory is known");
		return new Uint8Array(this.#memory.buffer as ArrayBuffer, at >>> 0, size);
	}
}
