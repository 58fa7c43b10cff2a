/**
 * The picture of a fingerprint, as `ssh-keygen -lv` draws it: a bishop walks
 * over a board, two bits a step, and its marks tell how often it stood where.
 */
const width = 17;
const height = 9;
const marks = " .o+=*BOX@%&#/^SE";

/** Draws a fingerprint `SHA256:…` under a title of at most 15 signs. */
export function randomart(fingerprint: string, title: string): string {
	const visits = new Uint8Array(width * height);
	let x = (width - 1) / 2;
	let y = (height - 1) / 2;
	for (const byte of decode(fingerprint)) {
		for (let shift = 0; shift < 8; shift += 2) {
			const step = byte >> shift;
			x = clamp(x + (step & 1 ? 1 : -1), width);
			y = clamp(y + (step & 2 ? 1 : -1), height);
			const at = y * width + x;
			visits[at] = Math.min((visits[at] ?? 0) + 1, marks.length - 3);
		}
	}
	visits[((height - 1) / 2) * width + (width - 1) / 2] = marks.length - 2;
	visits[y * width + x] = marks.length - 1;
	const rows = Array.from(
		{ length: height },
		(_, row) => `|${Array.from(visits.subarray(row * width, (row + 1) * width), (n) => marks[n]).join("")}|`,
	);
	return [border(`[${title}]`), ...rows, border("[SHA256]")].join("\n");
}

function decode(fingerprint: string): Uint8Array {
	const text = atob(fingerprint.replace(/^SHA256:/, ""));
	return Uint8Array.from(text, (sign) => sign.charCodeAt(0));
}

function clamp(value: number, size: number): number {
	return Math.max(0, Math.min(size - 1, value));
}

function border(text: string): string {
	const left = Math.floor((width - text.length) / 2);
	return `+${"-".repeat(left)}${text}${"-".repeat(width - text.length - left)}+`;
}
