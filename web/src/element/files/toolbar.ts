import up from "lucide-static/icons/arrow-up.svg";
import download from "lucide-static/icons/download.svg";
import more from "lucide-static/icons/ellipsis-vertical.svg";
import folderPlus from "lucide-static/icons/folder-plus.svg";
import home from "lucide-static/icons/house.svg";
import refresh from "lucide-static/icons/refresh-cw.svg";
import follow from "lucide-static/icons/square-terminal.svg";
import upload from "lucide-static/icons/upload.svg";
import cross from "lucide-static/icons/x.svg";
import { h, icon } from "../dom.ts";
import { t } from "../words/words.ts";

/** What the buttons of the panel do. */
export interface ToolbarEvents {
	onUp(): void;
	onHome(): void;
	onRefresh(): void;
	onUpload(button: HTMLElement): void;
	onNewFolder(): void;
	onDownload(): void;
	onFollow(on: boolean): void;
	onMenu(button: HTMLElement): void;
	onClose(): void;
}

/** The buttons of the panel, in two rows around the path. */
export class Toolbar {
	readonly element: HTMLElement;
	readonly #download: HTMLButtonElement;
	readonly #follow: HTMLButtonElement;
	readonly #needSession: HTMLButtonElement[];

	/** The path bar stands between the ways up and the refresh. */
	constructor(pathbar: HTMLElement, events: ToolbarEvents) {
		const goUp = small(up, t("files.up"), () => events.onUp());
		const goHome = small(home, t("files.home"), () => events.onHome());
		const again = small(refresh, t("files.refresh"), () => events.onRefresh());
		const close = small(cross, t("files.close"), () => events.onClose());
		const menu = small(more, t("files.menu"), () => events.onMenu(menu));
		const send: HTMLButtonElement = labelled(upload, t("files.upload"), () => events.onUpload(send));
		const make = small(folderPlus, t("files.new-folder"), () => events.onNewFolder());
		send.setAttribute("aria-haspopup", "menu");
		menu.setAttribute("aria-haspopup", "menu");
		this.#download = small(download, t("files.download"), () => events.onDownload());
		this.#follow = small(follow, t("files.follow"), () => events.onFollow(!this.following));
		this.#follow.setAttribute("aria-pressed", "false");
		this.#follow.hidden = true;
		this.#needSession = [goUp, goHome, again, send, make];
		this.element = h(
			"div",
			{ class: "tools" },
			h("div", { class: "tools-row" }, goUp, goHome, pathbar, again, close),
			h(
				"div",
				{ class: "tools-row", role: "toolbar", "aria-label": t("files.label") },
				send,
				this.#download,
				make,
				h("span", { class: "space" }),
				this.#follow,
				menu,
			),
		);
	}

	get following(): boolean {
		return this.#follow.getAttribute("aria-pressed") === "true";
	}

	/** Shows whether the panel follows the terminal; undefined: there is nothing to follow. */
	follow(on: boolean | undefined): void {
		this.#follow.hidden = on === undefined;
		this.#follow.setAttribute("aria-pressed", String(on === true));
	}

	/** What can be done now. */
	enable(session: boolean, selected: boolean): void {
		for (const each of this.#needSession) each.disabled = !session;
		this.#download.disabled = !session || !selected;
	}
}

function small(picture: string, label: string, onClick: () => void): HTMLButtonElement {
	return h(
		"button",
		{ type: "button", class: "icon-button", "aria-label": label, title: label, onclick: onClick },
		icon(picture),
	);
}

function labelled(picture: string, label: string, onClick: () => void): HTMLButtonElement {
	return h("button", { type: "button", class: "tool", onclick: onClick }, icon(picture), label);
}
