/** The files of an errand one by one: what became of each, and what was left out. */
import { h } from "../dom.ts";
import { t } from "../words/words.ts";
import { showName } from "./names.ts";
import { describeFailure } from "./problems.ts";
import type { Batch, Transfer, TransferState } from "./transfer.ts";

/** So many are shown; what wants attention stands first. */
const most = 200;

const order: readonly TransferState[] = ["failed", "waiting", "cancelled", "running", "verifying", "retrying"];

/** The rows of an errand's list. */
export function detailRows(batch: Batch): HTMLElement[] {
	const files = [...batch.transfers].sort((a, b) => rank(a) - rank(b));
	const rows = [
		...batch.skipped.map(({ name, why }) => row(showName(name, 200), t("transfer.left-out", { why }), "skipped")),
		...files.slice(0, most).map((each) => row(showName(each.job.name, 200), wordsOf(each), each.state)),
	];
	const more = batch.skipped.length + files.length - most;
	return more > 0 ? [...rows.slice(0, most), h("li", { class: "quiet" }, t("more", { n: more }))] : rows;
}

function rank({ state }: Transfer): number {
	const at = order.indexOf(state);
	return at < 0 ? order.length : at;
}

function row(name: string, words: string, state: string): HTMLElement {
	return h("li", { "data-state": state }, h("span", { class: "file" }, name), h("span", { class: "words" }, words));
}

function wordsOf({ state, verified, error, choice, job }: Transfer): string {
	switch (state) {
		case "done":
			return t(verified ? "transfer.done.verified" : "transfer.done");
		case "failed":
			return describeFailure(error, showName(job.name, 120));
		case "cancelled":
			return t(choice === "skip" ? "transfer.skipped" : "transfer.cancelled");
		default:
			return t(`transfer.${state}`);
	}
}
