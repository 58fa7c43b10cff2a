/** Several sources of values as one: what select and poll are for elsewhere. */

/**
 * Yields the values of all sources as they come, each with the index of its
 * source. Ending the loop ends every source; a source that fails ends the
 * others, and the loop with its error.
 */
export async function* merge<T>(...sources: readonly AsyncIterable<T>[]): AsyncGenerator<readonly [from: number, T]> {
	const iterators = sources.map(iterate);
	const next = async (from: number) => ({ from, step: await (iterators[from] as AsyncIterator<T>).next() });
	const waiting = new Map(iterators.map((_, from) => [from, next(from)]));
	try {
		while (waiting.size > 0) {
			const { from, step } = await Promise.race(waiting.values());
			if (step.done) {
				waiting.delete(from);
				continue;
			}
			waiting.set(from, next(from));
			yield [from, step.value];
		}
	} finally {
		// Not awaited: a source that waits for its next value returns only after it.
		for (const [from, pending] of waiting) {
			pending.catch(() => {});
			iterators[from]?.return?.()?.catch(() => {});
		}
	}
}

/** As the source does it; streams cannot be iterated everywhere: not in WebKit. */
function iterate<T>(source: AsyncIterable<T> | ReadableStream<T>): AsyncIterator<T> {
	return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : read(source);
}

async function* read<T>(stream: ReadableStream<T>): AsyncGenerator<T> {
	const reader = stream.getReader();
	try {
		for (let step = await reader.read(); !step.done; step = await reader.read()) yield step.value;
	} finally {
		await reader.cancel().catch(() => {});
		reader.releaseLock();
	}
}
