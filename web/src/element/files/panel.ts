import type { Entry, Path, SFTP } from "../../client/filetypes.ts";
import { h, sheet } from "../dom.ts";
import elementStyles from "../element.css";
import { Layer } from "../layer.ts";
import { t } from "../words/words.ts";
import { Actions } from "./actions.ts";
import { Alerts } from "./alerts.ts";
import { Blank } from "./blank.ts";
import { refusedCard } from "./cards.ts";
import { conflictCard } from "./conflict.ts";
import { DropZone } from "./dropzone.ts";
import filesStyles from "./files.css";
import { Folder } from "./folder.ts";
import { Grid } from "./grid.ts";
import { GridInput } from "./gridinput.ts";
import { Journal } from "./journal.ts";
import { Leftovers } from "./leftovers.ts";
import { Menu } from "./menu.ts";
import { entryMenu, uploadMenu } from "./menus.ts";
import { showName } from "./names.ts";
import { PathBar } from "./pathbar.ts";
import { baseName, join, parent, pathText, samePath } from "./paths.ts";
import { describeFailure } from "./problems.ts";
import { StatusLine } from "./statusline.ts";
import { TransferStrip } from "./strip.ts";
import { Toolbar } from "./toolbar.ts";
import type { Batch, Choice } from "./transfer.ts";
import { Transfers } from "./transfers.ts";
import { Viewer } from "./viewer.ts";

const styles = [sheet(elementStyles), sheet(filesStyles)];

/** So often others are told how far transfers are: once a frame. */
const tellMs = 16;

/** Where a panel stands to its terminal. */
export type Side = "right" | "below";

/** What a panel reports. */
export interface PanelEvents {
	onPath(path: Path): void;
	onTransfers(): void;
	onOver(batch: Batch): void;
	/** The session of a transfer has failed. */
	onLost(sftp: SFTP): void;
	onFollow(on: boolean): void;
	onClose(): void;
	/** A switch of the menu was turned. */
	onSetting(some: { readonly verify?: boolean; readonly side?: Side }): void;
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
	readonly #journal = new Journal();
	readonly #leftovers: Leftovers;
	readonly #menu: Menu;
	readonly #main = h("div", { class: "main" });
	readonly #blank = new Blank(this.#folder, {
		onAgain: () => void this.#reload(),
		onUp: () => void this.go(parent(this.#folder.path)),
		onHidden: () => this.#showHidden(true),
	});
	readonly #status = new StatusLine(this.#folder, {
		onStop: () => this.#folder.stop(),
		onRefused: () => this.#showRefused(),
	});
	readonly #alerts = new Alerts(() => this.focus());
	#sftp: SFTP | undefined;
	/** A folder that was asked for while there was no session. */
	#wanted: Path | undefined;
	#note = t("files.note.idle");
	#hidden = false;
	#viewer: Viewer | undefined;
	#side: Side | undefined;
	#frame = 0;
	#telling: ReturnType<typeof setTimeout> | undefined;

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
		this.#leftovers = new Leftovers(this.#journal, {
			onErrand: (errand) => this.transfers.add(errand),
			fail: (error, what) => this.#fail(error, what),
			onChange: () => this.#strip.drawSoon(),
		});
		this.#strip = new TransferStrip(this.transfers, this.#leftovers.element);
		this.#listen();
		this.#main.append(this.#grid.element, this.#blank.element);
		const body = h(
			"div",
			{ class: "panel" },
			this.#toolbar.element,
			this.#alerts.element,
			this.#main,
			this.#status.element,
		);
		this.#root = h("div", { class: "root files", part: "files" }, body, this.#strip.element, this.layer.element);
		this.#menu = new Menu(this.#root);
		new DropZone(this.#root, {
			enabled: () => this.#sftp !== undefined,
			into: () => pathText(this.#folder.path),
			onTree: (tree) => this.#actions.upload(tree),
			onFail: (error) => this.#fail(error, t("files.failed.drop")),
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

	/** Gives the panel a session, of a server that is known again by `server`, or takes it away and says why. */
	async connect(sftp: SFTP | undefined, note: string, start?: Path, server?: string): Promise<void> {
		this.#sftp = sftp;
		if (server !== undefined) this.#journal.server = server;
		this.#note = note;
		this.transfers.connect(sftp);
		if (sftp === undefined) this.#folder.stop();
		this.#draw();
		if (sftp === undefined) return;
		void this.#leftovers.draw();
		const first = this.#folder.state === "idle";
		const wanted = this.#wanted;
		this.#wanted = undefined;
		await this.go(wanted ?? start ?? (first ? sftp.home : this.#folder.path));
	}

	/** Shows a folder: at once, or when there is a session. */
	async go(path: Path): Promise<void> {
		if (this.#sftp === undefined) {
			this.#wanted = path;
			return;
		}
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

	/** What is set: whether checksums are compared, and where the panel stands, if that can be chosen. */
	set(verify: boolean, side: Side | undefined): void {
		this.transfers.verify = verify;
		this.#side = side;
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
		return entryMenu(this.#actions, this.#folder.selection.in(this.#folder.listing), {
			session: this.#sftp !== undefined,
			hidden: this.#hidden,
			onHidden: () => this.#showHidden(!this.#hidden),
			verify: this.transfers.verify,
			below: this.#side && this.#side === "below",
			onVerify: () => this.#events.onSetting({ verify: !this.transfers.verify }),
			onSide: () => this.#events.onSetting({ side: this.#side === "below" ? "right" : "below" }),
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
		if (cursor !== undefined) this.#grid.reveal(this.#folder.listing.indexOf(cursor));
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
		this.#journal.noteSoon(this.transfers);
		this.#strip.drawSoon();
		// Not by frames: a page that nobody looks at has none, and tells how far it is in its title.
		this.#telling ??= setTimeout(() => {
			this.#telling = undefined;
			this.#events.onTransfers();
		}, tellMs);
	}

	#over(batch: Batch): void {
		const { errand, state } = batch;
		if (errand.kind === "upload" && errand.to === pathText(this.#folder.path)) void this.#reload();
		if (state === "done")
			this.#say(
				t(errand.kind === "upload" ? "transfers.uploaded" : "transfers.downloaded", {
					name: showName(errand.name, 80),
				}),
			);
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
		this.#status.say(text);
	}

	#fail(error: unknown, what: string): void {
		this.#alerts.show(describeFailure(error, what));
	}

	#drawSoon(): void {
		// At once: whoever waits for the end must not take that of before for it.
		if (this.#folder.state === "loading") this.#main.dataset.state = "loading";
		this.#frame ||= requestAnimationFrame(() => {
			this.#frame = 0;
			this.#draw();
		});
	}

	#draw(): void {
		this.#main.dataset.state = this.#folder.state;
		this.#grid.draw();
		this.#blank.draw(this.#sftp === undefined ? this.#note : undefined);
		this.#drawStatus();
	}

	#drawStatus(): void {
		this.#toolbar.enable(this.#sftp !== undefined, this.#actions.chosen.length > 0);
		this.#status.draw();
	}

	#showRefused(): void {
		void this.layer.ask<never>((answering) => refusedCard(this.#folder.refused, answering)).catch(() => {});
	}
}

function below(element: HTMLElement): { x: number; y: number } {
	const box = element.getBoundingClientRect();
	return { x: box.left, y: box.bottom + 4 };
}
