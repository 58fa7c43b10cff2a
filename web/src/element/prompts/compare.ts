/** Compares a pasted fingerprint, found anywhere in the text, with the one shown. "" is no verdict. */
export function compare(text: string, fingerprint: string): "" | "same" | "other" {
	const plain = text.trim();
	if (plain === "") return "";
	const given = /SHA256:([A-Za-z0-9+/]+)/.exec(plain)?.[1] ?? plain.replace(/=+$/, "");
	return `SHA256:${given}` === fingerprint ? "same" : "other";
}
