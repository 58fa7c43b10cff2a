/** Downloads: from remote files to jobs of the queue. */
import type { Entry, Path } from "../../client/filetypes.ts";
import { type ZipEntry, zip } from "../../client/zip.ts";
import { t } from "../words/words.ts";
import { either, type Landing } from "./landing.ts";
import { Namer, safeName } from "./names.ts";
import { join, pathText } from "./paths.ts";
import { PickedLanding } from "./picked.ts";
import type { Attempt, Errand, Job } from "./transfer.ts";
import { type RemoteTree, walk } from "./walk.ts";

/** What is downloaded: some entries of a folder. */
export interface Wanted {
	readonly folder: Path;
	readonly entries: readonly Entry[];
}

/** The errand that brings one file to a place. */
export function downloadErrand(folder: Path, entry: Entry, landing: Landing): Errand {
	return {
		kind: "download",
		name: entry.name,
		from: pathText(folder),
		to: landing.name,
		jobs: [
			new DownloadJob(
				entry.name,
				join(folder, entry),
				entry.type === "symlink" ? undefined : entry.size,
				async () => landing,
			),
		],
	};
}

/** The errand that brings several files and folders as one archive. */
export function zipErrand(wanted: Wanted, landing: Landing): Errand {
	return {
		kind: "download",
		name: landing.name,
		from: pathText(wanted.folder),
		to: landing.name,
		jobs: [],
		prepare: async (sftp, signal) => {
			const tree = await walk(sftp, wanted.folder, wanted.entries, signal);
			return { jobs: [new ZipJob(landing, tree)], skipped: tree.skipped };
		},
	};
}

/** The errand that brings files and folders into a folder of this computer. */
export function mirrorErrand(wanted: Wanted, folder: FileSystemDirectoryHandle): Errand {
	return {
		kind: "download",
		name: nameOf(wanted.entries),
		from: pathText(wanted.folder),
		to: folder.name,
		jobs: [],
		prepare: async (sftp, signal) => {
			const tree = await walk(sftp, wanted.folder, wanted.entries, signal);
			const roots = await freeRoots(tree, folder);
			for (const names of tree.folders) await folderAt(folder, rooted(names, roots));
			const jobs = tree.files.map(({ names, path, entry }) => {
				const place = async (): Promise<Landing> => {
					const inner = await folderAt(folder, rooted(names, roots).slice(0, -1));
					return PickedLanding.make(await inner.getFileHandle(rooted(names, roots).at(-1) ?? "", { create: true }));
				};
				return new DownloadJob(names.join("/"), path, entry.size, place);
			});
			return { jobs, skipped: tree.skipped };
		},
	};
}

/** What an archive of some entries is called. */
export function archiveName(entries: readonly Entry[], folder: string): string {
	const [only] = entries;
	return `${safeName(entries.length === 1 && only !== undefined ? only.name : folder === "/" ? "files" : folder)}.zip`;
}

function nameOf(entries: readonly Entry[]): string {
	const [only] = entries;
	return entries.length === 1 && only !== undefined ? `${only.name}/` : t("files.items", { n: entries.length });
}

/** Brings one file down. */
class DownloadJob implements Job {
	readonly name: string;
	readonly size: number | undefined;
	readonly #path: Path;
	readonly #land: () => Promise<Landing>;
	#landing: Landing | undefined;
	/** The file as it was when its first byte was read. */
	#version: string | undefined;

	constructor(name: string, path: Path, size: number | undefined, land: () => Promise<Landing>) {
		this.name = name;
		this.size = size;
		this.#path = path;
		this.#land = land;
	}

	async run({ sftp, signal, verify, progress }: Attempt): Promise<void> {
		this.#landing ??= await this.#land();
		const landing = this.#landing;
		const { size, mtime } = await sftp.stat(this.#path, { signal });
		const version = `${size} ${mtime}`;
		const kept = await landing.kept();
		// What came of another version would make a file that never was.
		const offset = version === this.#version && kept !== undefined ? Math.min(kept, size ?? 0) : 0;
		this.#version = version;
		progress(offset, size);
		const sink = await landing.sink({ offset, size });
		await sftp.get(this.#path, sink, {
			signal: either(signal, landing),
			offset,
			keepPartial: kept !== undefined,
			verify,
			onProgress: ({ done }) => progress(offset + done, size),
		});
		await landing.finish();
	}

	async fail(): Promise<void> {
		await this.#landing?.fail?.();
	}

	async discard(): Promise<void> {
		this.#version = undefined;
		await this.#landing?.discard();
	}
}

/** Brings a tree down as one archive. */
class ZipJob implements Job {
	readonly whole = true;
	readonly name: string;
	readonly size: number;
	readonly #landing: Landing;
	readonly #tree: RemoteTree;

	constructor(landing: Landing, tree: RemoteTree) {
		this.name = landing.name;
		this.#landing = landing;
		this.#tree = tree;
		this.size = tree.files.reduce((sum, { entry }) => sum + (entry.size ?? 0), 0);
	}

	async run({ sftp, signal, verify, progress }: Attempt): Promise<void> {
		progress(0);
		const sink = await this.#landing.sink({ offset: 0, size: undefined });
		await zip(sftp, zipEntries(this.#tree), sink, {
			signal: either(signal, this.#landing),
			verify,
			onProgress: progress,
		});
		await this.#landing.finish();
	}

	async fail(): Promise<void> {
		await this.#landing.fail?.();
	}

	discard(): Promise<void> {
		return this.#landing.discard();
	}
}

/** What the archive of a tree holds. */
export function* zipEntries(tree: RemoteTree): Generator<ZipEntry> {
	for (const names of tree.folders) yield { name: `${names.join("/")}/` };
	for (const { path, names, entry } of tree.files) yield { name: names.join("/"), path, mtime: entry.mtime };
}

async function folderAt(
	folder: FileSystemDirectoryHandle,
	names: readonly string[],
): Promise<FileSystemDirectoryHandle> {
	let at = folder;
	for (const name of names) at = await at.getDirectoryHandle(name, { create: true });
	return at;
}

/** New names for the outermost files and folders where the local folder has theirs: nothing of the person's is touched. */
async function freeRoots(tree: RemoteTree, folder: FileSystemDirectoryHandle): Promise<ReadonlyMap<string, string>> {
	const namer = new Namer();
	for await (const name of folder.keys()) namer.take(name);
	const roots = new Map<string, string>();
	for (const [root] of [...tree.folders, ...tree.files.map((each) => each.names)])
		if (root !== undefined && !roots.has(root)) roots.set(root, namer.take(root));
	return roots;
}

function rooted(names: readonly string[], roots: ReadonlyMap<string, string>): readonly string[] {
	const [first = "", ...rest] = names;
	return [roots.get(first) ?? first, ...rest];
}
