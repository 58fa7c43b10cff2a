/** When it is worth to look again for the way to the relay. */

/** A machine that was asleep: a timer that should come this often comes much later. */
const TICK_MS = 2000;
const SLEPT_MS = 7000;

/** All who want to know, by one timer: a page may have many connections. */
const waiting = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/**
 * Calls back when the browser comes online or the machine wakes up. In a page
 * that is hidden, browsers hold timers back: then it calls back now and then,
 * and that does no harm. Returns what ends it.
 */
export function onWake(wake: () => void): () => void {
	// The same function may come twice.
	const each = () => wake();
	waiting.add(each);
	if (waiting.size === 1) listen();
	return () => {
		waiting.delete(each);
		if (waiting.size === 0) rest();
	};
}

function listen(): void {
	let last = Date.now();
	timer = setInterval(() => {
		const now = Date.now();
		if (now - last > SLEPT_MS) wakeAll();
		last = now;
	}, TICK_MS);
	globalThis.addEventListener?.("online", wakeAll);
}

function rest(): void {
	clearInterval(timer);
	globalThis.removeEventListener?.("online", wakeAll);
}

function wakeAll(): void {
	for (const wake of [...waiting]) wake();
}
