import { copyText } from "./clipboard.ts";
import { h, sheet } from "./dom.ts";
import { Drawer } from "./drawer.ts";
import elementStyles from "./element.css";
import { FindBar } from "./findbar.ts";
import { type KeyAction, keyAction } from "./keys.ts";
import { Layer } from "./layer.ts";
import { pasteRisks } from "./paste.ts";
import { pasteCard } from "./prompts/pastecard.ts";
import { type Look, Screen } from "./screen.ts";
import { t } from "./words/words.ts";

/** What a view reports. */
export interface ViewEvents {
	onInput(bytes: Uint8Array): void;
	onResize(cols: number, rows: number): void;
	onTitle(title: string): void;
	onBell(): void;
	/** What the person asked of the machine has changed: dark, or no motion. */
	onMedia(): void;
	onFontSize(change: -1 | 0 | 1): void;
	/** Whether a program may put text on the clipboard. */
	mayCopy(): boolean;
	/** Whether keys go to a program; else Tab moves the focus. */
	isLive(): boolean;
	/** Why nothing can be pasted now; undefined: it can. */
	pasteRefusal(): string | undefined;
}

const styles = sheet(elementStyles);
const mac = /Mac|iPhone|iPad/.test(navigator.platform);
const queries = ["(prefers-color-scheme: dark)", "(prefers-reduced-motion: reduce)"];
const toastMs = 2500;

/** Everything that a terminal element shows: the screen, the layer of cards over it, the find bar, small notes. */
export class View implements Disposable {
	readonly layer: Layer;
	readonly screen: Screen;
	readonly drawer: Drawer;
	readonly #events: ViewEvents;
	readonly #find: FindBar;
	readonly #root: HTMLElement;
	readonly #region = h("section", { class: "terminal", part: "terminal" });
	readonly #status = h("div", { class: "visually-hidden", role: "status" });
	readonly #toast = h("div", { class: "toast", role: "status" });
	readonly #link = h("div", { class: "link", "aria-hidden": "true" });
	readonly #shadow: ShadowRoot;
	readonly #media = queries.map((query) => window.matchMedia(query));
	#toastTimer: ReturnType<typeof setTimeout> | undefined;
	#tabMovesFocus = false;

