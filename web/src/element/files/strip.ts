import check from "lucide-static/icons/check.svg";
import alert from "lucide-static/icons/circle-alert.svg";
import down from "lucide-static/icons/download.svg";
import pause from "lucide-static/icons/pause.svg";
import play from "lucide-static/icons/play.svg";
import again from "lucide-static/icons/rotate-cw.svg";
import up from "lucide-static/icons/upload.svg";
import cross from "lucide-static/icons/x.svg";
import { h, icon } from "../dom.ts";
import { formatCount, formatSize, formatSpan, plural } from "./figures.ts";
import { showName } from "./names.ts";
import { describeFailure } from "./problems.ts";
import type { Batch, TransferState } from "./transfer.ts";
import type { Transfers } from "./transfers.ts";

/** So often figures are drawn while something moves. */
const drawMs = 250;

/** The strip that shows what moves: a row an errand, with its bar, its rate, and its buttons. */
export class TransferStrip {
	readonly element: HTMLElement;
	readonly #transfers: Transfers;
	readonly #list = h("ul", { class: "transfers" });
	readonly #title = h("h2", {});
	readonly #clear: HTMLButtonElement;
	readonly #rows = new Map<Batch, Row>();
	#timer: ReturnType<typeof setTimeout> | undefined;

	constructor(transfers: Transfers) {
		this.#transfers = transfers;
		this.#clear = h(
			"button",
			{ type: "button", class: "text-button", onclick: () => transfers.clear() },
			"Clear finished",
		);
		this.element = h(
			"section",
			{ class: "strip", "aria-label": "Transfers", hidden: true, part: "transfers" },
			h("header", { class: "strip-head" }, this.#title, this.#clear),
			this.#list,
		);
	}

	/** Draws soon: figures change faster than anybody reads. */
	drawSoon(): void {
		this.#timer ??= setTimeout(() => {
			this.#timer = undefined;
			this.draw();
			if (this.#transfers.busy > 0) this.drawSoon();
		}, drawMs);
	}

	draw(): void {
		const { batches, busy } = this.#transfers;
		this.element.hidden = batches.length === 0;
		this.#title.textContent = busy > 0 ? `Transfers (${formatCount(busy)})` : "Transfers";
		this.#clear.hidden = busy === batches.length;
		for (const [batch, row] of this.#rows) {
			if (batches.includes(batch)) continue;
			row.element.remove();
			this.#rows.delete(batch);
		}
		for (const batch of batches) {
			let row = this.#rows.get(batch);
			if (row === undefined) {
				row = new Row(batch, this.#transfers);
				this.#rows.set(batch, row);
				this.#list.append(row.element);
			}
			row.draw(performance.now());
		}
	}
}

/** One errand in the strip. */
class Row {
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

	constructor(batch: Batch, transfers: Transfers) {
		this.#batch = batch;
		const { errand } = batch;
		const name = showName(errand.name, 120);
		const act = (picture: string, verb: string, work: () => void): HTMLButtonElement =>
			h(
				"button",
				{ type: "button", class: "icon-button", "aria-label": `${verb} ${name}`, title: verb, onclick: work },
				icon(picture),
			);
		this.#pause = act(pause, "Pause", () => transfers.pause(batch));
		this.#resume = act(play, "Go on with", () => transfers.resume(batch));
		this.#retry = act(again, "Try again", () => transfers.retry(batch));
		this.#cancel = act(cross, "Cancel", () => transfers.cancel(batch));
		this.#remove = act(cross, "Remove from the list:", () => transfers.clear(batch));
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
			h("span", { class: "transfer-actions" }, this.#pause, this.#resume, this.#retry, this.#cancel, this.#remove),
			this.#track,
			this.#why,
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
		this.#why.textContent =
			why === undefined ? "" : failed > 1 ? `${plural(failed, "file")} failed. The first: ${why}` : why;
		this.#pause.hidden = !["running", "queued", "retrying"].includes(state) || !batch.pausable;
		this.#resume.hidden = state !== "paused";
		this.#retry.hidden = state !== "failed" && state !== "cancelled";
		this.#cancel.hidden = batch.over;
		this.#remove.hidden = !batch.over;
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
		case "queued":
			return "Waiting for its turn";
		case "running":
			return batch.preparing === undefined ? "Moving" : "Looking through folders";
		case "paused":
			return "Paused";
		case "waiting":
			return "Waiting for your answer";
		case "retrying":
			return "Waiting for the connection";
		case "verifying":
			return "Checking";
		case "done":
			return batch.count("cancelled") > 0 ? `Done, ${formatCount(batch.count("cancelled"))} skipped` : "Done";
		case "failed":
			return "Failed";
		case "cancelled":
			return "Cancelled";
	}
}

function figures(batch: Batch, state: TransferState, share: number | undefined, now: number): string {
	const many = batch.transfers.length;
	const files = many > 1 ? `${formatCount(batch.count("done"))} of ${formatCount(many)}` : "";
	if (state !== "running" || batch.preparing !== undefined) {
		const size =
			state === "done" ? formatSize(batch.done) : state === "paused" && share !== undefined ? percent(share) : "";
		const all = state === "done" && many > 1 ? plural(batch.count("done"), "file") : state === "done" ? "" : files;
		return [stateWords(batch, state), all, size].filter(Boolean).join(" · ");
	}
	const eta = batch.eta(now);
	const rate = batch.rate(now);
	return [
		files,
		share === undefined ? formatSize(batch.done) : percent(share),
		rate > 0 ? `${formatSize(rate)}/s` : "",
		eta === undefined ? "" : formatSpan(eta),
	]
		.filter(Boolean)
		.join(" · ");
}

function percent(share: number): string {
	return `${Math.floor(share)} %`;
}
