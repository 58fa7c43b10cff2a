import play from "lucide-static/icons/play.svg";
import up from "lucide-static/icons/upload.svg";
import cross from "lucide-static/icons/x.svg";
import { formatSize } from "../bytes.ts";
import { h, icon } from "../dom.ts";
import { t } from "../words/words.ts";
import type { Journal, Leftover } from "./journal.ts";
import { type LocalTree, treeOfFiles } from "./localtree.ts";
import { showName } from "./names.ts";
import { regain } from "./regain.ts";
import type { Errand } from "./transfer.ts";
import { resumedErrand } from "./upload.ts";

/** What the offers lead to. */
export interface LeftoversEvents {
	onErrand(errand: Errand): void;
	fail(error: unknown, what: string): void;
	/** There is something else to see. */
	onChange(): void;
}

/** The uploads that an earlier page did not bring to their end, each with the offer to go on. */
export class Leftovers {
	readonly element = h("ul", { class: "transfers", "aria-label": t("leftovers.label"), hidden: true });
	readonly #journal: Journal;
	readonly #events: LeftoversEvents;

	constructor(journal: Journal, events: LeftoversEvents) {
		this.#journal = journal;
		this.#events = events;
	}

	/** Shows what is left for the present server. */
	async draw(): Promise<void> {
		const all = await this.#journal.leftovers().catch(() => []);
		this.element.replaceChildren(...all.map((each) => this.#row(each)));
		this.element.hidden = all.length === 0;
		this.#events.onChange();
	}

	#row(leftover: Leftover): HTMLElement {
		const name = showName(leftover.name, 120);
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
		const size = leftover.files.reduce((sum, each) => sum + each.size, 0);
		const words = t("leftovers.words", { n: leftover.files.length, size: formatSize(size) });
		return h(
			"li",
			{ class: "transfer", "data-state": "paused" },
			h("span", { class: "mark" }, icon(up)),
			h(
				"span",
				{ class: "transfer-name" },
				name,
				h("span", { class: "way" }, ` ${t("transfers.here")} → ${showName(leftover.to, 200)}`),
			),
			h("span", { class: "words" }, words),
			h(
				"span",
				{ class: "transfer-actions" },
				act(play, t("leftovers.go-on"), () => void this.#goOn(leftover)),
				act(cross, t("leftovers.forget"), () => void this.#forget(leftover)),
			),
		);
	}

	/** From the files that the browser gives back, else from those that the person chooses again. */
	async #goOn(leftover: Leftover): Promise<void> {
		try {
			const tree = (await regain(leftover)) ?? (await choose(leftover));
			if (tree === undefined) return;
			this.#events.onErrand(resumedErrand(leftover, tree));
			await this.#forget(leftover);
		} catch (error) {
			this.#events.fail(error, t("files.failed.resume", { name: showName(leftover.name, 120) }));
		}
	}

	async #forget(leftover: Leftover): Promise<void> {
		await this.#journal.forget(leftover);
		await this.draw();
	}
}

/** Has the person choose the files again; undefined: they changed their mind. */
function choose({ files }: Leftover): Promise<LocalTree | undefined> {
	const folder = files.some(({ names }) => names.length > 1);
	const input = h("input", { type: "file", multiple: true, webkitdirectory: folder });
	return new Promise((resolve) => {
		input.addEventListener("change", () => resolve(treeOfFiles(input.files ?? [])));
		input.addEventListener("cancel", () => resolve(undefined));
		input.click();
	});
}
