import upload from "lucide-static/icons/upload.svg";
import { h, icon } from "../dom.ts";
import { t } from "../words/words.ts";
import { type LocalTree, treeOfDrop, treeOfFiles } from "./localtree.ts";
import { showName } from "./names.ts";

/** What a drop zone needs of its panel. */
export interface DropEvents {
	enabled(): boolean;
	/** The folder that takes what is dropped. */
	into(): string;
	onTree(tree: LocalTree): void;
	onFail(error: unknown): void;
}

/** Takes files and folders that are dropped or pasted anywhere on the panel. */
export class DropZone {
	readonly #events: DropEvents;
	readonly #veil = h("div", { class: "drop", "aria-hidden": "true", hidden: true });
	#depth = 0;

	constructor(root: HTMLElement, events: DropEvents) {
		this.#events = events;
		root.append(this.#veil);
		root.addEventListener("dragenter", (event) => this.#enter(event));
		root.addEventListener("dragleave", () => this.#leave());
		root.addEventListener("dragover", (event) => this.#over(event));
		root.addEventListener("drop", (event) => this.#drop(event));
		root.addEventListener("paste", (event) => this.#paste(event));
	}

	#enter(event: DragEvent): void {
		if (!hasFiles(event.dataTransfer)) return;
		event.preventDefault();
		// Each child that is passed enters and leaves once.
		this.#depth++;
		const text = this.#events.enabled()
			? t("files.drop", { path: showName(this.#events.into(), 200) })
			: t("files.not-connected");
		this.#veil.replaceChildren(icon(upload, "icon large"), h("strong", {}, text));
		this.#veil.hidden = false;
	}

	#over(event: DragEvent): void {
		if (!hasFiles(event.dataTransfer)) return;
		event.preventDefault();
		if (event.dataTransfer) event.dataTransfer.dropEffect = this.#events.enabled() ? "copy" : "none";
	}

	#leave(): void {
		this.#depth = Math.max(0, this.#depth - 1);
		if (this.#depth === 0) this.#veil.hidden = true;
	}

	#drop(event: DragEvent): void {
		this.#depth = 0;
		this.#veil.hidden = true;
		if (event.dataTransfer === null || !hasFiles(event.dataTransfer)) return;
		// A page that lets a file drop through is replaced by it.
		event.preventDefault();
		if (!this.#events.enabled()) return;
		treeOfDrop(event.dataTransfer).then(
			(tree) => this.#events.onTree(tree),
			(error) => this.#events.onFail(error),
		);
	}

	#paste(event: ClipboardEvent): void {
		const files = [...(event.clipboardData?.files ?? [])];
		if (files.length === 0 || !this.#events.enabled()) return;
		event.preventDefault();
		this.#events.onTree(treeOfFiles(files));
	}
}

function hasFiles(data: DataTransfer | null): boolean {
	return data?.types.includes("Files") === true;
}
