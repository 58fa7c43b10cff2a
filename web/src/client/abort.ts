/** Waiting that can be given up. */

/** Stops to wait when aborted; the work goes on. */
export async function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
	if (!signal) return work;
	let abort: (() => void) | undefined;
	const aborted = new Promise<never>((_, reject) => {
		abort = () => reject(signal.reason);
		signal.addEventListener("abort", abort, { once: true });
	});
	try {
		signal.throwIfAborted();
		return await Promise.race([work, aborted]);
	} finally {
		if (abort) signal.removeEventListener("abort", abort);
	}
}

/** A controller that also aborts with a caller's signal, until it is released. */
export class Linked extends AbortController {
	readonly #signal: AbortSignal | undefined;
	readonly #follow = () => this.abort(this.#signal?.reason);

	constructor(signal: AbortSignal | undefined) {
		super();
		this.#signal = signal;
		if (signal?.aborted) this.#follow();
		else signal?.addEventListener("abort", this.#follow, { once: true });
	}

	/** Forgets the caller's signal, which may outlive this by far. */
	release(): void {
		this.#signal?.removeEventListener("abort", this.#follow);
	}
}

/** Opens what has to be closed: should it open after an abort, it is closed at once. */
export async function openable<T>(
	opening: Promise<T>,
	signal: AbortSignal | undefined,
	close: (opened: T) => Promise<unknown>,
): Promise<T> {
	try {
		return await abortable(opening, signal);
	} catch (error) {
		opening.then(close).catch(() => {});
		throw error;
	}
}
