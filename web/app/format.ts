/** Times for people. Pure. */

/** A moment of the past, as coarse as people think: `just now`, `5 min ago`, a time today, a date. */
export function formatWhen(moment: number, now: number): string {
	const minutes = Math.floor((now - moment) / 60_000);
	if (minutes < 1) return "just now";
	if (minutes < 60) return `${minutes} min ago`;
	const date = new Date(moment);
	const today = new Date(now).toDateString() === date.toDateString();
	return new Intl.DateTimeFormat(undefined, today ? { timeStyle: "short" } : { dateStyle: "medium" }).format(date);
}
