/** Tells how far a transfer has come. */
import type { Core } from "./core.ts";
import type { TransferProgress } from "./filetypes.ts";

type Tell = ((progress: TransferProgress) => void) | undefined;

/** Passes on what the core tells of a transfer, a few times a second, and the end. */
export class Meter {
	/** What the core knows the transfer by; 0: nobody listens. */
	readonly transfer: number;
	readonly #tell: Tell;
	readonly #before: number;
	readonly #watch: { stop(): void } | undefined;

	/** `before` is what an earlier transfer has moved already. */
	constructor(core: Core, tell: Tell, before: number) {
		this.#tell = tell;
		this.#before = before;
		const watch = tell && core.watch(({ done, total }) => this.#say(done, total));
		this.#watch = watch;
		this.transfer = watch?.transfer ?? 0;
	}

	/** It is complete. */
	finish(bytes: number): void {
		this.#say(bytes, bytes);
	}

	stop(): void {
		this.#watch?.stop();
	}

	#say(done: number, total: number | undefined): void {
		const progress = { done: this.#before + done };
		try {
			this.#tell?.(total === undefined ? progress : { ...progress, total: this.#before + total });
		} catch (error) {
			reportError(error);
		}
	}
}
