import gear from "lucide-static/icons/settings.svg";
import { h, icon } from "../src/element/dom.ts";
import { defaults, type Settings } from "../src/vault/index.ts";
import type { Demo, SignIn } from "./config.ts";
import { Home } from "./home.ts";
import { confirm } from "./modal.ts";
import { type SessionRequest, SessionView } from "./sessionview.ts";
import { showSettings } from "./settingsview.ts";
import { type Shortcut, shortcutOf } from "./shortcuts.ts";
import { TabStrip } from "./tabstrip.ts";
import type { Vault } from "./vault.ts";

const name = "Wasmiko";
const mac = /Mac|iPhone|iPad/.test(navigator.platform);

/** The page: a bar with the tabs, and below it the home screen or a session. */
export class Workspace {
	readonly home: Home;
	readonly #root: HTMLElement;
	readonly #vault: Vault;
	readonly #views: SessionView[] = [];
	readonly #strip: TabStrip;
	readonly #stage: HTMLElement;
	/** Settles when the settings of this browser are in force. */
	readonly #ready: Promise<void>;
	#settings: Settings = defaults;
	#current: SessionView | undefined;
	#nextId = 1;

	/** Takes over what index.html has in root; the vault may still be opening. */
	constructor(root: HTMLElement, vault: Vault) {
		const [bar, stage] = [root.querySelector("header"), root.querySelector("main")];
		const home = root.querySelector<HTMLElement>("#home");
		if (bar === null || stage === null || home === null) throw new Error("index.html has not what the page is made of");
		this.#root = root;
		this.#stage = stage;
		this.#vault = vault;
		this.home = new Home(home, {
			onConnect: (target, identity, keyId) => {
				if (keyId !== undefined) void this.#vault.keys.used(keyId);
				void this.open({ target, identity, keyId });
			},
			onDemo: (demo, question) => void this.#openDemo(demo, question),
			onBoard: () => void this.#openBoard(),
			onForget: (recent) => void this.#vault.recents.remove(recent).then(() => this.refresh()),
			onKeys: () => void this.#showKeys(),
			onKeep: (text, keyName) => void this.#keep(text, keyName),
		});
		this.#strip = new TabStrip({
			onSelect: (id) => this.#select(this.#views.find((view) => view.id === id)),
			onClose: (id) =>
				void this.#close(
					this.#views.find((view) => view.id === id),
					true,
				),
			onNew: () => this.#select(undefined),
		});
		this.#build(bar);
		this.#listen();
		this.#paint();
		this.#draw();
		// A vault that cannot be read leaves the defaults in force.
		this.#ready = this.reload().catch(() => {});
	}

	/** Shows who is signed in to the gateway, and sees to it that they can do so again. */
	async welcome(signIn: SignIn): Promise<void> {
		// Few gateways have users: fetched where one has.
		const { userPlate, askToSignIn } = await import("./user.ts");
		this.#root
			.querySelector("header .space")
			?.after(userPlate(signIn, () => this.#views.some((view) => view.live || view.loss !== undefined)));
		this.#root.addEventListener("ssh-error", (event) => {
			if ((event as CustomEvent<{ code: string }>).detail.code === "relay/sign-in") askToSignIn();
		});
	}

	/** Opens a session in a new tab. */
	async open(request: SessionRequest): Promise<void> {
		// The terminal comes only when it is needed: the form must be there at once.
		await Promise.all([import("../src/element/index.ts"), this.#ready]);
		const view: SessionView = new SessionView(String(this.#nextId++), request, this.#vault, this.#settings, {
			onChange: () => void this.refresh(),
			onClose: () => void this.#close(view, false),
			onSettings: (some) => void this.#change(some),
		});
		this.#views.push(view);
		this.#stage.append(view.element);
		this.#select(view);
		view.connect();
	}

	/** Shows what has changed, here or in another tab of the browser. */
	async refresh(): Promise<void> {
		this.#draw();
		this.home.offerKeys(await this.#vault.keys.list());
		this.home.list(await this.#vault.recents.list());
	}

	/** Reads the settings again: another tab may have changed them. */
	async reload(): Promise<void> {
		this.#settings = await this.#vault.settings.read();
		this.#paint();
		await this.refresh();
	}

	#build(bar: HTMLElement): void {
		const logo = h(
			"button",
			{ type: "button", class: "logo", "aria-label": `${name}, home`, onclick: () => this.#select(undefined) },
			h("img", { src: "logo.svg", alt: "", width: 26, height: 26 }),
			h("span", {}, name),
		);
		const settings = h(
			"button",
			{
				type: "button",
				class: "icon-button",
				"aria-label": "Settings",
				title: "Settings",
				onclick: () => void this.#showSettings(),
			},
			icon(gear),
		);
		bar.replaceChildren(logo, this.#strip.element, h("span", { class: "space" }), settings);
	}

	async #showKeys(): Promise<void> {
		// Few visits need it: fetched when it is asked for.
		const { showKeys } = await import("./keysview.ts");
		showKeys(
			this.#vault,
			(key) => this.home.choose(key),
			() => void this.refresh(),
		);
	}

	async #keep(text: string, keyName: string): Promise<void> {
		const { keepKey } = await import("./keysview.ts");
		const key = await keepKey(this.#vault.keys, text, keyName);
		await this.refresh();
		if (key !== undefined) this.home.choose(key);
	}

	#listen(): void {
		window.addEventListener("keydown", (event) => this.#key(event), { capture: true });
		window.addEventListener("beforeunload", (event) => {
			if (this.#views.some((view) => view.live || view.loss !== undefined)) event.preventDefault();
		});
	}

	async #openBoard(): Promise<void> {
		const { openBoard } = await import("./board.ts");
		await openBoard((request) => this.open(request));
	}

	async #openDemo(demo: Demo, question: boolean): Promise<void> {
		const { host, port, username } = demo;
		await this.open({ target: { host, port, username, notes: [] }, demo: { demo, question } });
	}

	#select(view: SessionView | undefined): void {
		this.#current = view;
		this.#draw();
		if (view === undefined) this.home.focus();
		else view.focus();
	}

	async #close(view: SessionView | undefined, ask: boolean): Promise<void> {
		if (view === undefined) return;
		if (
			ask &&
			(view.live || view.loss !== undefined) &&
			!(await confirm(
				`Close the session on ${view.where}?`,
				[view.loss, view.live ? "Programs that were started without tmux or screen will end." : ""].join(" ").trim(),
				"Close session",
			))
		) {
			view.focus();
			return;
		}
		const at = this.#views.indexOf(view);
		if (at < 0) return;
		this.#views.splice(at, 1);
		view.close();
		if (this.#current === view) this.#select(this.#views[at] ?? this.#views[at - 1]);
		else this.#draw();
	}

	#draw(): void {
		for (const view of this.#views) view.shown = view === this.#current;
		this.home.element.hidden = this.#current !== undefined;
		this.#strip.draw(
			this.#views.map(({ id, title, state, stateText }) => ({ id, title, state, stateText })),
			this.#current?.id ?? "",
		);
		this.#root.classList.toggle("in-session", this.#current !== undefined);
		document.title = this.#current === undefined ? name : `${this.#current.title} – ${name}`;
	}

	async #showSettings(): Promise<void> {
		await this.#ready;
		showSettings(this.#settings, this.#vault.lasting, (some) => void this.#change(some));
	}

	async #change(some: Partial<Settings>): Promise<void> {
		// Now, not when the write ends: by then a newer change may have come, and what was stored would undo it.
		this.#settings = { ...this.#settings, ...some };
		this.#paint();
		await this.#vault.settings.change(some);
	}

	#paint(): void {
		document.documentElement.dataset.theme = this.#settings.theme;
		for (const view of this.#views) view.restyle(this.#settings);
	}

	#key(event: KeyboardEvent): void {
		const shortcut = shortcutOf(event, mac);
		if (shortcut === undefined || document.querySelector("dialog[open]") !== null) return;
		// In a text field of the page, these keys select text.
		const typing = event.composedPath()[0] instanceof HTMLInputElement;
		if (typing && (shortcut.action === "next" || shortcut.action === "previous")) return;
		event.preventDefault();
		event.stopImmediatePropagation();
		if (!event.repeat) this.#act(shortcut);
	}

	#act(shortcut: Shortcut): void {
		const at = this.#current === undefined ? -1 : this.#views.indexOf(this.#current);
		switch (shortcut.action) {
			case "new":
				this.#select(undefined);
				return;
			case "close":
				void this.#close(this.#current, true);
				return;
			case "info":
				void this.#current?.info();
				return;
			case "files":
				void this.#current?.toggleFiles();
				return;
			case "select":
				if (this.#views[shortcut.index] !== undefined) this.#select(this.#views[shortcut.index]);
				return;
			default:
				if (this.#views.length > 0)
					this.#select(this.#views.at((at + (shortcut.action === "next" ? 1 : -1)) % this.#views.length));
		}
	}
}
