/** Paths and names: text for people, bytes for the server. */
import type { Entry, FileType, Path } from "./filetypes.ts";

/** The bytes of a path. */
export function pathBytes(path: Path, what = "path"): Uint8Array {
	// The bytes alone: what is sent takes the whole buffer along.
	const bytes = typeof path === "string" ? new TextEncoder().encode(path) : path?.slice?.();
	if (!(bytes instanceof Uint8Array)) throw new TypeError(`${what} is neither text nor bytes`);
	if (bytes.byteLength === 0) throw new TypeError(`${what} is empty`);
	if (bytes.includes(0)) throw new TypeError(`${what} holds a NUL`);
	return bytes;
}

/** The entries of a part of a listing: its lines are described in wasm/wire. */
export function entriesOf(lines: string): Entry[] {
	return lines.split("\n").slice(0, -1).map(entryOf);
}

function entryOf(line: string): Entry {
	const [name = "", type, size, mode, uid, gid, atime, mtime, owner, group, raw] = line.split("\t");
	return {
		name,
		type: type as FileType,
		...(size ? { size: Number(size) } : {}),
		...(mode ? { mode: Number(mode) } : {}),
		...(uid ? { uid: Number(uid) } : {}),
		...(gid ? { gid: Number(gid) } : {}),
		...(atime ? { atime: Number(atime) } : {}),
		...(mtime ? { mtime: Number(mtime) } : {}),
		...(owner ? { owner } : {}),
		...(group ? { group } : {}),
		...(raw ? { raw: fromHex(raw) } : {}),
	};
}

function fromHex(hex: string): Uint8Array {
	const bytes = new Uint8Array(hex.length / 2);
	for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
	return bytes;
}
