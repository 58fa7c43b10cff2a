/** When it is worth to look again for the way to the relay. */

/** A machine that was asleep: a timer that should come this often comes much later. */
const TICK_MS = 2000;
const SLEPT_MS = 7000;

/**
 * Calls back when the browser comes online or the machine wakes up. In a page
 * that is hidden, browsers hold timers back: then it calls back now and then,
 * and that does no harm. Returns what ends it.
 */
export function onWake(wake: () => void): () => void {
	let last = Date.now();
	const timer = setInterval(() => {
		const now = Date.now();
		if (now - last > SLEPT_MS) wake();
		last = now;
	}, TICK_MS);
	globalThis.addEventListener?.("online", wake);
	return () => {
		clearInterval(timer);
		globalThis.removeEventListener?.("online", wake);
	};
}
