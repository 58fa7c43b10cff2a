/** Figures of files and transfers for people. Pure. */

import { dateLocale, t } from "../words/words.ts";
/** A span of time as people say it: `4 s`, `1 min 12 s`, `2 h 5 min`. */
export function formatSpan(ms: number): string {
	const seconds = Math.max(1, Math.round(ms / 1000));
	if (seconds < 60) return t("span.seconds", { seconds });
	const minutes = Math.floor(seconds / 60);
	if (minutes < 60) return t("span.minutes", { minutes, seconds: seconds % 60 });
	const hours = Math.floor(minutes / 60);
	return hours < 48 ? t("span.hours", { hours, minutes: minutes % 60 }) : t("span.days", { n: Math.round(hours / 24) });
}

/** A moment in a list: the time if it was today, the day within a year, else with its year. */
export function formatMoment(moment: number, now: number): string {
	const date = new Date(moment);
	if (Number.isNaN(date.getTime())) return "";
	const today = new Date(now);
	if (date.toDateString() === today.toDateString()) return dateFormat("time").format(date);
	return Math.abs(now - moment) < 300 * 86_400_000 ? dateFormat("day").format(date) : dateFormat("dated").format(date);
}

/** A moment in full, for tips and questions. */
export function formatExactly(moment: number): string {
	const date = new Date(moment);
	return Number.isNaN(date.getTime()) ? "" : dateFormat("exact").format(date);
}

const dates = {
	time: { hour: "2-digit", minute: "2-digit" },
	day: { day: "2-digit", month: "short", hour: "2-digit", minute: "2-digit" },
	dated: { day: "2-digit", month: "short", year: "numeric" },
	exact: { dateStyle: "medium", timeStyle: "medium" },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;
const made = new Map<string, Intl.DateTimeFormat>();

/** Making one is slow, and a long list asks for thousands. */
function dateFormat(kind: keyof typeof dates): Intl.DateTimeFormat {
	const key = `${kind} ${dateLocale()}`;
	const format = made.get(key) ?? new Intl.DateTimeFormat(dateLocale(), dates[kind]);
	made.set(key, format);
	return format;
}

/** Permission bits as `ls` writes them: `rwxr-sr-t`. */
export function formatMode(mode: number): string {
	let text = "";
	for (const [shift, special, sign] of [
		[6, 0o4000, "s"],
		[3, 0o2000, "s"],
		[0, 0o1000, "t"],
	] as const) {
		const bits = (mode >> shift) & 7;
		text += (bits & 4 ? "r" : "-") + (bits & 2 ? "w" : "-");
		const runs = (bits & 1) !== 0;
		if (mode & special) text += runs ? sign : sign.toUpperCase();
		else text += runs ? "x" : "-";
	}
	return text;
}

/** Permission bits in octal, three digits or four. */
export function formatOctal(mode: number): string {
	return (mode & 0o7777).toString(8).padStart(3, "0");
}

/** Permission bits from octal digits; undefined if they are none. */
export function parseOctal(text: string): number | undefined {
	return /^[0-7]{3,4}$/.test(text.trim()) ? Number.parseInt(text.trim(), 8) : undefined;
}
