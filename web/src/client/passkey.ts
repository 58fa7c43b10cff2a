/**
 * Passkeys as SSH keys. OpenSSH knows them as security keys whose signatures
 * came by way of a browser (PROTOCOL.u2f, "webauthn signatures").
 */
import { concat, fromBase64, mpint, string, uint32 } from "./sshwire.ts";
import type { KeySignature, SigningKey } from "./webkey.ts";

const signatureType = "webauthn-sk-ecdsa-sha2-nistp256@openssh.com";
const publicKeyType = "sk-ecdsa-sha2-nistp256@openssh.com";

/** ECDSA on P-256 with SHA-256, as COSE numbers it: the only kind that OpenSSH takes of a browser. */
const es256 = -7;

/** A passkey that logs in. It holds nothing secret and may be stored as it is. */
export interface Passkey {
	readonly kind: "passkey";
	readonly id: Uint8Array;
	/** In SSH's wire format. */
	readonly publicKey: Uint8Array;
	/** The domain that it belongs to: pages elsewhere cannot use it. */
	readonly rpId: string;
}

/** The line that an sshd needs before it takes passkeys. */
export const passkeyServerLine = `PubkeyAcceptedAlgorithms +${signatureType}`;

/** The part of navigator.credentials that is used here: it is there in windows only. */
interface Credentials {
	create(options: { publicKey: unknown; signal?: AbortSignal }): Promise<Created | null>;
	get(options: { publicKey: unknown; signal?: AbortSignal }): Promise<Asserted | null>;
}
interface Created {
	readonly rawId: ArrayBuffer;
	readonly response: { getPublicKey(): ArrayBuffer | null };
}
interface Asserted {
	readonly response: {
		readonly authenticatorData: ArrayBuffer;
		readonly clientDataJSON: ArrayBuffer;
		readonly signature: ArrayBuffer;
	};
}

function credentials(): Credentials {
	const found = (globalThis.navigator as unknown as { credentials?: Credentials } | undefined)?.credentials;
	if (found === undefined)
		throw new TypeError("this browser offers no passkeys here; they want https, or localhost by name");
	return found;
}

/**
 * Makes a passkey for this site: the browser asks the person for it. `name` is
 * what the browser's dialog calls it. Must be called when the person clicked.
 */
export async function createPasskey(name: string, options: { rpId?: string } = {}): Promise<Passkey> {
	const rpId = options.rpId ?? (globalThis as { location?: { hostname: string } }).location?.hostname ?? "";
	const made = await credentials().create({
		publicKey: {
			rp: { id: rpId, name: "SSH" },
			user: { id: crypto.getRandomValues(new Uint8Array(16)), name, displayName: name },
			// Nobody checks an attestation, so this guards nothing.
			challenge: crypto.getRandomValues(new Uint8Array(32)),
			pubKeyCredParams: [{ type: "public-key", alg: es256 }],
			authenticatorSelection: { residentKey: "preferred", userVerification: "preferred" },
			attestation: "none",
		},
	});
	const spki = made?.response.getPublicKey();
	if (!made || !spki) throw new TypeError("the authenticator made no key that SSH can use");
	return { kind: "passkey", id: new Uint8Array(made.rawId), publicKey: await wireKey(spki, rpId), rpId };
}

async function wireKey(spki: ArrayBuffer, rpId: string): Promise<Uint8Array> {
	const curve = { name: "ECDSA", namedCurve: "P-256" };
	const key = await crypto.subtle.importKey("spki", spki, curve, true, ["verify"]);
	const { x = "", y = "" } = await crypto.subtle.exportKey("jwk", key);
	const point = concat(new Uint8Array([4]), fromBase64(x), fromBase64(y));
	return concat(string(publicKeyType), string("nistp256"), string(point), string(rpId));
}

/** A passkey as a key that signs: each signature asks the person. */
export function passkeySigner(passkey: Passkey): SigningKey {
	return {
		publicKey: passkey.publicKey,
		algorithms: [signatureType],
		sign: (data, _algorithm, signal) => signWith(passkey, data, signal),
	};
}

async function signWith({ id, rpId }: Passkey, data: Uint8Array, signal?: AbortSignal): Promise<KeySignature> {
	const asserted = await credentials().get({
		publicKey: {
			// The whole of what SSH signs: clientDataJSON carries it, and its hash is signed.
			challenge: new Uint8Array(data),
			rpId,
			allowCredentials: [{ type: "public-key", id: new Uint8Array(id) }],
			userVerification: "preferred",
		},
		...(signal && { signal }),
	});
	if (!asserted) throw new TypeError("the authenticator did not sign");
	const { authenticatorData, clientDataJSON, signature } = asserted.response;
	const { origin } = JSON.parse(new TextDecoder().decode(clientDataJSON)) as { origin: string };
	const told = authenticatorOf(new Uint8Array(authenticatorData));
	return {
		format: signatureType,
		blob: ecdsaSignature(new Uint8Array(signature)),
		rest: concat(
			new Uint8Array([told.flags]),
			uint32(told.counter),
			string(origin),
			string(new Uint8Array(clientDataJSON)),
			string(told.extensions),
		),
	};
}

/** Authenticator data: the hash of the rpId, flags, a counter, and then only extensions (WebAuthn section 6.1). */
function authenticatorOf(data: Uint8Array): { flags: number; counter: number; extensions: Uint8Array } {
	const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
	return { flags: view.getUint8(32), counter: view.getUint32(33), extensions: data.subarray(37) };
}

/** A signature in DER (SEQUENCE of two INTEGERs, each shorter than 128 bytes) as two mpints. */
function ecdsaSignature(der: Uint8Array): Uint8Array {
	const r = der.subarray(4, 4 + (der[3] ?? 0));
	const s = der.subarray(4 + r.length + 2, 4 + r.length + 2 + (der[4 + r.length + 1] ?? 0));
	if (der[0] !== 0x30 || der[2] !== 2 || der[4 + r.length] !== 2 || s.length === 0)
		throw new TypeError("the authenticator's signature is none of ECDSA");
	return concat(mpint(r), mpint(s));
}
