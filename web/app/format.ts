/** Figures for people. Pure. */

/** Bytes in at most four signs and a unit: `0 B`, `1.2 kB`, `88 MB`. */
export function formatBytes(bytes: number): string {
	const units = ["B", "kB", "MB", "GB", "TB"];
	let value = bytes;
	let unit = 0;
	while (value >= 999.5 && unit < units.length - 1) {
		value /= 1000;
		unit++;
	}
	return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** A moment of the past, as coarse as people think: `just now`, `5 min ago`, a time today, a date. */
export function formatWhen(moment: number, now: number): string {
	const minutes = Math.floor((now - moment) / 60_000);
	if (minutes < 1) return "just now";
	if (minutes < 60) return `${minutes} min ago`;
	const date = new Date(moment);
	const today = new Date(now).toDateString() === date.toDateString();
	return new Intl.DateTimeFormat(undefined, today ? { timeStyle: "short" } : { dateStyle: "medium" }).format(date);
}
