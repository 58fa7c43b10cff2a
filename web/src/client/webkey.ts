/** Keys that the browser holds and no script can read, as SSH keys. */
import { concat, fromBase64, mpint, string } from "./sshwire.ts";

/** A signature as SSH sends it (RFC 4253 section 6.6). */
export interface KeySignature {
	/** The algorithm, such as `rsa-sha2-512`. */
	readonly format: string;
	readonly blob: Uint8Array;
	/** What signatures of security keys have besides (PROTOCOL.u2f). */
	readonly rest?: Uint8Array;
}

/** A key that can sign, wherever its private half is. */
export interface SigningKey {
	/** In wire format. */
	readonly publicKey: Uint8Array;
	/** What it signs with, best first. */
	readonly algorithms: readonly string[];
	sign(data: Uint8Array, algorithm: string, signal?: AbortSignal): Promise<KeySignature>;
}

/** Curves by WebCrypto's name: RFC 5656's name, its hash, and how long a number is. */
const curves: Readonly<Record<string, { readonly name: string; readonly hash: string }>> = {
	"P-256": { name: "nistp256", hash: "SHA-256" },
	"P-384": { name: "nistp384", hash: "SHA-384" },
	"P-521": { name: "nistp521", hash: "SHA-512" },
};

/** RSA signatures by WebCrypto's name of the hash (RFC 8332). SHA-1 is not among them. */
const rsaAlgorithms: Readonly<Record<string, string>> = { "SHA-256": "rsa-sha2-256", "SHA-512": "rsa-sha2-512" };

/**
 * A key of WebCrypto as an SSH key: Ed25519, ECDSA or RSASSA-PKCS1-v1_5. An
 * RSA key of WebCrypto signs with one hash only, so an SSH key may be two of
 * them, SHA-256 and SHA-512. The public halves must be extractable. Throws
 * TypeError if they are not, or are no such keys.
 */
export async function signingKey(pairs: CryptoKeyPair | readonly CryptoKeyPair[]): Promise<SigningKey> {
	const list = Array.isArray(pairs) ? (pairs as readonly CryptoKeyPair[]) : [pairs as CryptoKeyPair];
	const [first] = list;
	if (first === undefined) throw new TypeError("there is no key");
	const publicKey = await publicKeyOf(first.publicKey);
	const byAlgorithm = new Map(list.map((pair) => [algorithmOf(pair.privateKey), pair.privateKey]));
	const algorithms = [...byAlgorithm.keys()].sort().reverse(); // rsa-sha2-512 before 256
	return {
		publicKey,
		algorithms,
		async sign(data, algorithm) {
			const key = byAlgorithm.get(algorithm);
			if (key === undefined) throw new TypeError(`the key does not sign with ${algorithm}`);
			return { format: algorithm, blob: await signatureOf(key, data) };
		},
	};
}

function algorithmOf(key: CryptoKey): string {
	if (!key.usages.includes("sign")) throw new TypeError("the key may not sign");
	const { name } = key.algorithm;
	if (name === "Ed25519") return "ssh-ed25519";
	if (name === "ECDSA") return `ecdsa-sha2-${curveOf(key).name}`;
	const hash = (key.algorithm as { hash?: { name: string } }).hash?.name ?? "";
	const rsa = name === "RSASSA-PKCS1-v1_5" ? rsaAlgorithms[hash] : undefined;
	if (rsa === undefined) throw new TypeError(`SSH has no signatures of ${name} ${hash}`.trimEnd());
	return rsa;
}

function curveOf(key: CryptoKey): { readonly name: string; readonly hash: string } {
	const { namedCurve = "" } = key.algorithm as { namedCurve?: string };
	const curve = curves[namedCurve];
	if (curve === undefined) throw new TypeError(`SSH has no curve ${namedCurve}`);
	return curve;
}

