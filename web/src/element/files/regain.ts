/** Getting at files again that were dropped on an earlier page. */
import type { Leftover } from "./journal.ts";
import type { LocalTree } from "./localtree.ts";

interface Permitted {
	requestPermission?(options: { mode: "read" }): Promise<PermissionState>;
}

/** The files of an upload, by their handles; undefined: there are none, or the person does not want it. From a click. */
export async function regain({ files, handles }: Leftover): Promise<LocalTree | undefined> {
	if (handles === undefined || files.some(({ names }) => !handles.has(names[0] ?? ""))) return undefined;
	for (const handle of handles.values())
		if ((await (handle as Permitted).requestPermission?.({ mode: "read" })) !== "granted") return undefined;
	const found: { names: readonly string[]; file: File }[] = [];
	for (const { names } of files) {
		const handle = handles.get(names[0] ?? "");
		if (handle !== undefined) found.push({ names, file: await fileAt(handle, names) });
	}
	return { folders: [], files: found, unreadable: [], handles };
}

async function fileAt(root: FileSystemHandle, names: readonly string[]): Promise<File> {
	if (root.kind === "file") return (root as FileSystemFileHandle).getFile();
	let folder = root as FileSystemDirectoryHandle;
	for (const name of names.slice(1, -1)) folder = await folder.getDirectoryHandle(name);
	return (await folder.getFileHandle(names.at(-1) ?? "")).getFile();
}
