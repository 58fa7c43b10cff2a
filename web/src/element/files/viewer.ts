import download from "lucide-static/icons/download.svg";
import save from "lucide-static/icons/save.svg";
import cross from "lucide-static/icons/x.svg";
import type { Entry, FileInfo, Path, SFTP } from "../../client/filetypes.ts";
import { formatSize } from "../bytes.ts";
import { h, icon } from "../dom.ts";
import { cancelled, type Layer } from "../layer.ts";
import { t } from "../words/words.ts";
import { changedCard, discardCard } from "./cards.ts";
import { numbered, showName } from "./names.ts";
import { join, parent } from "./paths.ts";
import { pictureType, type TextFile, toBytes, toText, whyNotText } from "./textfile.ts";
import { found, freeName } from "./upload.ts";

/** Larger texts are shown up to here and not edited. */
const textLimit = 2 * 1024 * 1024;
/** Larger pictures are not shown. */
const pictureLimit = 24 * 1024 * 1024;

/** What a viewer needs of its panel. */
export interface ViewerEvents {
	sftp(): SFTP;
	onDownload(entry: Entry): void;
	/** Saved: the folder shows something else now. */
	onSaved(name: string): void;
	onClose(): void;
	fail(error: unknown, what: string): void;
	say(text: string): void;
}

/** A file opened to look into: a picture, a text, a text to edit. It covers the list. */
export class Viewer {
	readonly element = h("section", { class: "viewer" });
	readonly #events: ViewerEvents;
	readonly #layer: Layer;
	readonly #entry: Entry;
	readonly #open = new AbortController();
	readonly #body = h("div", { class: "viewer-body" });
	readonly #note = h("p", { class: "viewer-note", role: "status" });
	readonly #save: HTMLButtonElement;
	#path: Path;
	#file: TextFile | undefined;
	#info: FileInfo | undefined;
	#area: HTMLTextAreaElement | undefined;
	#saved = "";
	#url: string | undefined;

