/** Reads the file of a private key once, to keep the key where no script can read it. */
import { type Questions, RunningCore } from "./core.ts";
import { SSHError } from "./errors.ts";
import { Reader, toBase64 } from "./sshwire.ts";
import { importPrivateKey } from "./webkey.ts";
import type { OpenedKey } from "./wire.ts";

/**
 * Imports a private key, OpenSSH, PEM, PKCS#8 or PuTTY, into the browser: from
 * then on it signs and cannot be read, by this page neither. A core of its own
 * reads it and is ended at once, with all that it held in memory. Rejects with
 * an {@link SSHError} that says what is wrong with the text or the passphrase.
 */
export async function importKey(text: string, passphrase = ""): Promise<readonly CryptoKeyPair[]> {
	const encoder = new TextEncoder();
	const key = await openKey(encoder.encode(text), encoder.encode(passphrase));
	const pkcs8 = new Uint8Array(key.pkcs8);
	try {
		return await importPrivateKey(key.type, pkcs8, jwkOf(key.public));
	} catch (cause) {
		throw new SSHError("auth", "This browser cannot hold a key of this kind.", {
			reason: "unsupported",
			hint: "Use an Ed25519 key, or log in with the file itself.",
			cause,
		});
	} finally {
		pkcs8.fill(0);
		key.pkcs8.fill(0);
	}
}

async function openKey(key: Uint8Array, passphrase: Uint8Array): Promise<OpenedKey> {
	const core = await RunningCore.start(noQuestions, () => {});
	try {
		return await core.call("openKey", { key, passphrase });
	} finally {
		core.end(new SSHError("closed", "The key was read.", { reason: "local" }));
	}
}

/** A core without a connection asks nothing. */
const noQuestions = new Proxy({} as Questions, {
	get: () => () => {
		throw new TypeError("nobody connects");
	},
});

/** A public key of SSH's wire format as WebCrypto imports it. */
function jwkOf(publicKey: Uint8Array): JsonWebKey {
	const reader = new Reader(publicKey);
	const type = reader.text();
	if (type === "ssh-ed25519") return { kty: "OKP", crv: "Ed25519", x: base64url(reader.string()) };
	if (type === "ssh-rsa") {
		const e = reader.string();
		const n = reader.string();
		return { kty: "RSA", e: base64url(unsigned(e)), n: base64url(unsigned(n)) };
	}
	const crv = reader.text().replace("nistp", "P-");
	const point = reader.string();
	const size = (point.byteLength - 1) / 2;
	return { kty: "EC", crv, x: base64url(point.subarray(1, 1 + size)), y: base64url(point.subarray(1 + size)) };
}

/** An mpint has a zero before a highest bit that is set. */
function unsigned(mpint: Uint8Array): Uint8Array {
	return mpint[0] === 0 ? mpint.subarray(1) : mpint;
}

function base64url(bytes: Uint8Array): string {
	return toBase64(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
