/** Files and folders of this computer that a person chose to be written. */
import type { Sink } from "../../client/filetypes.ts";
import type { Landing } from "./landing.ts";

interface Pickers {
	showSaveFilePicker?(options: { suggestedName: string }): Promise<FileSystemFileHandle>;
	showDirectoryPicker?(options: { mode: "readwrite" }): Promise<FileSystemDirectoryHandle>;
}

/** Browsers refuse their pickers in the frames of other sites. */
function pickers(): Pickers {
	return window.top === window ? (window as Window & Pickers) : {};
}

/** Whether files can be chosen to be written. */
export function canPickFile(): boolean {
	return pickers().showSaveFilePicker !== undefined;
}

/** Whether folders can be written as folders. */
export function canPickFolder(): boolean {
	return pickers().showDirectoryPicker !== undefined;
}

/** Asks for a file; undefined: the person changed their mind. Must be called from a click. */
export async function pickFile(name: string): Promise<PickedLanding | undefined> {
	const handle = await unlessDeclined(() => pickers().showSaveFilePicker?.({ suggestedName: name }));
	return handle && PickedLanding.make(handle);
}

/** Asks for a folder of this computer; undefined: the person changed their mind. Must be called from a click. */
export async function pickFolder(): Promise<FileSystemDirectoryHandle | undefined> {
	return unlessDeclined(() => pickers().showDirectoryPicker?.({ mode: "readwrite" }));
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

	async finish(): Promise<void> {}

	async discard(): Promise<void> {
		// The dialog has made an empty file for us; an older one of that name is the person's.
		const handle = this.#handle as FileSystemFileHandle & { remove?(): Promise<void> };
		if (this.#fresh) await handle.remove?.();
	}
}
