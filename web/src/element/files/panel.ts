import alert from "lucide-static/icons/circle-alert.svg";
import folderIcon from "lucide-static/icons/folder.svg";
import folderOpen from "lucide-static/icons/folder-open.svg";
import loader from "lucide-static/icons/loader-circle.svg";
import unplug from "lucide-static/icons/unplug.svg";
import uploadIcon from "lucide-static/icons/upload.svg";
import cross from "lucide-static/icons/x.svg";
import type { Entry, Path, SFTP } from "../../client/filetypes.ts";
import { h, icon, sheet } from "../dom.ts";
import elementStyles from "../element.css";
import { Layer } from "../layer.ts";
import { button } from "../prompts/parts.ts";
import { Actions } from "./actions.ts";
import { conflictCard } from "./cards.ts";
import { DropZone } from "./dropzone.ts";
import { formatSize, plural } from "./figures.ts";
import filesStyles from "./files.css";
import { Folder } from "./folder.ts";
import { Grid } from "./grid.ts";
import { GridInput } from "./gridinput.ts";
import { isFolder } from "./listing.ts";
import { Menu } from "./menu.ts";
import { entryMenu, uploadMenu } from "./menus.ts";
import { showName } from "./names.ts";
import { PathBar } from "./pathbar.ts";
import { baseName, join, parent, pathText, samePath } from "./paths.ts";
import { describeFailure } from "./problems.ts";
import { TransferStrip } from "./strip.ts";
import { Toolbar } from "./toolbar.ts";
import type { Batch, Choice } from "./transfer.ts";
import { Transfers } from "./transfers.ts";
import { Viewer } from "./viewer.ts";

const styles = [sheet(elementStyles), sheet(filesStyles)];
const sayMs = 4000;

/** What a panel reports. */
export interface PanelEvents {
	onPath(path: Path): void;
	onTransfers(): void;
	onOver(batch: Batch): void;
	/** The session of a transfer has failed. */
	onLost(sftp: SFTP): void;
	onFollow(on: boolean): void;
	onClose(): void;
}

/** Everything that a file element shows: the way, the list, the strip of transfers, the layer of questions. */
export class Panel {
	readonly transfers: Transfers;
	readonly layer: Layer;
	readonly #events: PanelEvents;
	readonly #root: HTMLElement;
	readonly #folder = new Folder(() => this.#drawSoon());
	readonly #grid: Grid;
	readonly #actions: Actions;
	readonly #pathbar: PathBar;
	readonly #toolbar: Toolbar;
	readonly #strip: TransferStrip;
	readonly #menu: Menu;
	readonly #main = h("div", { class: "main" });
	readonly #state = h("div", { class: "state" });
	readonly #status = h("div", { class: "status", role: "status" });
	readonly #alerts = h("div", { class: "alerts" });
	#sftp: SFTP | undefined;
	#note = "Not connected.";
	#hidden = false;
	#viewer: Viewer | undefined;
	#said: ReturnType<typeof setTimeout> | undefined;
	#frame = 0;