	constructor(shadow: ShadowRoot, look: Look, dark: boolean, events: ViewEvents) {
		this.#shadow = shadow;
		this.#events = events;
		const box = h("div", { class: "screen" });
		this.#root = h("div", { class: "root" }, this.#region, this.#status);
		this.drawer = new Drawer(this.#root, () => this.focus());
		// Before anything is measured.
		shadow.adoptedStyleSheets = [styles];
		this.layer = new Layer((blocking) => this.#block(box, blocking));
		this.#region.append(box);
		shadow.append(this.#root);
		this.#paint(look, dark);
		this.screen = new Screen(shadow, box, look, {
			onInput: (bytes) => events.onInput(bytes),
			onResize: (cols, rows) => events.onResize(cols, rows),
			onTitle: (title) => events.onTitle(title),
			onBell: () => events.onBell(),
			onLink: (url) => this.#showLink(url),
			onRemoteCopy: (text) => this.#remoteCopy(text),
		});
		this.#find = new FindBar(this.screen.terminal);
		this.#region.append(this.#find.element, this.layer.element, this.drawer.button, this.#toast, this.#link);
		this.screen.terminal.attachCustomKeyEventHandler((event) => this.#key(event));
		this.live(false);
		box.addEventListener("paste", this.#onPaste, { capture: true });
		for (const query of this.#media) query.addEventListener("change", this.#onMedia);
	}

	/** Applies a changed look. */
	restyle(look: Look, dark: boolean): void {
		this.#paint(look, dark);
		this.screen.restyle(look);
	}

	/** A terminal without a session shows no cursor. */
	live(live: boolean): void {
		this.screen.terminal.options.cursorInactiveStyle = live ? "outline" : "none";
	}

	/** Puts the focus into the open question, else into the terminal. */
	focus(): void {
		if (!this.layer.focus()) this.screen.terminal.focus();
	}

	/** Names the terminal for those who cannot see it, with the way out of it. */
	label(name: string): void {
		this.drawer.dress({ where: name });
		this.#region.setAttribute("aria-label", t("terminal.label", { where: name }));
		const input = this.screen.terminal.textarea;
		input?.setAttribute("aria-label", t("terminal.input", { where: name }));
	}

	/** Says a state to assistive technology. */
	announce(text: string): void {
		this.#status.textContent = text;
	}

	/** Shows a small note for a moment. */
	toast(text: string): void {
		this.#toast.textContent = text;
		clearTimeout(this.#toastTimer);
		this.#toastTimer = setTimeout(() => {
			this.#toast.textContent = "";
		}, toastMs);
	}

	/** A short dimming in place of a bell's sound. */
	flash(): void {
		this.#root.classList.remove("flash");
		requestAnimationFrame(() => this.#root.classList.add("flash"));
	}

	/** Pastes a text as if a person did: what is risky is shown first. */
	async paste(text: string): Promise<void> {
		if (text === "" || !this.#events.isLive()) return;
		const refusal = this.#events.pasteRefusal();
		if (refusal !== undefined) {
			this.toast(refusal);
			return;
		}
		const { terminal } = this.screen;
		const risks = pasteRisks(text, terminal.modes.bracketedPasteMode);
		try {
			const chosen =
				risks.length === 0 ? text : await this.layer.ask<string>((answering) => pasteCard(text, risks, answering));
			terminal.paste(chosen);
		} catch {
			// Declined: nothing is sent.
		}
		terminal.focus();
	}

	[Symbol.dispose](): void {
		for (const query of this.#media) query.removeEventListener("change", this.#onMedia);
		clearTimeout(this.#toastTimer);
		this.screen[Symbol.dispose]();
		this.#shadow.replaceChildren();
		this.#shadow.adoptedStyleSheets = [];
	}

	readonly #onPaste = (event: ClipboardEvent): void => {
		event.preventDefault();
		event.stopImmediatePropagation();
		void this.paste(event.clipboardData?.getData("text/plain") ?? "");
	};

	readonly #onMedia = (): void => this.#events.onMedia();

	#paint(look: Look, dark: boolean): void {
		this.#root.classList.toggle("dark", dark);
		this.drawer.dress({ dark });
		this.#root.style.setProperty("--screen", look.theme.background ?? "");
	}

	/** While a card blocks, the terminal takes neither keys nor the mouse; afterwards it has the focus back. */
	#block(box: HTMLElement, blocking: boolean): void {
		if (box.inert === blocking) return;
		const focused = this.#shadow.activeElement !== null || document.activeElement === document.body;
		box.inert = blocking;
		if (!blocking && focused) this.screen.terminal.focus();
	}

	/** False: xterm leaves the key alone. */
	#key(event: KeyboardEvent): boolean {
		if (event.key === "Tab" && (this.#tabMovesFocus || !this.#events.isLive())) return false;
		const action = keyAction(event, mac);
		if (action === undefined) return true;
		// A paste key's own effect is the paste event that we wait for.
		if (action !== "paste") event.preventDefault();
		if (event.type === "keydown") this.#act(action);
		return false;
	}

	#act(action: KeyAction): void {
		switch (action) {
			case "copy":
				void this.copy();
				return;
			case "find":
				void this.#find.open();
				return;
			case "tab-focus":
				this.#tabMovesFocus = !this.#tabMovesFocus;
				this.toast(this.#tabMovesFocus ? t("terminal.tab-moves") : t("terminal.tab-types"));
				return;
			case "font-larger":
				this.#events.onFontSize(1);
				return;
			case "font-smaller":
				this.#events.onFontSize(-1);
				return;
			case "font-reset":
				this.#events.onFontSize(0);
				return;
			default:
				return;
		}
	}

	/** Copies the selection, and says so. */
	async copy(): Promise<void> {
		const text = this.screen.terminal.getSelection();
		if (text === "") return;
		this.toast((await copyText(text)) ? t("copied") : t("copy.blocked"));
	}

	#remoteCopy(text: string): void {
		if (!this.#events.mayCopy() || this.#shadow.activeElement === null) return;
		void copyText(text).then((copied) => copied && this.toast(t("terminal.remote-copy")));
	}

	#showLink(url: string | undefined): void {
		this.#link.textContent = url === undefined ? "" : t("terminal.link", { url, key: mac ? "Cmd" : "Ctrl" });
	}
}
