import lock from "lucide-static/icons/lock.svg";
import trash from "lucide-static/icons/trash-2.svg";
import type { Entry, Path, SFTP } from "../../client/filetypes.ts";
import { copyText } from "../clipboard.ts";
import type { Layer } from "../layer.ts";
import { t } from "../words/words.ts";
import { busyCard, type DoneWord, deleteCard, nameProblem, newFolderCard } from "./cards.ts";
import { changeModes, type Permissions } from "./chmod.ts";
import { archiveName, downloadErrand, mirrorErrand, zipErrand } from "./download.ts";
import type { Folder } from "./folder.ts";
import type { Grid } from "./grid.ts";
import { land } from "./landing.ts";
import { isFolder } from "./listing.ts";
import type { LocalTree } from "./localtree.ts";
import { modeCard } from "./modecard.ts";
import { showName } from "./names.ts";
import { baseName, join, pathText } from "./paths.ts";
import { pickFolder } from "./picked.ts";
import type { Transfers } from "./transfers.ts";
import { uploadErrand } from "./upload.ts";

/** What actions work with. */
export interface ActionContext {
	readonly folder: Folder;
	readonly grid: Grid;
	readonly layer: Layer;
	readonly transfers: Transfers;
	/** Throws where there is no session. */
	sftp(): SFTP;
	go(path: Path): Promise<void>;
	view(entry: Entry): void;
	/** Reads the folder again, and points at a name. */
	reload(name?: string): Promise<void>;
	say(text: string): void;
	fail(error: unknown, what: string): void;
}

/** What a person can do with the entries of a folder. Failures are told, never thrown. */
export class Actions {
	readonly #context: ActionContext;

	constructor(context: ActionContext) {
		this.#context = context;
	}

	/** The selected entries, else the one under the cursor. */
	get chosen(): Entry[] {
		const { selection, listing } = this.#context.folder;
		const chosen = selection.in(listing);
		return chosen.length > 0 || selection.cursor === undefined ? chosen : [selection.cursor];
	}