	constructor(shadow: ShadowRoot, events: PanelEvents) {
		this.#events = events;
		shadow.adoptedStyleSheets = styles;
		this.layer = new Layer((blocking) => this.#block(blocking));
		this.transfers = new Transfers({
			now: () => performance.now(),
			onChange: () => this.#transfersChanged(),
			onOver: (batch) => this.#over(batch),
			onLost: (sftp) => events.onLost(sftp),
			ask: (conflict, more, signal) =>
				this.layer
					.ask<{ choice: Choice; all: boolean }>((answering) => conflictCard(conflict, more, answering), signal)
					.catch(() => undefined),
		});
		this.#grid = new Grid(this.#folder.listing, this.#folder.selection, {
			onSort: (key) => {
				this.#folder.listing.sortBy(key);
				this.#grid.draw();
			},
			onLink: (entry) => void this.#resolve(entry),
		});
		this.#pathbar = new PathBar({ onGo: (path) => this.#goFromBar(path), sftp: () => this.#sftp });
		this.#actions = this.#makeActions();
		this.#toolbar = this.#makeToolbar();
		this.#strip = new TransferStrip(this.transfers);
		this.#listen();
		this.#main.append(this.#grid.element, this.#state);
		const body = h("div", { class: "panel" }, this.#toolbar.element, this.#alerts, this.#main, this.#status);
		this.#root = h("div", { class: "root files", part: "files" }, body, this.#strip.element, this.layer.element);
		this.#menu = new Menu(this.#root);
		new DropZone(this.#root, {
			enabled: () => this.#sftp !== undefined,
			into: () => pathText(this.#folder.path),
			onTree: (tree) => this.#actions.upload(tree),
			onFail: (error) => this.#fail(error, "Reading what was dropped"),
		});
		shadow.append(this.#root);
		this.#draw();
	}

	/** The folder that is shown. */
	get path(): Path {
		return this.#folder.path;
	}

	/** Whether closing would lose something besides transfers. */
	get dirty(): boolean {
		return this.#viewer?.dirty === true;
	}

	/** Gives the panel a session, or takes it away and says why. */
	async connect(sftp: SFTP | undefined, note: string, start?: Path): Promise<void> {
		this.#sftp = sftp;
		this.#note = note;
		this.transfers.connect(sftp);
		if (sftp === undefined) this.#folder.stop();
		this.#draw();
		if (sftp === undefined) return;
		const first = this.#folder.state === "idle";
		await this.go(start ?? (first ? sftp.home : this.#folder.path));
	}

	/** Shows a folder. */
	async go(path: Path): Promise<void> {
		if (this.#sftp === undefined) return;
		const came = samePath(path, parent(this.#folder.path)) ? baseName(this.#folder.path) : undefined;
		this.#pathbar.show(path, this.#sftp.home);
		this.#grid.element.scrollTop = 0;
		await this.#folder.open(this.#sftp, path);
		if (came !== undefined && this.#folder.state === "ready") this.#point(came);
		if (samePath(path, this.#folder.path)) this.#events.onPath(path);
	}

	/** Shows a folder if it is another one. */
	async follow(path: Path): Promise<void> {
		if (!samePath(path, this.#folder.path)) await this.go(path);
	}

	/** Shows whether the panel follows; undefined: nothing to follow. */
	following(on: boolean | undefined): void {
		this.#toolbar.follow(on);
	}

	paint(dark: boolean): void {
		this.#root.classList.toggle("dark", dark);
	}

	focus(): void {
		if (this.layer.focus()) return;
		if (this.#viewer === undefined) this.#grid.element.focus({ preventScroll: true });
		else this.#viewer.element.querySelector<HTMLElement>("textarea, img")?.focus();
	}

	/** Whoever has chosen a folder wants to work in its list. */
	#goFromBar(path: Path): void {
		void this.go(path);
		this.focus();
	}

	#makeActions(): Actions {
		return new Actions({
			folder: this.#folder,
			grid: this.#grid,
			layer: this.layer,
			transfers: this.transfers,
			sftp: () => this.#session(),
			go: (path) => this.go(path),
			view: (entry) => this.#view(entry),
			reload: (name) => this.#reload(name),
			say: (text) => this.#say(text),
			fail: (error, what) => this.#fail(error, what),
		});
	}

	#makeToolbar(): Toolbar {
		return new Toolbar(this.#pathbar.element, {
			onUp: () => void this.go(parent(this.#folder.path)),
			onHome: () => void this.go(this.#sftp?.home ?? "/"),
			onRefresh: () => void this.#reload(),
			onUpload: (at) => this.#openMenu(uploadMenu(this.#actions), below(at), at),
			onNewFolder: () => void this.#actions.newFolder(),
			onDownload: () => void this.#actions.download(this.#actions.chosen),
			onFollow: (on) => this.#events.onFollow(on),
			onMenu: (at) => this.#openMenu(this.#items(), below(at), at),
			onClose: () => this.#events.onClose(),
		});
	}

	#listen(): void {
		new GridInput(this.#grid, this.#folder, {
			open: (entry) => void this.#actions.open(entry),
			up: () => void this.go(parent(this.#folder.path)),
			rename: () => this.#folder.selection.cursor && void this.#actions.rename(this.#folder.selection.cursor),
			remove: () => void this.#actions.remove(this.#actions.chosen),
			path: () => this.#pathbar.edit("/"),
			reload: () => void this.#reload(),
			menu: (at) => this.#openMenu(this.#items(), at, this.#grid.element),
			changed: () => this.#drawStatus(),
		});
	}

	#items() {
		return entryMenu(this.#actions, this.#folder.selection.in(this.#folder.listing.rows), {
			session: this.#sftp !== undefined,
			hidden: this.#hidden,
			onHidden: () => this.#showHidden(!this.#hidden),
		});
	}

	#openMenu(items: Parameters<Menu["open"]>[0], at: { x: number; y: number }, back: HTMLElement): void {
		this.#menu.open(items, at, back);
	}

	#session(): SFTP {
		if (this.#sftp === undefined) throw new Error(this.#note);
		return this.#sftp;
	}

	#showHidden(on: boolean): void {
		this.#hidden = on;
		this.#folder.listing.showHidden(on);
		this.#draw();
	}

	async #reload(name?: string): Promise<void> {
		if (this.#sftp === undefined) return;
		const { path } = this.#folder;
		await this.#folder.open(this.#sftp, path);
		if (name !== undefined && samePath(path, this.#folder.path)) this.#point(name);
	}

	#point(name: string): void {
		this.#folder.point(name);
		const { cursor } = this.#folder.selection;
		if (cursor !== undefined) this.#grid.reveal(this.#folder.listing.rows.indexOf(cursor));
		this.#draw();
	}

	async #resolve(entry: Entry): Promise<void> {
		// Asked for once, also if it fails.
		this.#grid.link(entry, "");
		const link = await this.#sftp?.readlink(join(this.#folder.path, entry)).catch(() => undefined);
		if (link !== undefined) this.#grid.link(entry, link.target);
	}

	#view(entry: Entry): void {
		this.#viewer?.element.remove();
		const viewer = new Viewer(entry, join(this.#folder.path, entry), this.layer, {
			sftp: () => this.#session(),
			onDownload: (each) => void this.#actions.download([each]),
			onSaved: () => void this.#reload(),
			onClose: () => {
				this.#viewer = undefined;
				this.#main.classList.remove("viewing");
				this.focus();
			},
			fail: (error, what) => this.#fail(error, what),
			say: (text) => this.#say(text),
		});
		this.#viewer = viewer;
		this.#main.classList.add("viewing");
		this.#main.append(viewer.element);
		void viewer.load();
	}

	#transfersChanged(): void {
		this.#strip.drawSoon();
		this.#events.onTransfers();
	}

	#over(batch: Batch): void {
		const { errand, state } = batch;
		if (errand.kind === "upload" && errand.to === pathText(this.#folder.path)) void this.#reload();
		if (state === "done")
			this.#say(`${showName(errand.name, 80)}: ${errand.kind === "upload" ? "uploaded" : "downloaded"}.`);
		this.#events.onOver(batch);
	}

	/** While a question is open, nothing below it takes keys or the mouse. */
	#block(blocking: boolean): void {
		const body = this.#root?.firstElementChild as HTMLElement | null;
		if (body === null || body.inert === blocking) return;
		const focused = this.layer.element.contains((this.#root.getRootNode() as ShadowRoot).activeElement);
		const lost =
			(this.#root.getRootNode() as ShadowRoot).activeElement === null && document.activeElement === document.body;
		body.inert = blocking;
		if (!blocking && (focused || lost)) this.focus();
	}

	#say(text: string): void {
		clearTimeout(this.#said);
		this.#status.textContent = text;
		this.#said = setTimeout(() => {
			this.#said = undefined;
			this.#drawStatus();
		}, sayMs);
	}

	#fail(error: unknown, what: string): void {
		const text = describeFailure(error, what);
		const bar = h("div", { class: "alert", role: "alert" }, icon(alert), h("span", {}, text));
		const close = h("button", { type: "button", class: "icon-button", "aria-label": "Dismiss" }, icon(cross));
		close.addEventListener("click", () => {
			bar.remove();
			this.focus();
		});
		bar.append(close);
		// The same again, or a pile of them, helps nobody.
		for (const old of [...this.#alerts.children]) if (old.textContent === bar.textContent) old.remove();
		while (this.#alerts.childElementCount > 1) this.#alerts.firstElementChild?.remove();
		this.#alerts.append(bar);
	}

	#drawSoon(): void {
		this.#frame ||= requestAnimationFrame(() => {
			this.#frame = 0;
			this.#draw();
		});
	}

	#draw(): void {
		this.#grid.draw();
		this.#drawState();
		this.#drawStatus();
	}

	#drawStatus(): void {
		const { listing, selection, state } = this.#folder;
		const chosen = selection.in(listing.rows);
		this.#toolbar.enable(this.#sftp !== undefined, this.#actions.chosen.length > 0);
		if (this.#said !== undefined) return;
		const text = [countOf(listing.rows, listing.size, state), chosenOf(chosen)].filter(Boolean).join(" · ");
		const stop = button("Stop", "quiet", () => this.#folder.stop());
		stop.className = "text-button";
		const loading = state === "loading" && listing.size > 0;
		if (this.#status.textContent === text && !loading) return;
		this.#status.replaceChildren(h("span", {}, text), ...(loading ? [stop] : []));
	}

	/** What is shown in place of an empty list. */
	#drawState(): void {
		const { state, listing, error, path } = this.#folder;
		const name = pathText(path) === "/" ? "/" : showName(baseName(path), 80);
		this.#state.hidden = listing.rows.length > 0 && this.#sftp !== undefined;
		const show = (picture: string, title: string, text: string, ...more: HTMLElement[]): void => {
			const key = `${state} ${title} ${text}`;
			if (this.#state.dataset.key === key) return;
			this.#state.dataset.key = key;
			this.#state.replaceChildren(icon(picture, "icon large"), h("h2", {}, title), h("p", {}, text), ...more);
		};
		this.#state.classList.toggle("busy", state === "loading" && this.#sftp !== undefined);
		if (this.#sftp === undefined) show(unplug, "No files to show", this.#note);
		else if (state === "loading" || state === "idle") show(loader, "Reading…", name);
		else if (state === "failed")
			show(
				alert,
				`${name} cannot be shown`,
				describeFailure(error, pathText(path)),
				button("Try again", "primary", () => void this.#reload()),
				button("Up one folder", "quiet", () => void this.go(parent(path))),
			);
		else if (listing.size > 0)
			show(
				folderIcon,
				"Only hidden files here",
				`${plural(listing.size, "name")} begin with a dot.`,
				button("Show hidden files", "quiet", () => this.#showHidden(true)),
			);
		else
			show(
				state === "stopped" ? folderIcon : folderOpen,
				"This folder is empty",
				"Drop files here, or press Upload.",
				uploadHint(),
			);
	}
}

function uploadHint(): HTMLElement {
	return h("span", { class: "drop-hint", "aria-hidden": "true" }, icon(uploadIcon));
}

function countOf(rows: readonly Entry[], all: number, state: string): string {
	if (all === 0) return "";
	const hidden = all - rows.length;
	const text = `${plural(rows.length, "item")}${hidden > 0 ? ` (${plural(hidden, "hidden", "hidden")})` : ""}`;
	if (state === "loading") return `${text} so far`;
	return state === "stopped" ? `${text}, stopped` : text;
}

function chosenOf(chosen: readonly Entry[]): string {
	if (chosen.length === 0) return "";
	const size = chosen.reduce((sum, entry) => sum + (isFolder(entry) ? 0 : (entry.size ?? 0)), 0);
	return `${plural(chosen.length, "selected", "selected")}${size > 0 ? `, ${formatSize(size)}` : ""}`;
}

function below(element: HTMLElement): { x: number; y: number } {
	const box = element.getBoundingClientRect();
	return { x: box.left, y: box.bottom + 4 };
}