	/** Shows an entry of a folder. */
	constructor(entry: Entry, path: Path, layer: Layer, events: ViewerEvents) {
		this.#entry = entry;
		this.#path = path;
		this.#layer = layer;
		this.#events = events;
		const name = showName(entry.name, 120);
		this.#save = small(save, t("viewer.save"), () => void this.save());
		this.#save.hidden = true;
		this.element.setAttribute("aria-label", t("viewer.label", { name }));
		this.element.append(
			h(
				"header",
				{ class: "viewer-head" },
				h("h2", { title: name }, name),
				this.#save,
				small(download, t("files.download"), () => events.onDownload(entry)),
				small(cross, t("find.close"), () => void this.close()),
			),
			this.#note,
			this.#body,
		);
		this.element.addEventListener("keydown", (event) => this.#key(event));
	}

	/** Whether there is something that closing would lose. */
	get dirty(): boolean {
		return this.#area !== undefined && !this.#area.readOnly && this.#area.value !== this.#saved;
	}

	/** Reads the file and shows it. */
	async load(): Promise<void> {
		this.#say(t("files.reading"));
		try {
			const sftp = this.#events.sftp();
			const { signal } = this.#open;
			// Saving over a link would put a file in its place: what it leads to is edited.
			if (this.#entry.type === "symlink" && typeof this.#path === "string")
				this.#path = await sftp.realpath(this.#path, { signal });
			this.#info = await sftp.stat(this.#path, { signal });
			const head = await read(sftp, this.#path, textLimit + 1, signal);
			const picture = pictureType(head);
			if (picture === undefined) this.#showText(head);
			else await this.#showPicture(sftp, picture);
		} catch (error) {
			if (this.#open.signal.aborted) return;
			this.#events.fail(error, t("files.failed.open", { name: showName(this.#entry.name, 120) }));
			this.#leave();
		}
	}

	/** Closes; asks first if something would be lost. */
	async close(): Promise<void> {
		if (this.dirty) {
			const sure = await this.#layer
				.ask<true>((answering) => discardCard(this.#entry.name, answering))
				.catch(() => false);
			if (!sure) {
				this.#area?.focus();
				return;
			}
		}
		this.#leave();
	}

	/** Saves, unless the file has changed on the server meanwhile: then it asks. */
	async save(): Promise<void> {
		const area = this.#area;
		if (this.#file === undefined || area === undefined || !this.dirty) return;
		const text = area.value;
		this.#save.disabled = true;
		this.#say(t("viewer.saving"));
		try {
			const sftp = this.#events.sftp();
			const target = await this.#target(sftp);
			const mode = this.#info?.mode;
			await sftp.put(toBytes(text, this.#file), target, mode === undefined ? {} : { mode });
			this.#path = target;
			this.#info = await sftp.stat(target);
			this.#saved = text;
			this.#say(t("viewer.saved"));
			this.#events.onSaved(this.#entry.name);
		} catch (error) {
			this.#say("");
			if (!(error instanceof DOMException && error.name === "AbortError"))
				this.#events.fail(error, t("files.failed.save", { name: showName(this.#entry.name, 120) }));
		}
		this.#mark();
		area.focus();
	}

	/** Where to save: the file itself, unless a person decides for a copy. */
	async #target(sftp: SFTP): Promise<Path> {
		const now = await found(sftp, this.#path);
		if (now !== undefined && now.size === this.#info?.size && now.mtime === this.#info?.mtime) return this.#path;
		const name = this.#entry.name;
		const choice = await this.#layer.ask<"overwrite" | "copy">((answering) =>
			changedCard(name, now === undefined, answering),
		);
		if (choice === "overwrite") return this.#path;
		const copy = join(parent(this.#path), { name: numbered(name, 1).replace(" (1)", t("viewer.mine")) });
		return (await found(sftp, copy)) === undefined ? copy : freeName(sftp, copy, name);
	}

	#showText(bytes: Uint8Array): void {
		const cut = bytes.length > textLimit;
		const shown = cut ? bytes.slice(0, textLimit) : bytes;
		const file = cut ? undefined : toText(shown);
		const text = typeof file === "object" ? file.text : new TextDecoder().decode(shown).replaceAll("\0", "\u2400");
		const area = h("textarea", {
			class: "editor",
			spellcheck: "false",
			autocomplete: "off",
			autocapitalize: "off",
			wrap: "off",
			"aria-label": t("viewer.text", { name: showName(this.#entry.name, 120) }),
			readonly: typeof file !== "object",
		});
		area.value = text;
		this.#area = area;
		this.#saved = area.value;
		this.#body.replaceChildren(area);
		if (typeof file === "object") {
			this.#file = file;
			this.#save.hidden = false;
			area.addEventListener("input", () => this.#mark());
			this.#say("");
			this.#mark();
		} else this.#say(cut ? t("viewer.cut", { size: formatSize(textLimit) }) : whyNotText(file ?? "binary"));
		area.setSelectionRange(0, 0);
		area.focus();
		area.scrollTop = 0;
	}

	async #showPicture(sftp: SFTP, type: string): Promise<void> {
		if ((this.#info?.size ?? 0) > pictureLimit) {
			this.#say(t("viewer.picture.large", { size: formatSize(this.#info?.size ?? 0) }));
			return;
		}
		const bytes = await read(sftp, this.#path, pictureLimit, this.#open.signal);
		this.#url = URL.createObjectURL(new Blob([bytes], { type }));
		const picture = h("img", {
			src: this.#url,
			alt: t("viewer.picture", { name: showName(this.#entry.name, 120) }),
			tabindex: "-1",
		});
		picture.addEventListener("error", () => this.#say(t("viewer.picture.broken")));
		picture.addEventListener("load", () =>
			this.#say(
				t("viewer.picture.size", {
					width: String(picture.naturalWidth),
					height: String(picture.naturalHeight),
					size: formatSize(bytes.length),
				}),
			),
		);
		this.#body.replaceChildren(h("div", { class: "picture" }, picture));
		picture.focus();
	}

	#key(event: KeyboardEvent): void {
		event.stopPropagation();
		const command = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
		if (command && event.key.toLowerCase() === "s") void this.save();
		else if (event.key === "Escape") void this.close();
		else return;
		event.preventDefault();
	}

	#mark(): void {
		this.#save.disabled = !this.dirty;
		this.element.classList.toggle("dirty", this.dirty);
		if (this.dirty) this.#say(t("viewer.changed"));
	}

	#say(text: string): void {
		this.#note.textContent = text;
	}

	#leave(): void {
		this.#open.abort(cancelled());
		if (this.#url !== undefined) URL.revokeObjectURL(this.#url);
		this.element.remove();
		this.#events.onClose();
	}
}

/** The first bytes of a file, so many at most. */
async function read(sftp: SFTP, path: Path, length: number, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
	const stream = sftp.read(path, { length, signal });
	return new Uint8Array(await new Response(stream).arrayBuffer());
}

function small(picture: string, label: string, onClick: () => void): HTMLButtonElement {
	return h(
		"button",
		{ type: "button", class: "icon-button", "aria-label": label, title: label, onclick: onClick },
		icon(picture),
	);
}
