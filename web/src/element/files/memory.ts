/** Downloads in memory, where a browser offers nothing else. */
import type { Sink } from "../../client/filetypes.ts";
import { formatSize } from "../bytes.ts";
import { t } from "../words/words.ts";
import type { Landing } from "./landing.ts";
import { save } from "./save.ts";

/** Most that is collected in memory. */
export const memoryLimit = 512 * 1024 * 1024;

/** Memory, where nothing else is there. */
export class MemoryLanding implements Landing {
	readonly name: string;
	#parts: BlobPart[] = [];

	private constructor(name: string) {
		this.name = name;
	}

	static make(name: string, size = 0): MemoryLanding {
		if (size > memoryLimit) throw new TooLargeError(name, size);
		return new MemoryLanding(name);
	}

	async kept(): Promise<undefined> {}

	async sink(): Promise<Sink> {
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
		super(t("download.too-large", { name, size: formatSize(size), limit: formatSize(memoryLimit) }));
	}
}
