/** The cards of an interrupted connection. */
import keyboard from "lucide-static/icons/keyboard.svg";
import unplug from "lucide-static/icons/unplug.svg";
import type { LinkState } from "../../client/index.ts";
import { h, icon } from "../dom.ts";
import type { Answering, Card } from "../layer.ts";
import { showable } from "../untrusted.ts";
import { t } from "../words/words.ts";
import { describeAbsence, describeTime } from "./awaywords.ts";
import { button, card, p, textButton } from "./parts.ts";

/** What the bar's buttons do. */
export interface AwayActions {
	now(): void;
	giveUp(): void;
	discard(): void;
}

/** Most of the waiting keys that is shown: their end. */
const shownKeys = 120;

/** Tells that the connection is interrupted and how it is being mended. The terminal's text stays in reach above it. */
export class AwayBar implements Card, Disposable {
	readonly element: HTMLElement;
	readonly #text = h("span", {});
	readonly #keys = h("kbd", {});
	readonly #waiting: HTMLElement;
	readonly #timer: ReturnType<typeof setInterval>;
	#link: LinkState | undefined;
	#since = 0;

	constructor(where: string, actions: AwayActions) {
		const title = t("away.title", { where });
		this.#waiting = h(
			"p",
			{ class: "waiting-keys", hidden: true },
			t("away.pending"),
			" ",
			this.#keys,
			" ",
			textButton(t("away.discard"), () => actions.discard()),
		);
		this.element = h(
			"div",
			{ class: "bar away", role: "region", "aria-label": title, part: "overlay-bar" },
			h("span", { class: "card-icon" }, icon(unplug)),
			h("div", { class: "bar-text" }, h("strong", {}, title), " ", this.#text, this.#waiting),
			h(
				"div",
				{ class: "card-actions" },
				button(t("away.now"), "primary", () => actions.now()),
				button(t("away.give-up"), "quiet", () => actions.giveUp()),
			),
		);
		this.#timer = setInterval(() => this.#paint(), 250);
	}

	/** Shows how it stands now. */
	draw(link: LinkState): void {
		this.#link = link;
		this.#since = performance.now();
		this.#paint();
	}

	/** Shows what was typed; "" if nothing was. */
	pending(keys: string): void {
		this.#waiting.hidden = keys === "";
		this.#keys.textContent = keys.length > shownKeys ? `…${keys.slice(-shownKeys)}` : keys;
	}

	[Symbol.dispose](): void {
		clearInterval(this.#timer);
	}

	#paint(): void {
		if (this.#link === undefined) return;
		const text = describeAbsence(this.#link, performance.now() - this.#since);
		if (this.#text.textContent !== text) this.#text.textContent = text;
	}
}

/** Asks whether keys that were typed during a long absence are still to be sent. */
export function sendKeysCard(keys: string, awayMs: number, { done }: Answering<boolean>): Card {
	const send = button(t("away.send"), "quiet", () => done(true));
	const discard = button(t("away.discard"), "primary", () => done(false));
	const element = card({
		title: t("away.send.title"),
		picture: keyboard,
		body: [
			p(t("away.send.why", { time: describeTime(awayMs) })),
			h("pre", { class: "preview", tabindex: "0", "aria-label": t("away.send.preview") }, showable(keys, 4096)),
		],
		actions: [discard, send],
	});
	return { element, focus: discard };
}
