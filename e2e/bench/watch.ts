import { cpuSeconds, memory, renderers, workerSeconds } from "./processes.ts";
import { median } from "./stats.ts";

/** What was seen between two marks of a page. */
export interface Phase {
	/** Bytes of the renderers. */
	readonly usual: number;
	readonly peak: number;
	/** CPU seconds of the Workers' threads, and of all of the renderers. */
	readonly seconds: number;
	readonly cpu: number;
	/** How long it was, in seconds. */
	readonly length: number;
}

/** Looks at a browser's renderers all the time, and keeps what it saw under the name of each mark. */
export class Watch {
	readonly #phases = new Map<string, Phase>();
	readonly #ms: number;
	#timer: NodeJS.Timeout | undefined;
	#samples: number[] = [];
	#since = { seconds: 0, cpu: 0, at: performance.now() };

	constructor(ms = 200) {
		this.#ms = ms;
	}

	/** A phase ends: called by its name, and the next begins. */
	mark(name: string, browser: number): void {
		const pids = renderers(browser);
		const look = () => this.#samples.push(memory(renderers(browser)));
		const now = { seconds: workerSeconds(pids), cpu: cpuSeconds(pids), at: performance.now() };
		look();
		this.#phases.set(name, {
			usual: median(this.#samples),
			peak: Math.max(...this.#samples),
			seconds: now.seconds - this.#since.seconds,
			cpu: now.cpu - this.#since.cpu,
			length: (now.at - this.#since.at) / 1000,
		});
		this.#since = now;
		this.#samples = [];
		clearInterval(this.#timer);
		this.#timer = setInterval(look, this.#ms).unref();
	}

	/** What was seen until the mark. */
	phase(name: string): Phase {
		const seen = this.#phases.get(name);
		if (!seen) throw new Error(`the page did not come to ${name}`);
		clearInterval(this.#timer);
		return seen;
	}
}
