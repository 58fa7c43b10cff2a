/** Does something again and again while it is wanted and the page can be seen, and at once when that begins. */
export class Poll {
	readonly #ms: number;
	readonly #work: () => void;
	#wanted = false;
	#timer: ReturnType<typeof setInterval> | undefined;

	constructor(ms: number, work: () => void) {
		this.#ms = ms;
		this.#work = work;
	}

	/** Whether it is wanted. */
	set on(wanted: boolean) {
		if (wanted === this.#wanted) return;
		this.#wanted = wanted;
		if (wanted) document.addEventListener("visibilitychange", this.#turn);
		else document.removeEventListener("visibilitychange", this.#turn);
		this.#turn();
	}

	readonly #turn = (): void => {
		clearInterval(this.#timer);
		if (!this.#wanted || document.hidden) return;
		this.#timer = setInterval(this.#work, this.#ms);
		this.#work();
	};
}
