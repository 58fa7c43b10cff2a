/** Downloads in the browser's private file system, handed over when they are whole. */
import type { Sink } from "../../client/filetypes.ts";
import type { Landing } from "./landing.ts";
import { save } from "./save.ts";

const stagingFolder = "wasmiko-downloads";

/** A file in the browser's private file system, handed over as a download when it is whole. */
export class StagedLanding implements Landing {
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

	async finish(): Promise<void> {
		save(await this.#handle.getFile(), this.name);
		// The browser copies it out at its own pace, and tells nobody when it is done.
		setTimeout(() => void this.discard().catch(() => {}), 10 * 60_000);
	}

	discard(): Promise<void> {
		return this.#folder.removeEntry(this.#handle.name);
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
