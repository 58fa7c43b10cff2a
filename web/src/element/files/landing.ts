/** Where a download lands on this computer. */
import type { Sink } from "../../client/filetypes.ts";
import { MemoryLanding } from "./memory.ts";
import { safeName } from "./names.ts";
import { canPickFile, pickFile } from "./picked.ts";
import { StagedLanding } from "./staged.ts";
import { StreamedLanding } from "./streamed.ts";

/** What is to come of a download. */
export interface Stretch {
	/** Bytes that are there already. */
	readonly offset: number;
	/** Bytes in all, where they are known. */
	readonly size: number | undefined;
}

/** Takes the bytes of one download. */
export interface Landing {
	readonly name: string;
	/** Aborts when the browser has ended the download by itself. */
	readonly signal?: AbortSignal | undefined;
	/** Where the bytes from `offset` on go. */
	sink(stretch: Stretch): Promise<Sink>;
	/** Bytes that a broken download has left, to go on from; undefined: it keeps none. */
	kept(): Promise<number | undefined>;
	/** All bytes are there: hands the file to the person. */
	finish(): Promise<void>;
	/** It will not be whole: what cannot wait for another attempt is ended. */
	fail?(): Promise<void>;
	/** Takes away what is there of it. */
	discard(): Promise<void>;
}

/** Stops with the attempt, and when the browser ends the download. */
export function either(signal: AbortSignal, landing: Landing): AbortSignal {
	return landing.signal === undefined ? signal : AbortSignal.any([signal, landing.signal]);
}

/** Finds a place for a download; undefined: the person changed their mind. Must be called from a click. */
export async function land(remoteName: string): Promise<Landing | undefined> {
	const name = safeName(remoteName);
	return canPickFile() ? pickFile(name) : new BrowserLanding(name);
}

/**
 * A download that the browser puts where it puts all. Which way it goes there
 * shows when its turn has come: streamed, else collected in the browser's
 * private file system, else in memory.
 */
export class BrowserLanding implements Landing {
	readonly name: string;
	#way: Landing | undefined;

	constructor(name: string) {
		this.name = name;
	}

	get signal(): AbortSignal | undefined {
		return this.#way?.signal;
	}

	async sink(stretch: Stretch): Promise<Sink> {
		this.#way ??= await this.#choose(stretch.size);
		return this.#way.sink(stretch);
	}

	async kept(): Promise<number | undefined> {
		return this.#way === undefined ? 0 : this.#way.kept();
	}

	async finish(): Promise<void> {
		await this.#way?.finish();
	}

	/** What was told to the browser to have failed cannot go on: another attempt is another download. */
	async fail(): Promise<void> {
		if (this.#way?.fail === undefined) return;
		await this.#way.fail();
		this.#way = undefined;
	}

	async discard(): Promise<void> {
		const way = this.#way;
		this.#way = undefined;
		await way?.discard();
	}

	async #choose(size: number | undefined): Promise<Landing> {
		// Files that are made as they are read say that they have no size.
		const streamed = await StreamedLanding.open(this.name, size === 0 ? undefined : size);
		return streamed ?? (await StagedLanding.make(this.name, size)) ?? MemoryLanding.make(this.name, size);
	}
}
