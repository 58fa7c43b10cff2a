/** The few shapes of RFC 4251 section 5 that keys and signatures are made of. Pure. */

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Joins byte arrays. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
	const out = new Uint8Array(parts.reduce((n, part) => n + part.byteLength, 0));
	let at = 0;
	for (const part of parts) {
		out.set(part, at);
		at += part.byteLength;
	}
	return out;
}

/** A number of four bytes. */
export function uint32(n: number): Uint8Array {
	return new Uint8Array([n >>> 24, n >>> 16, n >>> 8, n]);
}

/** A string: its length, then its bytes; text is UTF-8. */
export function string(value: string | Uint8Array): Uint8Array {
	const bytes = typeof value === "string" ? encoder.encode(value) : value;
	return concat(uint32(bytes.byteLength), bytes);
}

/** A number of any size that is not negative, from its big-endian bytes. */
export function mpint(value: Uint8Array): Uint8Array {
	let start = 0;
	while (start < value.byteLength && value[start] === 0) start++;
	const bytes = value.subarray(start);
	// The highest bit would make it negative.
	return string(bytes[0] !== undefined && bytes[0] >= 0x80 ? concat(new Uint8Array(1), bytes) : bytes);
}

/** Reads these shapes one after the other. Throws RangeError where the bytes end too early. */
export class Reader {
	readonly #bytes: Uint8Array;
	#at = 0;

	constructor(bytes: Uint8Array) {
		this.#bytes = bytes;
	}

	/** Whether everything was read. */
	get done(): boolean {
		return this.#at === this.#bytes.byteLength;
	}

	take(n: number): Uint8Array {
		if (n > this.#bytes.byteLength - this.#at) throw new RangeError("the bytes end too early");
		const part = this.#bytes.subarray(this.#at, this.#at + n);
		this.#at += n;
		return part;
	}

	uint32(): number {
		return this.take(4).reduce((n, byte) => n * 256 + byte, 0);
	}

	uint64(): bigint {
		return (BigInt(this.uint32()) << 32n) | BigInt(this.uint32());
	}

	string(): Uint8Array {
		return this.take(this.uint32());
	}

	text(): string {
		return decoder.decode(this.string());
	}
}

/** Base64, as keys are written. */
export function toBase64(bytes: Uint8Array): string {
	let text = "";
	for (let at = 0; at < bytes.byteLength; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
	return btoa(text);
}

/** The bytes of base64 text, plain or for URLs. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
	return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
}

/** Whether two byte arrays hold the same. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
	return a.byteLength === b.byteLength && a.every((byte, i) => byte === b[i]);
}
