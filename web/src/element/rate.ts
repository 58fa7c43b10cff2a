/** Lets at most `count` calls through in any `windowMs`. */
export class RateLimit {
	readonly #count: number;
	readonly #windowMs: number;
	readonly #times: number[] = [];

	constructor(count: number, windowMs: number) {
		this.#count = count;
		this.#windowMs = windowMs;
	}

	/** Whether one more may pass now. */
	pass(now: number): boolean {
		while (this.#times.length > 0 && now - (this.#times[0] ?? 0) >= this.#windowMs) this.#times.shift();
		if (this.#times.length >= this.#count) return false;
		this.#times.push(now);
		return true;
	}
}
