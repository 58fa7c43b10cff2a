/** Amounts of bytes for people. Pure. */

const units = ["B", "kB", "MB", "GB", "TB", "PB"];
const mega = 2;

/** A running count in at most three digits: `0 B`, `1.2 kB`, `88 MB`. */
export function formatBytes(bytes: number): string {
	const [value, unit] = scale(bytes);
	return words(value, unit, 10);
}

/** A file's size; from a megabyte on a tenth is worth telling for longer: `1.2 kB`, `60.0 MB`, `123 MB`. */
export function formatSize(bytes: number): string {
	const [value, unit] = scale(bytes);
	return words(value, unit, unit >= mega ? 100 : 10);
}

/** The number that people say, and the index of its unit. 999.5 would be rounded to four digits. */
function scale(bytes: number): [value: number, unit: number] {
	let value = bytes;
	let unit = 0;
	while (value >= 999.5 && unit < units.length - 1) {
		value /= 1000;
		unit++;
	}
	return [value, unit];
}

/** With a tenth where the rounded value is below the limit; bytes have none. */
function words(value: number, unit: number, limit: number): string {
	const tenths = unit > 0 && value < limit - 0.05;
	return `${tenths ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}
