import check from "lucide-static/icons/check.svg";
import open from "lucide-static/icons/chevron-down.svg";
import alert from "lucide-static/icons/circle-alert.svg";
import down from "lucide-static/icons/download.svg";
import pause from "lucide-static/icons/pause.svg";
import play from "lucide-static/icons/play.svg";
import again from "lucide-static/icons/rotate-cw.svg";
import up from "lucide-static/icons/upload.svg";
import cross from "lucide-static/icons/x.svg";
import { formatSize } from "../bytes.ts";
import { h, icon, newId } from "../dom.ts";
import { t } from "../words/words.ts";
import { detailRows } from "./details.ts";
import { formatSpan } from "./figures.ts";
import { showName } from "./names.ts";
import { describeFailure } from "./problems.ts";
import type { Batch, TransferState } from "./transfer.ts";
import type { Transfers } from "./transfers.ts";

/** One errand in the strip: its bar, its figures, its buttons, and its files one by one if they are wanted. */
export class TransferRow {
	readonly element: HTMLElement;
	readonly #batch: Batch;
	readonly #bar = h("div", { class: "fill" });
	readonly #track: HTMLElement;
	readonly #words = h("span", { class: "words" });
	/** Only what matters is read out: figures would never end. */
	readonly #state = h("span", { class: "visually-hidden", role: "status" });
	readonly #why = h("p", { class: "why" });
	readonly #mark = h("span", { class: "mark" });
	readonly #pause: HTMLButtonElement;
	readonly #resume: HTMLButtonElement;
	readonly #retry: HTMLButtonElement;
	readonly #cancel: HTMLButtonElement;
	readonly #remove: HTMLButtonElement;
	readonly #more: HTMLButtonElement;
	readonly #files = h("ul", { class: "transfer-files", hidden: true, id: newId("files") });

	constructor(batch: Batch, transfers: Transfers) {
		this.#batch = batch;
		const { errand } = batch;
		const name = showName(errand.name, 120);
		const act = (picture: string, verb: string, work: () => void): HTMLButtonElement =>
			h(
				"button",
				{
					type: "button",
					class: "icon-button",
					"aria-label": t("transfer.action", { verb, name }),
					title: verb,
					onclick: work,
				},
				icon(picture),
			);
		this.#pause = act(pause, t("transfer.pause"), () => transfers.pause(batch));
		this.#resume = act(play, t("transfer.resume"), () => transfers.resume(batch));
		this.#retry = act(again, t("try-again"), () => transfers.retry(batch));
		this.#cancel = act(cross, t("cancel"), () => transfers.cancel(batch));
		this.#remove = act(cross, t("transfer.remove"), () => transfers.clear(batch));
		this.#more = act(open, t("transfer.files"), () => this.#toggle());
		this.#more.setAttribute("aria-expanded", "false");
		this.#more.setAttribute("aria-controls", this.#files.id);
		this.#files.setAttribute("aria-label", t("transfer.action", { verb: t("transfer.files"), name }));
		this.#track = h(
			"div",
			{ class: "track", role: "progressbar", "aria-label": `${name}`, "aria-valuemin": 0, "aria-valuemax": 100 },
			this.#bar,
		);
		const way = `${showName(errand.from, 200)} → ${showName(errand.to, 200)}`;
		this.element = h(
			"li",
			{ class: "transfer" },
			this.#mark,
			h("span", { class: "transfer-name", title: `${name}: ${way}` }, name, h("span", { class: "way" }, ` ${way}`)),
			this.#words,
			h(
				"span",
				{ class: "transfer-actions" },
				this.#more,
				this.#pause,
				this.#resume,
				this.#retry,
				this.#cancel,
				this.#remove,
			),
			this.#track,
			this.#why,
			this.#files,
			this.#state,
		);
	}

	draw(now: number): void {
		const batch = this.#batch;
		const { state } = batch;
		if (this.element.dataset.state !== state) {
			this.element.dataset.state = state;
			this.#mark.replaceChildren(icon(pictureOf(batch, state)));
			this.#state.textContent = `${batch.errand.name}: ${stateWords(batch, state)}`;
		}
		const share = shareOf(batch, state);
		this.#bar.style.width = share === undefined ? "" : `${share}%`;
		this.#track.classList.toggle("unknown", share === undefined);
		this.#track.hidden = state === "done" || state === "cancelled";
		if (share === undefined) this.#track.removeAttribute("aria-valuenow");
		else this.#track.setAttribute("aria-valuenow", String(Math.round(share)));
		this.#words.textContent = figures(batch, state, share, now);
		const failure = state === "failed" ? batch.failure : undefined;
		const failed = batch.count("failed");
		const why = failure && describeFailure(failure.error, showName(failure.name, 120));
		this.#why.textContent = why === undefined ? "" : failed > 1 ? t("transfer.count.failed", { n: failed, why }) : why;
		this.#pause.hidden = !["running", "queued", "retrying"].includes(state) || !batch.pausable;
		this.#resume.hidden = state !== "paused";
		this.#retry.hidden = state !== "failed" && state !== "cancelled";
		this.#cancel.hidden = batch.over;
		this.#remove.hidden = !batch.over;
		this.#more.hidden = batch.transfers.length < 2 && batch.skipped.length === 0;
		if (!this.#files.hidden) this.#files.replaceChildren(...detailRows(batch));
	}

	#toggle(): void {
		const show = this.#files.hidden;
		this.#files.hidden = !show;
		this.#more.setAttribute("aria-expanded", String(show));
		this.#files.replaceChildren(...(show ? detailRows(this.#batch) : []));
	}
}

