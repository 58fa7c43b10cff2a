/** Cards that tell and ask nothing: progress, an error, a session's end. */
import check from "lucide-static/icons/check.svg";
import alert from "lucide-static/icons/circle-alert.svg";
import hourglass from "lucide-static/icons/hourglass.svg";
import loader from "lucide-static/icons/loader-circle.svg";
import unplug from "lucide-static/icons/unplug.svg";
import type { Exit, Progress } from "../client/index.ts";
import { h, icon } from "./dom.ts";
import type { Card } from "./layer.ts";
import type { Problem } from "./problems.ts";
import { button, card, copyButton, p, serverSays } from "./prompts/parts.ts";
import { steps } from "./state.ts";
import { showable } from "./untrusted.ts";
import { dateLocale, t } from "./words/words.ts";

/** What a notice's buttons do. */
export interface NoticeActions {
	reconnect(): void;
	close(): void;
}

/** The card that lists the steps of connecting. */
export class ProgressCard implements Card {
	readonly element: HTMLElement;
	readonly focus: HTMLElement;
	readonly #rows = new Map<Progress["step"], { row: HTMLElement; mark: HTMLElement; detail: HTMLElement }>();
	readonly #words = h("div", {});
	#current = 0;

	constructor(where: string, cancel: () => void) {
		const list = h("ol", { class: "steps" });
		for (const step of steps) {
			const mark = h("span", { class: "step-mark" });
			const detail = h("span", { class: "step-detail" });
			const row = h("li", {}, mark, h("span", { class: "step-label" }, t(`step.${step}`)), detail);
			this.#rows.set(step, { row, mark, detail });
			list.append(row);
		}
		this.element = card({
			title: t("state.connecting", { where }),
			picture: loader,
			role: "dialog",
			body: [list, this.#words],
			actions: [button(t("cancel"), "quiet", cancel)],
		});
		this.element.classList.add("progress");
		// Not the button: the Enter that started this may still be down.
		this.element.tabIndex = -1;
		this.focus = this.element;
		this.#draw();
	}

	/** A step began: all before it are done. */
	advance({ step, detail, jump }: Progress): void {
		if (jump !== undefined) {
			// The way to the server is one step, however many hosts lie on it.
			this.advance({ step: "tcp", detail: t("way.over", { host: jump }) });
			return;
		}
		const at = step === "ready" ? steps.length : step === "rekey" ? -1 : steps.indexOf(step);
		if (at < 0) return;
		this.#current = Math.max(this.#current, at);
		const found = this.#rows.get(step);
		if (found !== undefined) found.detail.textContent = showable(detail, 120);
		this.#draw();
	}

	/** Shows the server's text before login. */
	banner(text: string): void {
		this.#words.replaceChildren(serverSays(text));
	}

	#draw(): void {
		steps.forEach((step, i) => {
			const found = this.#rows.get(step);
			if (found === undefined) return;
			const state = i < this.#current ? "done" : i === this.#current ? "now" : "later";
			if (found.row.dataset.state === state) return;
			found.row.dataset.state = state;
			if (state === "now") found.row.setAttribute("aria-current", "step");
			else found.row.removeAttribute("aria-current");
			found.mark.replaceChildren(
				...(state === "done" ? [icon(check)] : state === "now" ? [icon(loader, "icon spin")] : []),
			);
		});
	}
}

/** What failed, why, and what to do. */
export function problemCard(problem: Problem, actions: NoticeActions, onLegacy?: () => void): Card {
	const again = button(t("try-again"), "primary", () => actions.reconnect());
	const details = h(
		"details",
		{},
		h("summary", {}, t("problem.details")),
		h("pre", { class: "preview" }, problem.details),
		copyButton(t("problem.copy"), () => problem.details),
	);
	const element = card({
		title: problem.title,
		picture: alert,
		role: "alertdialog",
		body: [
			problem.cause !== "" && p(problem.cause),
			problem.todo !== "" && h("p", { class: "strong" }, problem.todo),
			details,
		],
		actions: [
			again,
			...(onLegacy === undefined ? [] : [button(t("problem.legacy"), "quiet", onLegacy)]),
			button(t("close"), "quiet", () => actions.close()),
		],
	});
	element.classList.add("problem");
	element.dataset.code = problem.code;
	return { element, focus: again };
}

/** Tells that a session that ran is lost. It lies below the terminal's text, which stays readable. */
export function lostBar(where: string, problem: Problem, actions: NoticeActions): Card {
	const why = problem.tellsLoss ? problem.todo : `${problem.title} ${problem.todo}`;
	const bar = barOf(unplug, t("lost.title", { where }), why, actions);
	bar.dataset.code = problem.code;
	bar.classList.add("lost");
	return { element: bar };
}

/** Tells how a session ended. */
export function endedBar(exit: Exit, actions: NoticeActions): Card {
	const bar = barOf(check, t("ended.title"), describeExit(exit), actions);
	bar.classList.add("ended");
	return { element: bar };
}

/** Tells of a session that its gateway is about to end; the terminal goes on above it. */
export function leavingBar(afterMs: number, dismiss: () => void): Card {
	const time = new Date(Date.now() + afterMs).toLocaleTimeString(dateLocale(), { timeStyle: "short" });
	const until = afterMs > 0 ? t("leaving.until", { time }) : t("leaving.soon");
	// No button for a new session: it would end this one, before it is known that another gateway is there.
	const element = bar(hourglass, t("leaving.title"), until, button(t("leaving.ok"), "quiet", dismiss));
	element.classList.add("away");
	return { element };
}

function barOf(picture: string, title: string, text: string, actions: NoticeActions): HTMLElement {
	return bar(
		picture,
		title,
		text,
		button(t("reconnect"), "primary", () => actions.reconnect()),
		button(t("close"), "quiet", () => actions.close()),
	);
}

function bar(picture: string, title: string, text: string, ...buttons: HTMLElement[]): HTMLElement {
	return h(
		"div",
		{ class: "bar", role: "region", "aria-label": title, part: "overlay-bar" },
		h("span", { class: "card-icon" }, icon(picture)),
		h("div", { class: "bar-text" }, h("strong", {}, title), h("span", {}, ` ${text}`)),
		h("div", { class: "card-actions" }, ...buttons),
	);
}

/** How a command ended, in words. */
function describeExit(exit: Exit): string {
	if (exit.signal !== undefined && exit.signal !== "") return t("ended.signal", { signal: showable(exit.signal, 40) });
	if (exit.status === undefined) return t("ended.unknown");
	return t("ended.status", { status: exit.status });
}
