/** What may go wrong with a pasted text, and its repairs. Pure text work. */

/** Why a paste is shown before it is sent. */
export type PasteRisk = "lines" | "controls" | "hidden" | "size";

/** Over this many characters a paste that would run as typed is shown first. */
export const largePaste = 5 * 1024;

// Tab and line ends are what people paste; every other control can act on the terminal.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controls = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/;
const hidden = /[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/;

/**
 * Why to ask about a paste; empty: send it. Where the program asked for
 * bracketed paste it knows a paste from typing, so lines and size are harmless.
 */
export function pasteRisks(text: string, bracketed: boolean): PasteRisk[] {
	const risks: PasteRisk[] = [];
	if (!bracketed && /[\r\n]/.test(text)) risks.push("lines");
	if (controls.test(text)) risks.push("controls");
	if (hidden.test(text)) risks.push("hidden");
	if (!bracketed && text.length > largePaste) risks.push("size");
	return risks;
}

/** Joins lines by single spaces; a shell then waits for Enter. */
export function oneLine(text: string): string {
	return text.replace(/[ \t]*[\r\n]+[ \t]*/g, " ").trim();
}

/** Takes out what the risks "controls" and "hidden" name. */
export function withoutControls(text: string): string {
	return text.replace(new RegExp(controls, "g"), "").replace(new RegExp(hidden, "g"), "");
}

/** How many lines a person would count. */
export function countLines(text: string): number {
	return text.replace(/(\r\n|\r|\n)$/, "").split(/\r\n|\r|\n/).length;
}