function pictureOf(batch: Batch, state: TransferState): string {
	if (state === "done") return check;
	if (state === "failed") return alert;
	return batch.errand.kind === "upload" ? up : down;
}

function shareOf(batch: Batch, state: TransferState): number | undefined {
	if (state === "done") return 100;
	const { total } = batch;
	if (batch.preparing !== undefined || total === undefined) return undefined;
	if (total === 0) return (100 * batch.count("done")) / Math.max(batch.transfers.length, 1);
	return Math.min(100, (100 * batch.done) / total);
}

/** A state in words. */
export function stateWords(batch: Batch, state: TransferState): string {
	switch (state) {
		case "running":
			return t(batch.preparing === undefined ? "transfer.running" : "transfer.looking");
		case "done":
			return doneWords(batch);
		default:
			return t(`transfer.${state}`);
	}
}

function doneWords(batch: Batch): string {
	const skipped = batch.count("cancelled");
	const words = [
		t("transfer.done"),
		skipped > 0 && t("transfer.count.skipped", { n: skipped }),
		batch.skipped.length > 0 && t("transfer.count.left-out", { n: batch.skipped.length }),
		batch.verified && t("transfer.verified"),
	];
	return words.filter(Boolean).join(", ");
}

function figures(batch: Batch, state: TransferState, share: number | undefined, now: number): string {
	const many = batch.transfers.length;
	const files = many > 1 ? t("transfer.of", { done: batch.count("done"), all: many }) : "";
	if (state !== "running" || batch.preparing !== undefined) {
		const size =
			state === "done" ? formatSize(batch.done) : state === "paused" && share !== undefined ? percent(share) : "";
		const all =
			state === "done" && many > 1
				? t("transfer.count.files", { n: batch.count("done") })
				: state === "done"
					? ""
					: files;
		return [stateWords(batch, state), all, size].filter(Boolean).join(" · ");
	}
	const eta = batch.eta(now);
	const rate = batch.rate(now);
	return [
		files,
		share === undefined ? formatSize(batch.done) : percent(share),
		rate > 0 ? t("transfer.rate", { size: formatSize(rate) }) : "",
		eta === undefined ? "" : formatSpan(eta),
	]
		.filter(Boolean)
		.join(" · ");
}

function percent(share: number): string {
	return t("transfer.percent", { share: Math.floor(share) });
}
