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