/** A public key in SSH's wire format. */
export async function publicKeyOf(key: CryptoKey): Promise<Uint8Array> {
	const { x = "", y = "", n = "", e = "" } = await crypto.subtle.exportKey("jwk", key);
	switch (key.algorithm.name) {
		case "Ed25519":
			return concat(string("ssh-ed25519"), string(fromBase64(x)));
		case "ECDSA": {
			const { name } = curveOf(key);
			const point = concat(new Uint8Array([4]), fromBase64(x), fromBase64(y)); // uncompressed, SEC 1 section 2.3.3
			return concat(string(`ecdsa-sha2-${name}`), string(name), string(point));
		}
		case "RSASSA-PKCS1-v1_5":
			return concat(string("ssh-rsa"), mpint(fromBase64(e)), mpint(fromBase64(n)));
	}
	throw new TypeError(`SSH has no keys of ${key.algorithm.name}`);
}

async function signatureOf(key: CryptoKey, data: Uint8Array): Promise<Uint8Array> {
	const bytes = new Uint8Array(data);
	if (key.algorithm.name !== "ECDSA") return new Uint8Array(await crypto.subtle.sign(key.algorithm.name, key, bytes));
	const raw = new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: curveOf(key).hash }, key, bytes));
	// WebCrypto puts r and s side by side, RFC 5656 section 3.1.2 one after the other.
	return concat(mpint(raw.subarray(0, raw.length / 2)), mpint(raw.subarray(raw.length / 2)));
}

/** What {@link generateKey} makes. */
export type KeyKind = "ed25519" | "ecdsa" | "rsa";

/** Makes a key that never leaves this browser: nobody can read its private half, this page included. */
export async function generateKey(kind: KeyKind = "ed25519"): Promise<readonly CryptoKeyPair[]> {
	switch (kind) {
		case "ed25519":
			return [(await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"])) as CryptoKeyPair];
		case "ecdsa":
			return [await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"])];
		case "rsa":
			return generateRSA();
	}
}

/** Extractable for a moment, so that the one key can be imported for each hash. */
async function generateRSA(): Promise<readonly CryptoKeyPair[]> {
	const made = await crypto.subtle.generateKey(
		{ name: "RSASSA-PKCS1-v1_5", modulusLength: 3072, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" },
		true,
		["sign", "verify"],
	);
	const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", made.privateKey));
	try {
		return await importRSA(pkcs8, await crypto.subtle.exportKey("jwk", made.publicKey));
	} finally {
		pkcs8.fill(0);
	}
}

/** Imports a private key of PKCS#8 form and its SSH public half, so that nobody can read it again. */
export async function importPrivateKey(
	type: string,
	pkcs8: Uint8Array<ArrayBuffer>,
	publicKey: JsonWebKey,
): Promise<readonly CryptoKeyPair[]> {
	if (type === "ssh-rsa") return importRSA(pkcs8, publicKey);
	const algorithm = type === "ssh-ed25519" ? { name: "Ed25519" } : { name: "ECDSA", namedCurve: publicKey.crv ?? "" };
	return [await importPair(pkcs8, publicKey, algorithm)];
}

function importRSA(pkcs8: Uint8Array<ArrayBuffer>, { n, e }: JsonWebKey): Promise<readonly CryptoKeyPair[]> {
	const publicKey: JsonWebKey = { kty: "RSA", ...(n !== undefined && { n }), ...(e !== undefined && { e }) };
	return Promise.all(
		["SHA-512", "SHA-256"].map((hash) => importPair(pkcs8, publicKey, { name: "RSASSA-PKCS1-v1_5", hash })),
	);
}

async function importPair(
	pkcs8: Uint8Array<ArrayBuffer>,
	publicKey: JsonWebKey,
	algorithm: { name: string; namedCurve?: string; hash?: string },
): Promise<CryptoKeyPair> {
	const parameters = algorithm as EcKeyImportParams & RsaHashedImportParams;
	const [privateKey, publicHalf] = await Promise.all([
		crypto.subtle.importKey("pkcs8", pkcs8, parameters, false, ["sign"]),
		crypto.subtle.importKey("jwk", publicKey, parameters, true, ["verify"]),
	]);
	return { privateKey, publicKey: publicHalf };
}