	/** Goes into a folder; looks into a file; follows a link. */
	async open(entry: Entry): Promise<void> {
		const { folder, go, view, sftp } = this.#context;
		const path = join(folder.path, entry);
		if (isFolder(entry)) return go(path);
		await this.#try(t("files.failed.open", { name: showName(entry.name, 120) }), async () => {
			const { type } = entry.type === "symlink" ? await sftp().stat(path) : entry;
			if (type === "directory") await go(path);
			else view(entry);
		});
	}

	/** Asks for a name and makes a folder. */
	async newFolder(): Promise<void> {
		const { layer, folder, reload, sftp } = this.#context;
		const name = await layer.ask<string>(newFolderCard).catch(() => undefined);
		if (name === undefined) return;
		await this.#try(t("files.failed.make", { name: showName(name, 120) }), async () => {
			await sftp().mkdir(join(folder.path, { name }));
			await reload(name);
		});
	}

	/** Renames in place. The old name goes to the server by its bytes. */
	async rename(entry: Entry): Promise<void> {
		const { grid, folder, reload, sftp, fail } = this.#context;
		const name = await grid.rename(entry);
		if (name === undefined) return;
		const what = t("files.failed.rename", { name: showName(entry.name, 120) });
		const problem = nameProblem(name);
		if (problem !== undefined) {
			fail(new Error(problem), what);
			return;
		}
		await this.#try(what, async () => {
			await sftp().rename(join(folder.path, entry), join(folder.path, { name }));
			await reload(name);
		});
	}

	/** Deletes, after a question; a long deletion shows how far it is and can be stopped. */
	async remove(entries: readonly Entry[]): Promise<void> {
		const { layer, folder, reload, sftp, say } = this.#context;
		if (entries.length === 0) return;
		const at = folder.path;
		if (!(await layer.ask<true>((answering) => deleteCard(entries, answering)).catch(() => false))) return;
		const what = this.#whatOf(entries);
		const title = t("delete.doing", { what });
		const stopped = await this.#long(
			{ title, picture: trash, done: "delete.gone", failing: t("files.failed.delete") },
			async (signal, progress) => {
				let before = 0;
				for (const entry of entries) {
					if (signal.aborted) break;
					let now = 0;
					const onProgress = (count: number): void => {
						now = count;
						progress(before + now);
					};
					await sftp().remove(join(at, entry), { recursive: isFolder(entry), signal, onProgress });
					before += Math.max(now, 1);
					progress(before);
				}
				say(t("delete.done", { what }));
			},
		);
		if (stopped) say(t("delete.stopped"));
		await reload();
	}

	/** Changes permissions, after asking for them. */
	async chmod(entries: readonly Entry[]): Promise<void> {
		const { layer, folder, reload, sftp, say } = this.#context;
		if (entries.length === 0) return;
		const at = folder.path;
		const wanted = await layer.ask<Permissions>((answering) => modeCard(entries, answering)).catch(() => undefined);
		if (wanted === undefined) return;
		const title = t("mode.doing", { what: this.#whatOf(entries) });
		const words = { title, picture: lock, done: "mode.changed", failing: t("files.failed.chmod") } as const;
		const stopped = await this.#long(words, (signal, onProgress) =>
			changeModes(sftp(), at, entries, wanted, { signal, onProgress }),
		);
		if (stopped) say(t("mode.stopped"));
		await reload();
	}

	/** Copies the path of entries, or of the folder, a line each. */
	async copyPath(entries: readonly Entry[]): Promise<void> {
		const { folder, say } = this.#context;
		const paths = entries.length === 0 ? [folder.path] : entries.map((entry) => join(folder.path, entry));
		const copied = await copyText(paths.map(pathText).join("\n"));
		say(t(copied ? "path.copied" : "copy.blocked"));
	}

	/** Downloads: one file as it is, anything else as an archive. Must be called from a click or a key. */
	async download(entries: readonly Entry[]): Promise<void> {
		const { folder, transfers } = this.#context;
		const [only] = entries;
		if (only === undefined) return;
		const at = folder.path;
		await this.#try(t("files.failed.download"), async () => {
			if (entries.length === 1 && !isFolder(only)) {
				const landing = await land(only.name);
				if (landing !== undefined) transfers.add(downloadErrand(at, only, landing));
				return;
			}
			const landing = await land(archiveName(entries, baseName(at)));
			if (landing !== undefined) transfers.add(zipErrand({ folder: at, entries }, landing));
		});
	}

	/** Downloads files and folders as they are, into a folder of this computer. */
	async mirror(entries: readonly Entry[]): Promise<void> {
		const { folder, transfers } = this.#context;
		const at = folder.path;
		await this.#try(t("files.failed.download"), async () => {
			const target = await pickFolder();
			if (target !== undefined) transfers.add(mirrorErrand({ folder: at, entries }, target));
		});
	}

	/** Uploads into the folder that is shown. */
	upload(tree: LocalTree, into: Path = this.#context.folder.path): void {
		const { transfers, fail, say } = this.#context;
		const [unreadable] = tree.unreadable;
		if (unreadable !== undefined) {
			const name = showName(unreadable.name, 120);
			const n = tree.unreadable.length - 1;
			fail(unreadable.error, n > 0 ? t("files.failed.local.more", { name, n }) : t("files.failed.local", { name }));
		}
		if (tree.files.length + tree.folders.length === 0) {
			if (unreadable === undefined) say(t("transfers.nothing"));
			return;
		}
		transfers.add(uploadErrand(tree, into));
	}

	#whatOf(entries: readonly Entry[]): string {
		const [only] = entries;
		return entries.length === 1 ? showName(only?.name ?? "", 120) : t("files.items", { n: entries.length });
	}

	/** Does what may take long, with a card that shows how far it is and can stop it; tells whether it was stopped. */
	async #long(
		words: { readonly title: string; readonly picture: string; readonly done: DoneWord; readonly failing: string },
		work: (signal: AbortSignal, progress: (count: number) => void) => Promise<void>,
	): Promise<boolean> {
		const { layer } = this.#context;
		const stop = new AbortController();
		const { card, done } = busyCard(words.title, words.picture, words.done, () => stop.abort());
		layer.show(card);
		await this.#try(words.failing, () => work(stop.signal, done));
		layer.clear(card);
		return stop.signal.aborted;
	}

	async #try(what: string, work: () => Promise<void>): Promise<void> {
		try {
			await work();
		} catch (error) {
			if (error instanceof DOMException && error.name === "AbortError") return;
			this.#context.fail(error, what);
		}
	}
}
