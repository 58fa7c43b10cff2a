/** What of a text must come back as it was: its line ends and its byte order mark. Pure. */

import { t } from "../words/words.ts";
/** A text file as a person edits it. */
export interface TextFile {
	/** Line ends are \n here. */
	readonly text: string;
	readonly lineEnd: "\n" | "\r\n";
	readonly mark: boolean;
}

/** Why a file cannot be edited here. */
export type NotText = "binary" | "encoding" | "lineends";

/** Reads bytes as text. Only what {@link toBytes} gives back byte for byte is taken. */
export function toText(bytes: Uint8Array): TextFile | NotText {
	if (bytes.includes(0)) return "binary";
	let all: string;
	try {
		all = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
	} catch {
		return "encoding";
	}
	const mark = all.startsWith("\ufeff");
	const body = mark ? all.slice(1) : all;
	const windows = body.split("\r\n").length - 1;
	const returns = body.split("\r").length - 1;
	const feeds = body.split("\n").length - 1;
	// A text field turns every kind into \n: a mixture could not be put together again.
	if (returns !== windows || (windows > 0 && feeds !== windows)) return "lineends";
	return { text: body.replaceAll("\r\n", "\n"), lineEnd: windows > 0 ? "\r\n" : "\n", mark };
}

/** The bytes of an edited text, line ends and mark as they were. */
export function toBytes(text: string, file: Pick<TextFile, "lineEnd" | "mark">): Uint8Array {
	const body = text.replaceAll("\r\n", "\n").replaceAll("\n", file.lineEnd);
	return new TextEncoder().encode((file.mark ? "\ufeff" : "") + body);
}

/** Why, in words. */
export function whyNotText(why: NotText): string {
	return t(`viewer.${why}`);
}

const pictures: readonly (readonly [type: string, magic: readonly (number | undefined)[]])[] = [
	["image/png", [0x89, 0x50, 0x4e, 0x47]],
	["image/jpeg", [0xff, 0xd8, 0xff]],
	["image/gif", [0x47, 0x49, 0x46, 0x38]],
	["image/webp", [0x52, 0x49, 0x46, 0x46, undefined, undefined, undefined, undefined, 0x57, 0x45, 0x42, 0x50]],
	["image/avif", [undefined, undefined, undefined, undefined, 0x66, 0x74, 0x79, 0x70, 0x61, 0x76, 0x69]],
];

/** The type of a picture that a browser decodes without running anything, by its first bytes; never SVG. */
export function pictureType(bytes: Uint8Array): string | undefined {
	return pictures.find(([, magic]) => magic.every((byte, i) => byte === undefined || bytes[i] === byte))?.[0];
}
