/** Uploads: from a tree of local files to jobs of the queue. */
import { SFTPError } from "../../client/errors.ts";
import type { Path, SFTP } from "../../client/filetypes.ts";
import { formatSize } from "../bytes.ts";
import { t } from "../words/words.ts";
import { formatExactly } from "./figures.ts";
import type { Leftover, Remembered } from "./journal.ts";
import type { LocalTree, Names } from "./localtree.ts";
import { numbered, showName } from "./names.ts";
import { join, parent, pathText } from "./paths.ts";
import { type Attempt, ConflictError, type Errand, type Job, type Prepared } from "./transfer.ts";

/** The errand that brings a local tree into a folder. */
export function uploadErrand(tree: LocalTree, folder: Path): Errand {
	const roots = new Set([...tree.folders, ...tree.files.map((each) => each.names)].map((names) => names[0] ?? ""));
	const [first = ""] = roots;
	const isFolder = tree.folders.some((names) => names.length === 1 && names[0] === first);
	const jobs = tree.files.map(({ names, file }) => new UploadJob(file, below(folder, names), names));
	return {
		kind: "upload",
		name: roots.size === 1 ? first + (isFolder ? "/" : "") : t("files.items", { n: roots.size }),
		from: t("transfers.here"),
		to: pathText(folder),
		handles: tree.handles,
		jobs: tree.folders.length === 0 ? jobs : [],
		...(tree.folders.length > 0 && {
			prepare: (sftp, signal) => makeFolders(tree.folders, folder, jobs, sftp, signal),
		}),
	};
}

/** The errand that goes on with what an earlier page has left. Throws if the files are not those of then. */
export function resumedErrand(leftover: Leftover, tree: LocalTree): Errand {
	const chosen = new Map(tree.files.map(({ names, file }) => [names.join("/"), file]));
	const jobs = leftover.files.map((wanted) => {
		const name = wanted.names.join("/");
		const file = chosen.get(name);
		if (file === undefined) throw new Error(t("leftovers.missing", { name: showName(name, 120) }));
		if (file.size !== wanted.size || Math.abs(file.lastModified - wanted.mtime) >= 1000) throw otherFile(wanted, file);
		return new UploadJob(file, wanted.target, wanted.names);
	});
	const { name, to, choice, handles } = leftover;
	// Who wanted to replace wants to go on now, and not to begin anew.
	const again = choice === "replace" ? "resume" : choice;
	return { kind: "upload", name, from: t("transfers.here"), to, jobs, choice: again, handles };
}

function otherFile({ names, size, mtime }: Remembered, file: File): Error {
	const facts = (bytes: number, when: number) => `${formatSize(bytes)}, ${formatExactly(when)}`;
	return new Error(
		t("leftovers.other", {
			name: showName(names.join("/"), 120),
			before: facts(size, mtime),
			now: facts(file.size, file.lastModified),
		}),
	);
}

function below(folder: Path, names: Names): Path {
	return names.reduce<Path>((path, name) => join(path, { name }), folder);
}

async function makeFolders(
	folders: readonly Names[],
	folder: Path,
	jobs: readonly Job[],
	sftp: SFTP,
	signal: AbortSignal,
): Promise<Prepared> {
	for (const names of folders) await sftp.mkdir(below(folder, names), { recursive: true, signal });
	return { jobs };
}

/** Brings one file up. It goes to a part beside its target, which takes the name when it is whole. */
export class UploadJob implements Job {
	readonly name: string;
	readonly size: number;
	readonly #file: File;
	readonly #names: readonly string[];
	#target: Path;
	#kept = false;

	constructor(file: File, target: Path, names: readonly string[] = [file.name]) {
		this.name = file.name;
		this.size = file.size;
		this.#file = file;
		this.#target = target;
		this.#names = names;
	}

	get remembered(): Remembered {
		return { names: this.#names, size: this.size, mtime: this.#file.lastModified, target: this.#target };
	}

	async run({ sftp, signal, choice, again, verify, progress }: Attempt): Promise<void> {
		let resume = again || choice === "resume";
		if (choice === undefined && !again) resume = await this.#look(sftp, signal);
		if (choice === "keep" && !this.#kept) {
			this.#target = await freeName(sftp, this.#target, this.name, signal);
			this.#kept = true;
		}
		await sftp.put(this.#file, this.#target, {
			signal,
			resume,
			keepTime: true,
			verify,
			overwrite: choice === "replace" || choice === "resume",
			onProgress: ({ done }) => progress(done, this.size),
		});
	}

	async discard(sftp: SFTP | undefined): Promise<void> {
		await sftp?.remove(partOf(this.#target));
	}

	/** Throws if the name is taken; tells whether a part of an earlier upload is there. */
	async #look(sftp: SFTP, signal: AbortSignal): Promise<boolean> {
		const [there, part] = await Promise.all([
			found(sftp, this.#target, signal),
			found(sftp, partOf(this.#target), signal),
		]);
		const canResume = part?.type === "file" && (part.size ?? 0) > 0 && (part.size ?? 0) <= this.size;
		if (there === undefined) return canResume;
		throw new ConflictError({
			name: this.name,
			folder: pathText(parent(this.#target)),
			there,
			here: { size: this.size, mtime: this.#file.lastModified },
			canResume,
		});
	}
}

/** The part beside a target, as `sftp.put` names it. */
export function partOf(path: Path): Path {
	if (typeof path === "string") return `${path}.part`;
	return new Uint8Array([...path, ...new TextEncoder().encode(".part")]);
}

/** What stands under a path; undefined if nothing does. */
export async function found(sftp: SFTP, path: Path, signal?: AbortSignal) {
	try {
		return await sftp.lstat(path, signal && { signal });
	} catch (error) {
		if (isMissing(error)) return undefined;
		throw error;
	}
}

/** Whether an error says that nothing stands there. */
export function isMissing(error: unknown): boolean {
	return error instanceof SFTPError && error.reason === "no-such-file";
}

/** A name beside a path that nothing has: `a (2).txt`. */
export async function freeName(sftp: SFTP, path: Path, name: string, signal?: AbortSignal): Promise<Path> {
	for (let n = 2; ; n++) {
		const free = join(parent(path), { name: numbered(name, n) });
		if ((await found(sftp, free, signal)) === undefined) return free;
	}
}
