/**
 * Names that others chose: shown without their tricks, and mapped to what the
 * disk here can hold. Pure text work.
 */
import { showable } from "../untrusted.ts";

/** A name in one line: controls, line ends and what turns or hides text are escaped. */
export function showName(name: string, limit = 1024): string {
	return showable(name.replace(/\r/g, "^M"), limit).replace(/\n/g, "^J").replace(/\t/g, "^I");
}

/** What Windows keeps for devices, with and without an extension, and with the superscript digits that it folds. */
const reserved = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;
// Separators of any system, what Windows forbids, controls, and what turns or hides text.
const forbidden = /[\p{Cc}\p{Cs}/\\:*?"<>|\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/gu;
/** Bytes of UTF-8 that every common file system holds, with room for a number. */
const longest = 240;

/** A name that every common file system holds and that leads nowhere else. Never empty. */
export function safeName(name: string): string {
	let safe = name.normalize("NFC").replace(forbidden, "_");
	safe = safe.replace(/^\s+/, "_");
	safe = shorten(safe, longest);
	// Windows drops dots and spaces at the end, so "..", "a." and "a" would meet there.
	safe = safe.replace(/[. ]+$/, (end) => "_".repeat(end.length));
	if (reserved.test(safe)) safe = `_${safe}`;
	return safe === "" ? "_" : safe;
}

/** Hands out the names of one local folder: safe, and different even where case does not count. */
export class Namer {
	readonly #taken = new Set<string>();

	/** The name for a file or folder that is called so on the server. */
	take(name: string): string {
		const safe = safeName(name);
		let free = safe;
		for (let n = 2; this.#taken.has(fold(free)); n++) free = numbered(safe, n);
		this.#taken.add(fold(free));
		return free;
	}
}

/** A name with a number before its extension: `a (2).txt`. */
export function numbered(name: string, n: number): string {
	const dot = name.lastIndexOf(".");
	const cut = dot > 0 ? dot : name.length;
	return `${name.slice(0, cut)} (${n})${name.slice(cut)}`;
}

function fold(name: string): string {
	return name.normalize("NFC").toLowerCase().toUpperCase().toLowerCase();
}

/** Shortens to so many bytes of UTF-8, the extension kept. */
function shorten(name: string, limit: number): string {
	const encoder = new TextEncoder();
	if (encoder.encode(name).length <= limit) return name;
	const extension = /\.[^. ]{1,16}$/.exec(name)?.[0] ?? "";
	const signs = [...name.slice(0, name.length - extension.length)];
	let room = limit - encoder.encode(extension).length;
	let kept = "";
	for (const sign of signs) {
		room -= encoder.encode(sign).length;
		if (room < 0) break;
		kept += sign;
	}
	return kept + extension;
}
