/** Public keys and certificates as people see them. */
import { concat, fromBase64, Reader, string, toBase64 } from "./sshwire.ts";

/** The line of authorized_keys for a public key in wire format. */
export function publicKeyLine(publicKey: Uint8Array, comment = ""): string {
	const words = [keyType(publicKey), toBase64(publicKey), comment.replace(/\s+/g, " ").trim()];
	return words.join(" ").trimEnd();
}

/** The type of a public key in wire format, such as `ssh-ed25519`. */
export function keyType(publicKey: Uint8Array): string {
	return new Reader(publicKey).text();
}

/** `SHA256:…`, as `ssh-keygen -l` prints it. */
export async function fingerprintOf(publicKey: Uint8Array): Promise<string> {
	const digest = await crypto.subtle.digest("SHA-256", new Uint8Array(publicKey));
	return `SHA256:${toBase64(new Uint8Array(digest)).replace(/=+$/, "")}`;
}

/** What a user certificate says (OpenSSH's PROTOCOL.certkeys). */
export interface CertificateInfo {
	/** The certificate's own type, such as `ssh-ed25519-cert-v01@openssh.com`. */
	readonly type: string;
	readonly kind: "user" | "host";
	/** What whoever issued it calls it. */
	readonly keyId: string;
	readonly serial: bigint;
	/** Accounts that it opens; none: what the server makes of that. */
	readonly principals: readonly string[];
	/** Undefined: since ever. */
	readonly validFrom: Date | undefined;
	/** Undefined: for ever. */
	readonly validUntil: Date | undefined;
	/** What limits it, such as `source-address=10.0.0.0/8`. */
	readonly limits: readonly string[];
	/** The public key that it is about, in wire format. */
	readonly publicKey: Uint8Array;
	/** The key of who issued it, in wire format. */
	readonly authority: Uint8Array;
	/** The whole of it in wire format. */
	readonly blob: Uint8Array;
}

/** How many fields the public key within a certificate has, by type. */
const fields: Readonly<Record<string, number>> = {
	"ssh-ed25519": 1,
	"ssh-rsa": 2,
	"ecdsa-sha2-nistp256": 2,
	"ecdsa-sha2-nistp384": 2,
	"ecdsa-sha2-nistp521": 2,
	"sk-ssh-ed25519@openssh.com": 2,
	"sk-ecdsa-sha2-nistp256@openssh.com": 3,
};

const forever = 0xffff_ffff_ffff_ffffn;

/** Reads a certificate: the text of a file that ends in `-cert.pub`. Throws TypeError if it is none. Checks no signature: that is the server's. */
export function readCertificate(text: string): CertificateInfo {
	try {
		const [, encoded = ""] = text
			.replace(/^\ufeff/, "")
			.trim()
			.split(/\s+/);
		return certificateOf(fromBase64(encoded));
	} catch (cause) {
		throw new TypeError("this is not an OpenSSH certificate; choose the file that ends in -cert.pub", { cause });
	}
}

function certificateOf(blob: Uint8Array): CertificateInfo {
	const reader = new Reader(blob);
	const type = reader.text();
	const plain = type.replace(/-cert-v01@openssh\.com$/, "").replace(/^(sk-.*)$/, "$1@openssh.com");
	const count = fields[plain];
	if (plain === type || count === undefined) throw new TypeError(`no certificate's type: ${type}`);
	reader.string(); // the nonce
	const key = Array.from({ length: count }, () => reader.string());
	const serial = reader.uint64();
	const kind = reader.uint32() === 1 ? "user" : "host";
	const keyId = reader.text();
	const principals = listOf(reader.string(), (list) => list.text());
	const [from, until] = [reader.uint64(), reader.uint64()];
	const limits = listOf(reader.string(), optionOf);
	reader.string(); // extensions: what it permits
	reader.string(); // reserved
	const authority = reader.string();
	reader.string(); // the signature
	if (!reader.done) throw new TypeError("there is more after the certificate");
	return {
		type,
		kind,
		keyId,
		serial,
		principals,
		validFrom: from === 0n ? undefined : dateOf(from),
		validUntil: until === forever ? undefined : dateOf(until),
		limits,
		publicKey: wireKey(plain, key),
		authority,
		blob,
	};
}

function wireKey(type: string, key: readonly Uint8Array[]): Uint8Array {
	return concat(string(type), ...key.map((field) => string(field)));
}

function dateOf(seconds: bigint): Date {
	// The last day that a Date can tell.
	return new Date(Math.min(Number(seconds) * 1000, 8.64e15));
}

function listOf<T>(bytes: Uint8Array, read: (reader: Reader) => T): T[] {
	const reader = new Reader(bytes);
	const list: T[] = [];
	while (!reader.done) list.push(read(reader));
	return list;
}

/** An option is its name and, packed once more, its value. */
function optionOf(list: Reader): string {
	const name = list.text();
	const value = listOf(list.string(), (reader) => reader.text()).join(",");
	return value === "" ? name : `${name}=${value}`;
}
