import { readCertificate } from "../src/client/publickey.ts";
import { showable } from "../src/element/untrusted.ts";

/** A certificate in one line: what it is called, for whom, and how long. What it says is its issuer's word. */
export function certificateText(certificate: string): string {
	const { keyId, principals, validUntil } = readCertificate(certificate);
	const date = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
	const whom = principals.length === 0 ? "" : `, for ${principals.map((name) => showable(name, 40)).join(", ")}`;
	const end = isExpired(certificate) ? "expired" : "until";
	const until = validUntil === undefined ? ", for ever" : `, ${end} ${date.format(validUntil)}`;
	return `Certificate “${showable(keyId, 80)}”${whom}${until}`;
}

/** Whether its time is over, by this computer's clock. */
export function isExpired(certificate: string): boolean {
	const { validUntil } = readCertificate(certificate);
	return validUntil !== undefined && validUntil.getTime() < Date.now();
}
