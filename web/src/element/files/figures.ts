/** Figures of files and transfers for people. Pure. */

/** A whole number with its thousands apart. */
export function formatCount(count: number): string {
	return new Intl.NumberFormat("en").format(count);
}

/** `1 file`, `2 files`. */
export function plural(count: number, one: string, many = `${one}s`): string {
	return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** A span of time as people say it: `4 s`, `1 min 12 s`, `2 h 5 min`. */
export function formatSpan(ms: number): string {
	const seconds = Math.max(1, Math.round(ms / 1000));
	if (seconds < 60) return `${seconds} s`;
	const minutes = Math.floor(seconds / 60);
	if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
	const hours = Math.floor(minutes / 60);
	return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.round(hours / 24)} days`;
}

/** A moment in a list: the time if it was today, the day within a year, else with its year. */
export function formatMoment(moment: number, now: number): string {
	const date = new Date(moment);
	if (Number.isNaN(date.getTime())) return "";
	const today = new Date(now);
	if (date.toDateString() === today.toDateString()) return time.format(date);
	return Math.abs(now - moment) < 300 * 86_400_000 ? day.format(date) : dated.format(date);
}

/** A moment in full, for tips and questions. */
export function formatExactly(moment: number): string {
	const date = new Date(moment);
	return Number.isNaN(date.getTime()) ? "" : exact.format(date);
}

const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { day: "2-digit", month: "short", hour: "2-digit", minute: "2-digit" });
const dated = new Intl.DateTimeFormat(undefined, { day: "2-digit", month: "short", year: "numeric" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

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
