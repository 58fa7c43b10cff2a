import folders from "lucide-static/icons/folder-tree.svg";
import type { SSHClient } from "../client/index.ts";
import { h, icon } from "./dom.ts";
import { t } from "./words/words.ts";

/**
 * The files beside a terminal: the button that opens them where the page
 * offers them, and the panel, which is made when it is first wanted.
 */
export class Drawer {
	readonly button = h(
		"button",
		{ type: "button", class: "files-button", part: "toolbar", "aria-expanded": "false", hidden: true },
		icon(folders),
		t("files.button"),
	);
	readonly #root: HTMLElement;
	readonly #onClose: () => void;
	#files: HTMLElementTagNameMap["ssh-files"] | undefined;
	#client: SSHClient | undefined;
	#where = "";
	#dark = false;
	#offered = false;

	/** The panel is appended to root; onClose: it was closed, and the focus wants another place. */
	constructor(root: HTMLElement, onClose: () => void) {
		this.#root = root;
		this.#onClose = onClose;
		this.button.addEventListener("click", () => (this.isOpen ? this.close() : this.open()));
	}

	get isOpen(): boolean {
		return this.#files?.hidden === false;
	}

	/** The connection to work over. */
	set client(client: SSHClient | undefined) {
		this.#client = client;
		if (this.#files !== undefined) this.#files.client = client;
		this.#draw();
	}

	/** Whether the page offers files, in which colours, and whose they are. */
	dress(look: { readonly offered?: boolean; readonly dark?: boolean; readonly where?: string }): void {
		this.#offered = look.offered ?? this.#offered;
		this.#dark = look.dark ?? this.#dark;
		this.#where = look.where ?? this.#where;
		this.#files?.setAttribute("theme", this.#dark ? "dark" : "light");
		this.#draw();
	}

	/** Shows the files. */
	open(): void {
		this.#files ??= this.#make();
		this.#files.hidden = false;
		this.#draw();
		this.#files.focus();
	}

	/** Hides them; what is being transferred goes on. */
	close(): void {
		if (this.#files === undefined || this.#files.hidden) return;
		this.#files.hidden = true;
		this.#draw();
		this.#onClose();
	}

	#make(): HTMLElementTagNameMap["ssh-files"] {
		const files = document.createElement("ssh-files");
		files.setAttribute("part", "files");
		files.setAttribute("role", "region");
		files.setAttribute("aria-label", t("files.region", { where: this.#where }));
		files.setAttribute("theme", this.#dark ? "dark" : "light");
		files.addEventListener("ssh-files-close", (event) => {
			event.stopPropagation(); // the panel is ours: no page waits for its end
			this.close();
		});
		this.#root.append(files);
		files.client = this.#client;
		return files;
	}

	#draw(): void {
		this.button.hidden = !this.#offered || this.#client === undefined;
		this.button.setAttribute("aria-expanded", String(this.isOpen));
		this.#root.classList.toggle("with-files", this.isOpen);
		// From the beginning, for a server is told of every change of the size.
		this.#root.classList.toggle("offers-files", this.#offered);
	}
}
