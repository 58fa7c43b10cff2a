/** Text that a server wrote, made fit to be shown. Pure text work. */

import { t } from "./words/words.ts";
/** Most of a server's text that a dialog shows, in characters of UTF-16. */
export const promptLimit = 2048;
/** As much as the core lets a server say in one question. */
export const serverLimit = 64 * 1024;
const titleLimit = 120;

/** C0 and C1 controls but not the line end, and what turns or hides text (bidi, zero-width). */
const hostile = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/gu;

/** Escapes control characters visibly and cuts at {@link promptLimit}. Line ends stay. */
export function showable(text: string, limit = promptLimit): string {
	const whole = text.replace(/\r\n?/g, "\n");
	const cut = whole.length > limit;
	const shown = whole
		.slice(0, limit)
		.replace(hostile, (sign) => (sign === "\n" || sign === "\t" ? sign : escapeSign(sign)));
	return cut ? t("cut", { text: shown }) : shown;
}

function escapeSign(sign: string): string {
	const code = sign.codePointAt(0) ?? 0;
	return code < 0x20 ? `^${String.fromCharCode(code + 0x40)}` : `\\u{${code.toString(16)}}`;
}

/** Whether text is drawn with blocks, as a QR code is: its lines must neither wrap nor stand apart. */
export function isDrawing(text: string): boolean {
	return /[\u2580-\u259f]/.test(text);
}

/** A window title from a server: one short line, controls and bidi marks gone. */
export function cleanTitle(text: string): string {
	return text.replace(hostile, "").replace(/\s+/g, " ").trim().slice(0, titleLimit);
}
