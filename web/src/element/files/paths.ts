/**
 * Paths on a server. A name that is no UTF-8 has bytes that no string holds,
 * so a path is text as long as it can be and bytes where it must. Pure.
 */
import type { Entry, Path } from "../../client/filetypes.ts";

const slash = 0x2f;
const encoder = new TextEncoder();

/** The path of a folder's entry, by the bytes of its name. */
export function join(folder: Path, entry: Pick<Entry, "name" | "raw">): Path {
	if (typeof folder === "string" && entry.raw === undefined)
		return folder.endsWith("/") ? folder + entry.name : `${folder}/${entry.name}`;
	const head = bytesOf(folder);
	const name = entry.raw ?? encoder.encode(entry.name);
	const gap = head.at(-1) === slash ? 0 : 1;
	const path = new Uint8Array(head.length + gap + name.length);
	path.set(head);
	if (gap === 1) path[head.length] = slash;
	path.set(name, head.length + gap);
	return path;
}

/** The folder that holds a path; the root's is the root. */
export function parent(path: Path): Path {
	const bytes = bytesOf(path);
	let end = bytes.length;
	while (end > 1 && bytes[end - 1] === slash) end--;
	while (end > 0 && bytes[end - 1] !== slash) end--;
	while (end > 1 && bytes[end - 1] === slash) end--;
	return textIfPossible(bytes.slice(0, Math.max(end, 1)));
}

/** The last name of a path, for people. */
export function baseName(path: Path): string {
	const text = pathText(path).replace(/\/+$/, "");
	return text.slice(text.lastIndexOf("/") + 1) || "/";
}

/** A path as text; bytes that are no UTF-8 stand as \xHH. Not for going there again. */
export function pathText(path: Path): string {
	if (typeof path === "string") return path;
	const whole = decode(path);
	if (whole !== undefined) return whole;
	let text = "";
	for (let at = 0; at < path.length; ) {
		const sign = signAt(path, at);
		text += sign?.text ?? `\\x${(path[at] ?? 0).toString(16).padStart(2, "0")}`;
		at += sign?.length ?? 1;
	}
	return text;
}

/** The folders from the root down to a path, each with where it leads. */
export function crumbs(path: Path): { readonly name: string; readonly path: Path }[] {
	const found: { name: string; path: Path }[] = [];
	for (let at = path; pathText(at) !== "/"; at = parent(at)) {
		found.unshift({ name: baseName(at), path: at });
		// A relative path has no root to arrive at.
		if (pathText(parent(at)) === pathText(at)) break;
	}
	return [{ name: "/", path: "/" }, ...found];
}

/** What a person typed as a path: `~` and relative ones are resolved against home and the folder shown. */
export function typedPath(text: string, folder: Path, home: string): Path {
	if (text === "~" || text === "") return home;
	if (text.startsWith("~/")) return clean(`${home.replace(/\/$/, "")}/${text.slice(2)}`);
	if (text.startsWith("/")) return clean(text);
	if (typeof folder === "string") return clean(`${folder.replace(/\/$/, "")}/${text}`);
	return join(folder, { name: text });
}

/** Whether two paths are the same bytes. */
export function samePath(a: Path, b: Path): boolean {
	const [x, y] = [bytesOf(a), bytesOf(b)];
	return x.length === y.length && x.every((byte, i) => byte === y[i]);
}

/** Takes `.`, `..` and doubled slashes out of an absolute path. */
function clean(path: string): string {
	const names: string[] = [];
	for (const name of path.split("/")) {
		if (name === "..") names.pop();
		else if (name !== "" && name !== ".") names.push(name);
	}
	return `/${names.join("/")}`;
}

function bytesOf(path: Path): Uint8Array {
	return typeof path === "string" ? encoder.encode(path) : path;
}

function textIfPossible(bytes: Uint8Array): Path {
	return decode(bytes) ?? bytes;
}

function decode(bytes: Uint8Array): string | undefined {
	try {
		return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
	} catch {
		return undefined;
	}
}

/** The UTF-8 sequence that begins at a byte; undefined if none does. */
function signAt(bytes: Uint8Array, at: number): { text: string; length: number } | undefined {
	for (let length = 1; length <= 4; length++) {
		const text = decode(bytes.slice(at, at + length));
		if (text !== undefined && text !== "") return { text, length };
	}
	return undefined;
}
