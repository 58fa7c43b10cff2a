/** Files and folders of this computer that were chosen, dropped or pasted. */

/** Where something stands below what was dropped: names from the outermost folder inwards. */
export type Names = readonly string[];

/** What was chosen, as a tree of names. */
export interface LocalTree {
	/** Every folder, outer ones first, empty ones too. */
	readonly folders: readonly Names[];
	readonly files: readonly { readonly names: Names; readonly file: File }[];
	/** What could not be read, with the reason of the first. */
	readonly unreadable: readonly { readonly name: string; readonly error: unknown }[];
	/** What was dropped, by its name, to get at it again on a later page. */
	readonly handles?: ReadonlyMap<string, FileSystemHandle>;
}

/** The tree of files that an input element gave: with folders if it asked for one. */
export function treeOfFiles(files: Iterable<File>): LocalTree {
	const folders = new Map<string, Names>();
	const found = [...files].map((file) => {
		const names = (file.webkitRelativePath || file.name).split("/");
		for (let depth = 1; depth < names.length; depth++) {
			const folder = names.slice(0, depth);
			folders.set(folder.join("/"), folder);
		}
		return { names, file };
	});
	return { folders: [...folders.values()], files: found, unreadable: [] };
}

/**
 * The tree of what was dropped. All entries are taken before the first wait:
 * the browser empties the list when the event is over.
 */
export function treeOfDrop(data: DataTransfer): Promise<LocalTree> {
	const entries: FileSystemEntry[] = [];
	const loose: File[] = [];
	const handles: Promise<FileSystemHandle | null>[] = [];
	for (const item of data.items) {
		if (item.kind !== "file") continue;
		const handle = (item as Handled).getAsFileSystemHandle?.();
		if (handle !== undefined) handles.push(handle.catch(() => null));
		const entry = item.webkitGetAsEntry?.();
		if (entry) entries.push(entry);
		else {
			const file = item.getAsFile();
			if (file) loose.push(file);
		}
	}
	return withHandles(readEntries(entries, loose), handles);
}

interface Handled {
	getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
}

async function withHandles(
	reading: Promise<LocalTree>,
	handles: readonly Promise<FileSystemHandle | null>[],
): Promise<LocalTree> {
	const [tree, found] = await Promise.all([reading, Promise.all(handles)]);
	const named = found
		.filter((handle) => handle instanceof FileSystemHandle)
		.map((handle) => [handle.name, handle] as const);
	return named.length === 0 ? tree : { ...tree, handles: new Map(named) };
}

async function readEntries(entries: readonly FileSystemEntry[], loose: readonly File[]): Promise<LocalTree> {
	const folders: Names[] = [];
	const files = loose.map((file) => ({ names: [file.name], file }));
	const unreadable: { name: string; error: unknown }[] = [];
	const visit = async (entry: FileSystemEntry, above: Names): Promise<void> => {
		const names = [...above, entry.name];
		try {
			if (entry.isFile) {
				const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
				files.push({ names, file });
				return;
			}
			folders.push(names);
			for (const child of await childrenOf(entry as FileSystemDirectoryEntry)) await visit(child, names);
		} catch (error) {
			unreadable.push({ name: names.join("/"), error });
		}
	};
	for (const entry of entries) await visit(entry, []);
	return { folders, files, unreadable };
}

/** A folder's entries: the browser hands them out a hundred at a time, and none when it is done. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
	const reader = folder.createReader();
	const all: FileSystemEntry[] = [];
	for (;;) {
		const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
		if (some.length === 0) return all;
		all.push(...some);
	}
}
