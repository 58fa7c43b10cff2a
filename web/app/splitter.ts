import { h } from "../src/element/dom.ts";

/** Percent of the room: less is no use. */
const least = 20;
const most = 80;
/** How far an arrow key goes, in percent. */
const step = 2;

/** The line between two panes, moved by the mouse, a finger or the arrow keys. */
export class Splitter {
	readonly element: HTMLElement;
	readonly #onMove: (percent: number) => void;
	#percent: number;
	#level = false;

	/** onMove is told how many percent of the room the second pane has. */
	constructor(label: string, percent: number, onMove: (percent: number) => void) {
		this.#percent = percent;
		this.#onMove = onMove;
		this.element = h("div", {
			class: "splitter",
			role: "separator",
			tabindex: "0",
			"aria-label": label,
			"aria-orientation": "vertical",
			"aria-valuemin": least,
			"aria-valuemax": most,
		});
		this.element.addEventListener("pointerdown", (event) => this.#grab(event));
		this.element.addEventListener("keydown", (event) => this.#key(event));
		this.element.addEventListener("dblclick", () => this.#move(percent));
		this.#show();
	}

	/** Lies between a pane above and one below, or stands between a left and a right one. */
	level(on: boolean): void {
		this.#level = on;
		this.element.setAttribute("aria-orientation", on ? "horizontal" : "vertical");
	}

	#grab(event: PointerEvent): void {
		event.preventDefault();
		const { element } = this;
		element.setPointerCapture(event.pointerId);
		element.classList.add("dragging");
		const drag = (move: PointerEvent): void => {
			const box = element.parentElement?.getBoundingClientRect();
			if (box === undefined) return;
			const share = this.#level ? (box.bottom - move.clientY) / box.height : (box.right - move.clientX) / box.width;
			this.#move(100 * share);
		};
		element.addEventListener("pointermove", drag);
		element.addEventListener(
			"lostpointercapture",
			() => {
				element.removeEventListener("pointermove", drag);
				element.classList.remove("dragging");
			},
			{ once: true },
		);
	}

	#key(event: KeyboardEvent): void {
		if (event.key === (this.#level ? "ArrowUp" : "ArrowLeft")) this.#move(this.#percent + step);
		else if (event.key === (this.#level ? "ArrowDown" : "ArrowRight")) this.#move(this.#percent - step);
		else if (event.key === "Home") this.#move(most);
		else if (event.key === "End") this.#move(least);
		else return;
		event.preventDefault();
	}

	#move(percent: number): void {
		this.#percent = Math.min(Math.max(percent, least), most);
		this.#show();
		this.#onMove(this.#percent);
	}

	#show(): void {
		this.element.setAttribute("aria-valuenow", String(Math.round(this.#percent)));
	}
}
