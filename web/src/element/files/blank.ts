import alert from "lucide-static/icons/circle-alert.svg";
import folderIcon from "lucide-static/icons/folder.svg";
import folderOpen from "lucide-static/icons/folder-open.svg";
import loader from "lucide-static/icons/loader-circle.svg";
import unplug from "lucide-static/icons/unplug.svg";
import uploadIcon from "lucide-static/icons/upload.svg";
import { h, icon } from "../dom.ts";
import { button } from "../prompts/parts.ts";
import { t } from "../words/words.ts";
import type { Folder } from "./folder.ts";
import { showName } from "./names.ts";
import { baseName, pathText } from "./paths.ts";
import { describeFailure } from "./problems.ts";

/** What the buttons in place of an empty list do. */
export interface BlankEvents {
	onAgain(): void;
	onUp(): void;
	onHidden(): void;
}

/** What is shown in place of an empty list: why it is empty, and what to do. */
export class Blank {
	readonly element = h("div", { class: "state" });
	readonly #folder: Folder;
	readonly #events: BlankEvents;

	constructor(folder: Folder, events: BlankEvents) {
		this.#folder = folder;
		this.#events = events;
	}

	/** Draws it; `note` says why there is no session, if there is none. */
	draw(note: string | undefined): void {
		const { state, listing, error, path } = this.#folder;
		const name = pathText(path) === "/" ? "/" : showName(baseName(path), 80);
		this.element.hidden = listing.rows.length > 0 && note === undefined;
		this.element.classList.toggle("busy", state === "loading" && note === undefined);
		if (note !== undefined) this.#show(unplug, t("files.none"), note);
		else if (state === "loading" || state === "idle") this.#show(loader, t("files.reading"), name);
		else if (state === "failed") {
			const why = describeFailure(error, pathText(path));
			const again = button(t("try-again"), "primary", () => this.#events.onAgain());
			this.#show(
				alert,
				t("files.cannot-show", { name }),
				why,
				again,
				button(t("files.up-one"), "quiet", this.#events.onUp),
			);
		} else if (listing.size > 0) {
			const hidden = t("files.dotted", { n: listing.size });
			this.#show(
				folderIcon,
				t("files.only-hidden"),
				hidden,
				button(t("files.show-hidden"), "quiet", this.#events.onHidden),
			);
		} else {
			const picture = state === "stopped" ? folderIcon : folderOpen;
			const hint = h("span", { class: "drop-hint", "aria-hidden": "true" }, icon(uploadIcon));
			this.#show(picture, t("files.empty"), t("files.empty.todo"), hint);
		}
	}

	#show(picture: string, title: string, text: string, ...more: HTMLElement[]): void {
		const key = `${this.#folder.state} ${title} ${text}`;
		if (this.element.dataset.key === key) return;
		this.element.dataset.key = key;
		this.element.replaceChildren(icon(picture, "icon large"), h("h2", {}, title), h("p", {}, text), ...more);
	}
}
