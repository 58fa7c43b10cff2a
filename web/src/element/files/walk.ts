/** Reading a remote tree for a download. The server is not trusted: names, depth and number are bounded. */
import type { Entry, Path, SFTP } from "../../client/filetypes.ts";
import { t } from "../words/words.ts";
import { Namer, showName } from "./names.ts";
import { join } from "./paths.ts";
import type { Skipped } from "./transfer.ts";

/** Deeper than this no folder is read (links are never followed, so only a hostile server gets there). */
const deepest = 64;
/** More than this is not begun. */
const most = 200_000;

/** A file of the tree, with the names that it gets here. */
export interface Found {
	readonly path: Path;
	readonly names: readonly string[];
	readonly entry: Entry;
}

/** A remote tree as it will be here. */
export interface RemoteTree {
	readonly folders: readonly (readonly string[])[];
	readonly files: readonly Found[];
	/** What is left out, and why. */
	readonly skipped: readonly Skipped[];
}

/** Reads the tree of some entries of a folder. */
export async function walk(
	sftp: SFTP,
	folder: Path,
	entries: readonly Entry[],
	signal: AbortSignal,
): Promise<RemoteTree> {
	const folders: string[][] = [];
	const files: Found[] = [];
	const skipped: Skipped[] = [];
	const visit = async (entry: Entry, at: Path, above: readonly string[], namer: Namer): Promise<void> => {
		if (folders.length + files.length >= most) throw new RangeError(t("tree.too-many", { n: most }));
		const problem = problemOf(entry, above.length);
		if (problem !== undefined) {
			skipped.push({ name: showName([...above, entry.name].join("/")), why: problem });
			return;
		}
		const path = join(at, entry);
		const names = [...above, namer.take(entry.name)];
		if (entry.type !== "directory") {
			files.push({ path, names, entry });
			return;
		}
		folders.push(names);
		const inner = new Namer();
		const onRefused = (name: string) =>
			skipped.push({ name: showName(`${names.join("/")}/${name}`), why: t("skipped.leads-out") });
		for await (const child of sftp.list(path, { signal, onRefused })) await visit(child, path, names, inner);
	};
	const namer = new Namer();
	for (const entry of entries) await visit(entry, folder, [], namer);
	return { folders, files, skipped };
}

function problemOf(entry: Entry, depth: number): string | undefined {
	if (entry.raw === undefined && /^\.{0,2}$|[/\0]/.test(entry.name)) return t("skipped.leads-out");
	if (entry.type === "symlink") return t("skipped.link");
	if (entry.type === "directory") return depth >= deepest ? t("skipped.deep") : undefined;
	return entry.type === "file" || entry.type === "unknown" ? undefined : t("skipped.no-file");
}
