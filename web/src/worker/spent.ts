/**
 * Buffers that the browser made for messages which have been copied. What is sent
 * to the page needs buffers too, and memory that was written to already costs
 * less than new.
 */
const spent: ArrayBuffer[] = [];

/** Smaller ones are cheap. */
const LEAST = 64 * 1024;

/** More would be garbage that nobody collects. */
const MOST = 4;

/** Takes a buffer whose bytes nobody needs any more. */
export function keep(buffer: ArrayBuffer): void {
	if (spent.length < MOST && buffer.byteLength >= LEAST) spent.push(buffer);
}

/** A buffer of at least `least` bytes with whatever content, if there is one. */
export function reuse(least: number): ArrayBuffer | undefined {
	const at = spent.findIndex((buffer) => buffer.byteLength >= least);
	return at < 0 ? undefined : spent.splice(at, 1)[0];
}
