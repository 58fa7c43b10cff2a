import type { SSHClient } from "../src/client/index.ts";
import { h } from "../src/element/dom.ts";
import type { SSHFiles, SSHTerminal } from "../src/element/index.ts";
import type { Settings } from "../src/vault/index.ts";
import { directoryOf } from "./osc7.ts";
import { Splitter } from "./splitter.ts";

/** What a pane reports. */
export interface FilesPaneEvents {
	/** It was opened or closed, or its transfers have moved on. */
	onChange(): void;
	/** It is closed: the focus goes elsewhere. */
	onClose(): void;
	/** A setting was changed in the panel. */
	onSettings(some: Partial<FilesSettings>): void;
}

/** The settings that files have. */
export type FilesSettings = Pick<Settings, "theme" | "filesSide" | "verifyFiles">;

/** How much of the room the files have at first, in percent. */
const usualShare = 44;

/** A terminal with the files of its server beside or below it, when they are wanted. */
export class FilesPane {
	readonly element: HTMLElement;
	readonly #events: FilesPaneEvents;
	readonly #terminal: SSHTerminal;
	readonly #splitter: Splitter;
	/** Made when first wanted: who only types needs no file session. */
	#files: SSHFiles | undefined;
	#client: SSHClient | undefined;
	#settings: FilesSettings | undefined;
	#directory: string | Uint8Array | undefined;
	#listens = false;

	constructor(terminal: SSHTerminal, events: FilesPaneEvents) {
		this.#terminal = terminal;
		this.#events = events;
		this.#splitter = new Splitter("Size of the files", usualShare, (percent) => {
			this.element.style.setProperty("--files-share", `${percent}%`);
		});
		this.#splitter.element.hidden = true;
		this.element = h("div", { class: "work" }, terminal, this.#splitter.element);
	}

	get open(): boolean {
		return this.#files !== undefined && !this.#files.hidden;
	}

	/** How many transfers run. */
	get busy(): number {
		return this.#files?.busy ?? 0;
	}

	/** Whether an edited file is not saved. */
	get dirty(): boolean {
		return this.#files?.dirty === true;
	}

	/** The transfers in a word or two; "" if there are none. */
	get note(): string {
		if (this.#files === undefined || this.busy === 0) return "";
		const { done, total } = this.#files.progress;
		return total === undefined || total === 0 ? `${this.busy} running` : `${Math.floor((100 * done) / total)} %`;
	}

	/** The connection to work over. */
	set client(client: SSHClient | undefined) {
		this.#client = client;
		if (client !== undefined) this.#listen();
		if (this.#files !== undefined) this.#files.client = client;
	}

	/** Applies changed settings. */
	restyle(settings: FilesSettings): void {
		this.#settings = settings;
		this.#splitter.level(settings.filesSide === "below");
		this.element.dataset.files = settings.filesSide;
		if (this.#files !== undefined) this.#dress(this.#files);
	}

	#dress(files: SSHFiles): void {
		if (this.#settings === undefined) return;
		const { theme, filesSide, verifyFiles } = this.#settings;
		files.setAttribute("theme", theme);
		files.setAttribute("side", filesSide);
		files.toggleAttribute("verify", verifyFiles);
	}

	/** Shows the files, or hides them; their transfers go on. */
	toggle(): void {
		const show = !this.open;
		const files = this.#files ?? this.#make();
		files.hidden = !show;
		this.#splitter.element.hidden = !show;
		if (show) files.focus();
		this.#events.onChange();
		if (!show) this.#events.onClose();
	}

	#make(): SSHFiles {
		const files = document.createElement("ssh-files");
		this.#files = files;
		this.#dress(files);
		files.addEventListener("ssh-files-close", () => this.toggle());
		files.addEventListener("ssh-files-setting", (event) => {
			const { side, verify } = (event as CustomEvent<{ side?: Settings["filesSide"]; verify?: boolean }>).detail;
			this.#events.onSettings({
				...(side !== undefined && { filesSide: side }),
				...(verify !== undefined && { verifyFiles: verify }),
			});
		});
		files.addEventListener("ssh-transfers", () => this.#events.onChange());
		this.element.append(files);
		if (this.#directory !== undefined) files.report(this.#directory);
		files.client = this.#client;
		return files;
	}

	/** Shells that tell their folder are listened to, once there is a terminal. */
	#listen(): void {
		if (this.#listens || this.#terminal.terminal === undefined) return;
		this.#listens = true;
		this.#terminal.terminal.parser.registerOscHandler(7, (data) => {
			const directory = directoryOf(data);
			if (directory === undefined) return false;
			this.#directory = directory;
			this.#files?.report(directory);
			return true;
		});
	}
}
