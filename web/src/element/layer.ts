import { h } from "./dom.ts";
import { guard } from "./guard.ts";

/** Something shown over the terminal. */
export interface Card {
	readonly element: HTMLElement;
	/** Takes the focus when the card is shown; a card that has it keeps the terminal out of reach. */
	readonly focus?: HTMLElement;
}

/** What a question's card is built with. */
export interface Answering<T> {
	/** Ends the question. */
	done(value: T): void;
	/** Ends it without an answer. */
	cancel(): void;
}

/** The error of a question that a person declined. */
export function cancelled(): DOMException {
	return new DOMException("cancelled", "AbortError");
}

/**
 * The page's own layer over the terminal: output can neither draw here nor
 * reach it. It shows one card at a time; questions wait for their turn.
 */
export class Layer {
	readonly element = h("div", { class: "layer", part: "overlay" });
	readonly #onChange: (blocking: boolean) => void;
	#notice: Card | undefined;
	#asking: Card | undefined;
	#turn: Promise<unknown> = Promise.resolve();
	#epoch = new AbortController();

	/** onChange is told whether a card blocks the terminal. */
	constructor(onChange: (blocking: boolean) => void) {
		this.#onChange = onChange;
	}

	/** Shows a card that asks nothing; a question covers it while it is open. */
	show(card: Card): void {
		this.#notice = card;
		this.#draw();
	}

	/** Takes a shown card away; without one, whatever is shown. */
	clear(card?: Card): void {
		if (card !== undefined && card !== this.#notice) return;
		this.#notice = undefined;
		this.#draw();
	}

	/** Puts the focus where the shown card wants it; false if none does. */
	focus(): boolean {
		const wanted = (this.#asking ?? this.#notice)?.focus;
		wanted?.focus({ preventScroll: true });
		return wanted !== undefined;
	}

	/** Declines every question, open or waiting: what they were for is over. */
	dismiss(): void {
		this.#epoch.abort();
		this.#epoch = new AbortController();
	}

	/** Asks; rejects with an AbortError when declined or when signal aborts. */
	ask<T>(build: (answering: Answering<T>) => Card, signal?: AbortSignal): Promise<T> {
		const over = AbortSignal.any(signal === undefined ? [this.#epoch.signal] : [this.#epoch.signal, signal]);
		const turn = this.#turn.then(() => this.#askNow(build, over));
		this.#turn = turn.catch(() => undefined);
		return turn;
	}

	#askNow<T>(build: (answering: Answering<T>) => Card, signal: AbortSignal): Promise<T> {
		if (signal.aborted) return Promise.reject(cancelled());
		return new Promise<T>((resolve, reject) => {
			const finish = (): void => {
				guarded?.[Symbol.dispose]();
				signal.removeEventListener("abort", cancel);
				if (this.#asking === card) this.#asking = undefined;
				this.#draw();
			};
			const cancel = (): void => {
				finish();
				reject(cancelled());
			};
			const done = (value: T): void => {
				finish();
				resolve(value);
			};
			const card = build({ done, cancel });
			signal.addEventListener("abort", cancel);
			const guarded = guard(card.element);
			card.element.addEventListener("keydown", (event) => {
				if (event.key === "Escape") cancel();
				event.stopPropagation();
			});
			this.#asking = card;
			this.#draw();
		});
	}

	#draw(): void {
		const card = this.#asking ?? this.#notice;
		const shown = this.element.firstElementChild;
		if (card?.element !== shown || this.element.childElementCount > 1)
			this.element.replaceChildren(...(card ? [card.element] : []));
		const blocking = this.#asking !== undefined || card?.focus !== undefined;
		this.element.classList.toggle("blocking", blocking);
		this.#onChange(blocking);
		if (card !== undefined && card.element !== shown) card.focus?.focus({ preventScroll: true });
	}
}
