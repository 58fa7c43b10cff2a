/** How long a figure of the past counts: after this time it has lost two thirds of its weight. */
const memoryMs = 5000;
/** A sample needs some time, or it measures the clock. */
const sampleMs = 200;

/** A rate in bytes a second: an exponentially weighted mean of the last five seconds. */
export class RateMeter {
	#bytes = 0;
	#since: number;
	#mean = 0;
	#weight = 0;

	constructor(now: number) {
		this.#since = now;
	}

	/** Counts bytes that have just moved. */
	add(bytes: number, now: number): void {
		this.#bytes += bytes;
		this.#sample(now);
	}

	/** The rate now. Silence lets it fall. */
	rate(now: number): number {
		this.#sample(now);
		return this.#weight === 0 ? 0 : this.#mean / this.#weight;
	}

	/** A pause: its time shall not count. */
	restart(now: number): void {
		this.#since = now;
		this.#bytes = 0;
		this.#mean = 0;
		this.#weight = 0;
	}

	#sample(now: number): void {
		const span = now - this.#since;
		if (span < sampleMs) return;
		const keep = Math.exp(-span / memoryMs);
		this.#mean = this.#mean * keep + (this.#bytes / span) * 1000 * (1 - keep);
		// What has not been measured yet is unknown, not nothing.
		this.#weight = this.#weight * keep + (1 - keep);
		this.#bytes = 0;
		this.#since = now;
	}
}
