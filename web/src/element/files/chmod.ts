/** Permissions of whole trees. */
import type { Entry, Path, SFTP } from "../../client/filetypes.ts";
import { t } from "../words/words.ts";
import { isFolder } from "./listing.ts";
import { join } from "./paths.ts";

/** Deeper than this no folder is read. */
const deepest = 64;
const runs = 0o111;
const ownerGoesIn = 0o500;

/** What permissions become. */
export interface Permissions {
	readonly mode: number;
	/** Also of all that is in folders. */
	readonly deep: boolean;
}

/** How a change goes. */
export interface Changing {
	readonly signal: AbortSignal;
	onProgress(changed: number): void;
}

/**
 * Gives entries of a folder their permissions. Within folders, files may be
 * run by those of the new mode only where somebody could run them before, as
 * chmod's X has it, and setuid, setgid and sticky stay as they are. Links are
 * left alone: what they lead to is elsewhere.
 */
export async function changeModes(
	sftp: SFTP,
	folder: Path,
	entries: readonly Entry[],
	{ mode, deep }: Permissions,
	{ signal, onProgress }: Changing,
): Promise<void> {
	let changed = 0;
	const change = async (path: Path, to: number): Promise<void> => {
		await sftp.chmod(path, to, { signal });
		onProgress(++changed);
	};
	const within = async (path: Path, depth: number): Promise<void> => {
		if (depth > deepest) throw new RangeError(t("tree.too-deep", { n: deepest }));
		for await (const entry of sftp.list(path, { signal })) await visit(entry, join(path, entry), depth);
	};
	const visit = async (entry: Entry, path: Path, depth: number): Promise<void> => {
		if (entry.type === "symlink" && depth > 0) return;
		const to = depth === 0 ? mode : innerMode(entry, mode);
		// A folder that its owner may enter afterwards is opened first, any other shut last.
		const first = (to & ownerGoesIn) === ownerGoesIn;
		if (first) await change(path, to);
		if (deep && isFolder(entry)) await within(path, depth + 1);
		if (!first) await change(path, to);
	};
	for (const entry of entries) await visit(entry, join(folder, entry), 0);
}

/** The mode of something within a folder that gets `mode`. */
export function innerMode(entry: Pick<Entry, "type" | "mode">, mode: number): number {
	const old = entry.mode ?? 0;
	const mayRun = entry.type === "directory" || (old & runs) !== 0;
	return (old & 0o7000) | (mode & (mayRun ? 0o777 : 0o777 & ~runs));
}
