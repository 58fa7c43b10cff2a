/** Where a download lands on this computer: a chosen file, a staging place of the browser, or memory. */
import type { Sink } from "../../client/filetypes.ts";
import { formatSize } from "./figures.ts";
import { safeName } from "./names.ts";

interface Pickers {
	showSaveFilePicker?(options: { suggestedName: string }): Promise<FileSystemFileHandle>;
	showDirectoryPicker?(options: { mode: "readwrite" }): Promise<FileSystemDirectoryHandle>;
}

/** Takes the bytes of one download. */
export interface Landing {
	readonly name: string;
	sink(): Promise<Sink>;
	/** Bytes that a broken download has left, to go on from; undefined: it keeps none. */
	kept(): Promise<number | undefined>;
	/** A stream for what is made here and not on the server. */
	stream(): Promise<WritableStream<Uint8Array>>;
	/** All bytes are there: hands the file to the person. */
	finish(): Promise<void>;
	/** Takes away what is there of it. */
	discard(): Promise<void>;
}

/** Most that is collected in memory where the browser has no other place. */
export const memoryLimit = 512 * 1024 * 1024;
const stagingFolder = "wasmiko-downloads";

/** Whether folders can be written as folders. */
export function canPickFolder(): boolean {
	return pickers().showDirectoryPicker !== undefined && window.top === window;
}

/** Asks for a folder of this computer; undefined: the person changed their mind. Must be called from a click. */
export async function pickFolder(): Promise<FileSystemDirectoryHandle | undefined> {
	return unlessDeclined(() => pickers().showDirectoryPicker?.({ mode: "readwrite" }));
}

/** Finds a place for a download; undefined: the person changed their mind. Must be called from a click. */
export async function land(remoteName: string, size: number | undefined): Promise<Landing | undefined> {
	const name = safeName(remoteName);
	if (pickers().showSaveFilePicker !== undefined && window.top === window) {
		const handle = await unlessDeclined(() => pickers().showSaveFilePicker?.({ suggestedName: name }));
		return handle && (await PickedLanding.make(handle));
	}
	return (await StagedLanding.make(name, size)) ?? MemoryLanding.make(name, size);
}

function pickers(): Pickers {
	return window as Window & Pickers;
}

async function unlessDeclined<T>(pick: () => Promise<T> | undefined): Promise<T | undefined> {
	try {
		return await pick();
	} catch (error) {
		if (error instanceof DOMException && error.name === "AbortError") return undefined;
		throw error;
	}
}

/** A file that the person chose. The browser writes beside it and swaps at the end. */
export class PickedLanding implements Landing {
	readonly name: string;
	readonly #handle: FileSystemFileHandle;
	readonly #fresh: boolean;

	private constructor(handle: FileSystemFileHandle, fresh: boolean) {
		this.#handle = handle;
		this.#fresh = fresh;
		this.name = handle.name;
	}

	static async make(handle: FileSystemFileHandle): Promise<PickedLanding> {
		return new PickedLanding(handle, (await handle.getFile()).size === 0);
	}

	/** An older file of that name stays as it is until the new one is whole. */
	async kept(): Promise<number | undefined> {
		return this.#fresh ? (await this.#handle.getFile()).size : undefined;
	}

	async sink(): Promise<Sink> {
		return this.#handle;
	}

	stream(): Promise<WritableStream<Uint8Array>> {
		return this.#handle.createWritable();
	}

	async finish(): Promise<void> {}

	async discard(): Promise<void> {
		// The dialog has made an empty file for us; an older one of that name is the person's.
		const handle = this.#handle as FileSystemFileHandle & { remove?(): Promise<void> };
		if (this.#fresh) await handle.remove?.();
	}
}

/** A file in the browser's private file system, handed over as a download when it is whole. */
class StagedLanding implements Landing {
	readonly name: string;
	readonly #folder: FileSystemDirectoryHandle;
	readonly #handle: FileSystemFileHandle;

	private constructor(name: string, folder: FileSystemDirectoryHandle, handle: FileSystemFileHandle) {
		this.name = name;
		this.#folder = folder;
		this.#handle = handle;
	}

	/** Undefined where the browser has no such place (plain http, private windows of some). */
	static async make(name: string, size = 0): Promise<StagedLanding | undefined> {
		const storage = navigator.storage as StorageManager | undefined;
		if (storage?.getDirectory === undefined) return undefined;
		try {
			const folder = await (await storage.getDirectory()).getDirectoryHandle(stagingFolder, { create: true });
			const { quota = 0, usage = 0 } = await storage.estimate();
			if (size > quota - usage) return undefined;
			const handle = await folder.getFileHandle(crypto.randomUUID(), { create: true });
			return new StagedLanding(name, folder, handle);
		} catch {
			return undefined;
		}
	}

	async sink(): Promise<Sink> {
		return this.#handle;
	}

	async kept(): Promise<number> {
		return (await this.#handle.getFile()).size;
	}

	stream(): Promise<WritableStream<Uint8Array>> {
		return this.#handle.createWritable();
	}

	async finish(): Promise<void> {
		save(await this.#handle.getFile(), this.name);
		// The browser copies it out at its own pace, and tells nobody when it is done.
		setTimeout(() => void this.discard().catch(() => {}), 10 * 60_000);
	}

	discard(): Promise<void> {
		return this.#folder.removeEntry(this.#handle.name);
	}
}

/** Memory, where nothing else is there. */
class MemoryLanding implements Landing {
	readonly name: string;
	#parts: BlobPart[] = [];

	private constructor(name: string) {
		this.name = name;
	}

	static make(name: string, size = 0): MemoryLanding {
		if (size > memoryLimit) throw new TooLargeError(name, size);
		return new MemoryLanding(name);
	}

	sink(): Promise<Sink> {
		return this.stream();
	}

	async kept(): Promise<undefined> {}

	async stream(): Promise<WritableStream<Uint8Array>> {
		this.#parts = [];
		let size = 0;
		return new WritableStream<Uint8Array>({
			write: (chunk) => {
				size += chunk.byteLength;
				if (size > memoryLimit) throw new TooLargeError(this.name, size);
				this.#parts.push(chunk.slice());
			},
		});
	}

	async finish(): Promise<void> {
		save(new Blob(this.#parts), this.name);
		this.#parts = [];
	}

	async discard(): Promise<void> {
		this.#parts = [];
	}
}

/** The browser has no place for a download of this size. */
export class TooLargeError extends Error {
	override readonly name = "TooLargeError";

	constructor(name: string, size: number) {
		super(
			`${name} has ${formatSize(size)}; this browser can only collect ${formatSize(memoryLimit)} in memory here. Open this page over https in Chrome or Edge, or use sftp.`,
		);
	}
}

/** Takes away what earlier pages have left in the staging place. */
export async function sweepStaging(now: number): Promise<void> {
	const storage = navigator.storage as StorageManager | undefined;
	if (storage?.getDirectory === undefined) return;
	const folder = await (await storage.getDirectory()).getDirectoryHandle(stagingFolder, { create: true });
	for await (const handle of folder.values()) {
		if (handle.kind !== "file") continue;
		const { lastModified } = await (handle as FileSystemFileHandle).getFile();
		if (now - lastModified > 86_400_000) await folder.removeEntry(handle.name);
	}
}

function save(blob: Blob, name: string): void {
	const url = URL.createObjectURL(blob);
	const link = document.createElement("a");
	link.href = url;
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(url), 10 * 60_000);
}
