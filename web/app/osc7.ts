/** What shells tell about their folder (OSC 7). Pure text work. */

/** Longer paths no system has. */
const longest = 4096;

/**
 * The folder that an OSC 7 sequence names, `file://HOST/PATH` with percent
 * signs; undefined if it is no such thing. The text is a program's and not to
 * be trusted: all that it can do is to have a folder listed.
 */
export function directoryOf(data: string): string | Uint8Array | undefined {
	const match = /^(?:file|kitty-shell-cwd):\/\/[^/]*(\/.*)$/s.exec(data);
	const path = match?.[1];
	if (path === undefined || path.length > 3 * longest) return undefined;
	// A kitty URL is not encoded.
	const bytes = data.startsWith("kitty") ? new TextEncoder().encode(path) : decodePercent(path);
	if (bytes.length > longest || bytes.includes(0)) return undefined;
	try {
		return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
	} catch {
		return bytes;
	}
}

/** Bytes, not text: a folder's name need not be UTF-8. */
function decodePercent(text: string): Uint8Array {
	const source = new TextEncoder().encode(text);
	const bytes: number[] = [];
	for (let i = 0; i < source.length; i++) {
		const hex = hexAt(source, i);
		if (/^[0-9a-fA-F]{2}$/.test(hex)) {
			bytes.push(Number.parseInt(hex, 16));
			i += 2;
		} else bytes.push(source[i] ?? 0);
	}
	return new Uint8Array(bytes);
}

function hexAt(source: Uint8Array, at: number): string {
	return source[at] === 0x25 ? String.fromCharCode(...source.slice(at + 1, at + 3)) : "";
}
