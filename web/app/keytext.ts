/** Tells from a text whether it is a private key, before anything is sent. Pure text work. */

/** What a text turned out to be: a key, or the sentence that says why not. */
export type KeyCheck =
	| { readonly ok: true; readonly text: string; readonly encrypted: boolean }
	| { readonly ok: false; readonly message: string };

const no = (message: string): KeyCheck => ({ ok: false, message });
const privateHead = /-----BEGIN ((?:OPENSSH|RSA|EC|ENCRYPTED|DSA) )?PRIVATE KEY-----/;

/** Checks a pasted or read text. Byte order marks and CR LF are mended. */
export function checkKey(input: string): KeyCheck {
	const text = `${input
		.replace(/^\ufeff/, "")
		.replace(/\r\n?/g, "\n")
		.trim()}\n`;
	if (text.trim() === "")
		return no(
			"There is nothing in it. A private key starts with -----BEGIN … PRIVATE KEY----- or PuTTY-User-Key-File.",
		);
	if (/^PuTTY-User-Key-File-/.test(text)) return checkPPK(text);
	if (/^(ssh-|ecdsa-|sk-)[a-z0-9@.-]+ /.test(text))
		return no(
			/-cert-v01@openssh\.com /.test(text)
				? "This is a certificate. Choose the private key that belongs to it."
				: "This is the public key. Choose the private one: the file without .pub.",
		);
	if (/-----BEGIN (SSH2 |RSA )?PUBLIC KEY-----|---- BEGIN SSH2 PUBLIC KEY ----/.test(text))
		return no("This is the public key. Choose the private one.");
	if (/-----BEGIN CERTIFICATE-----/.test(text) && !privateHead.test(text))
		return no("This is a TLS certificate, not an SSH key.");
	const head = privateHead.exec(text);
	if (head === null)
		return no("This is not a private key. One starts with -----BEGIN … PRIVATE KEY----- or PuTTY-User-Key-File.");
	if (head[1] === "DSA ") return no("This is a DSA key. DSA is broken and servers refuse it; make an Ed25519 key.");
	const end = text.indexOf(`-----END ${head[1] ?? ""}PRIVATE KEY-----`);
	if (end < 0) return no("The key is cut off: its last line, -----END … PRIVATE KEY-----, is missing.");
	const body = text.slice(head.index + head[0].length, end);
	if (/^[A-Za-z0-9+/=\s]*$/.test(body.replace(/^(Proc-Type|DEK-Info):.*$/gm, "")))
		return { ok: true, text, encrypted: isEncrypted(head[1] ?? "", body) };
	return no(
		"The key is damaged: there are signs in it that a key has not. Copy it again, from the first line to the last.",
	);
}

/** PuTTY's format: its last line is the checksum. */
function checkPPK(text: string): KeyCheck {
	if (/^PuTTY-User-Key-File-\d+: ssh-dss\n/.test(text))
		return no("This is a DSA key. DSA is broken and servers refuse it; make an Ed25519 key.");
	if (!/\nPrivate-MAC: [0-9a-f]+\n$/.test(text))
		return no("The key is cut off: its last line, Private-MAC, is missing.");
	return { ok: true, text, encrypted: !/\nEncryption: none\n/.test(text) };
}

/** OpenSSH's own format names its cipher in the clear (PROTOCOL.key): "none", or it is encrypted. */
function isEncrypted(kind: string, body: string): boolean {
	if (kind === "ENCRYPTED ") return true;
	if (kind !== "OPENSSH ") return /Proc-Type:.*ENCRYPTED/.test(body);
	try {
		const head = atob(body.replace(/\s/g, "").slice(0, 64));
		return !head.startsWith("openssh-key-v1\0\0\0\0\x04none");
	} catch {
		return false;
	}
}
