/** Paths and names: text for people, bytes for the server. */
import type { Entry, FileInfo, Path } from "./filetypes.ts";
import type { FileEntry } from "./wire.ts";

/** The bytes of a path. */
export function pathBytes(path: Path, what = "path"): Uint8Array {
	// The bytes alone: what is sent takes the whole buffer along.
	const bytes = typeof path === "string" ? new TextEncoder().encode(path) : path?.slice?.();
	if (!(bytes instanceof Uint8Array)) throw new TypeError(`${what} is neither text nor bytes`);
	if (bytes.byteLength === 0) throw new TypeError(`${what} is empty`);
	if (bytes.includes(0)) throw new TypeError(`${what} holds a NUL`);
	return bytes;
}

/** An entry of a folder as callers see it. */
export function entryOf({ info, ...rest }: FileEntry): Entry {
	return { ...rest, ...(info as FileInfo) };
}
