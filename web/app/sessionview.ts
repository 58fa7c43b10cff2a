import type { ConnectionInfo, Duplex, HostKeyUpdate } from "../src/client/index.ts";
import { h } from "../src/element/dom.ts";
import type { Identity, SSHTerminal, TerminalOptions, TerminalState } from "../src/element/index.ts";
import { formatCount } from "../src/element/words/words.ts";
import type { Settings, StoredKey } from "../src/vault/index.ts";
import type { Demo } from "./config.ts";
import { FilesPane } from "./filespane.ts";
import { confirmHostKeys } from "./hostkeys.ts";
import { identityOf } from "./identity.ts";
import { showInfo } from "./info.ts";
import { Log } from "./log.ts";
import { Poll } from "./poll.ts";
import { StatusBar } from "./statusbar.ts";
import { formatJump, formatTarget, type Target } from "./target.ts";
import type { Vault } from "./vault.ts";

/** What a session is opened for. */
export interface SessionRequest {
	readonly target: Target;
	readonly identity?: Identity | undefined;
	/** Names the identity if this browser keeps it. */
	readonly keyId?: string | undefined;
	/** The target is the gateway's demo; with `question` its key is asked about. */
	readonly demo?: { readonly demo: Demo; readonly question: boolean } | undefined;
	/** A stream of the page's own in place of the gateway. */
	readonly relay?: (() => Duplex) | undefined;
	/** Called when the session's tab is closed. */
	onClosed?(): void;
}

/** What a session's view reports. */
export interface SessionEvents {
	onChange(): void;
	onClose(): void;
	onSettings(some: Partial<Settings>): void;
}

/** Joins the tmux session of that name or begins it; without tmux it is the login shell. Every shell there is reads this alike. */
const inTmux = `exec sh -c 'command -v tmux >/dev/null && exec tmux new -A -s wasmiko; exec "\${SHELL:-/bin/sh}" -l'`;

/** How often the status bar asks for its figures. */
const pollMs = 2000;

/** A tab's content: the terminal and the line below it. */
export class SessionView {
	readonly element: HTMLElement;
	readonly id: string;
	readonly #request: SessionRequest;
	readonly #vault: Vault;
	readonly #events: SessionEvents;
	readonly #terminal: SSHTerminal;
	readonly #bar: StatusBar;
	readonly #files: FilesPane;
	#lendable: readonly StoredKey[] = [];
	#settings: Settings;
	readonly #log = new Log();
	#legacy = false;
	#remoteTitle = "";
	readonly #poll = new Poll(pollMs, () => void this.#refresh());

	constructor(id: string, request: SessionRequest, vault: Vault, settings: Settings, events: SessionEvents) {
		this.id = id;
		this.#request = request;
		this.#vault = vault;
		this.#settings = settings;
		this.#events = events;
		this.#terminal = document.createElement("ssh-terminal");
		this.#bar = new StatusBar({ onFiles: () => this.toggleFiles(), onInfo: () => void this.info() });
		this.#files = new FilesPane(this.#terminal, {
			onChange: () => this.#bar.files(this.#files.open, this.#files.note),
			onClose: () => this.#terminal.focus(),
			onSettings: (some) => events.onSettings(some),
		});
		this.element = h(
			"div",
			{ class: "session", role: "tabpanel", id: `panel-${id}`, "aria-labelledby": `tab-${id}` },
			this.#files.element,
			this.#bar.element,
		);
		this.#listen();
		this.restyle(settings);
	}

	/** What the tab is called: the host, and what the program there calls itself. */
	get title(): string {
		const host = this.#request.demo === undefined ? this.#request.target.host : "demo";
		return this.#remoteTitle === "" ? host : `${host} · ${this.#remoteTitle}`;
	}

	/** The server, as the connect field writes it. */
	get where(): string {
		return formatTarget(this.#request.target);
	}

	get state(): TerminalState {
		return this.#terminal.state;
	}

	get stateText(): string {
		return this.#terminal.statusText;
	}

	/** Whether closing would end something. */
	get live(): boolean {
		return this.state === "ready" || this.state === "reconnecting";
	}

	/** What closing would break off or lose, in words; undefined: nothing. */
	get loss(): string | undefined {
		const { busy, dirty } = this.#files;
		const transfers = busy === 1 ? "A transfer is running." : `${formatCount(busy)} transfers are running.`;
		const text = [busy > 0 ? transfers : "", dirty ? "An edited file is not saved." : ""].join(" ").trim();
		return text === "" ? undefined : text;
	}

	/** Whether its tab is the one in front. One behind costs no timer and draws nothing. */
	get shown(): boolean {
		return !this.element.hidden;
	}

	set shown(shown: boolean) {
		this.element.hidden = !shown;
		this.#poll.on = this.live && shown;
	}

	/** Shows the files beside the terminal, or hides them. */
	toggleFiles(): void {
		this.#files.toggle();
	}

	/** Connects; the element shows how it goes. */
	connect(): void {
		void this.#connect().catch(() => {});
	}

	focus(): void {
		this.#terminal.fit();
		this.#terminal.focus();
	}

	/** Applies changed settings. */
	restyle(settings: Settings): void {
		this.#settings = settings;
		this.#terminal.setAttribute("theme", settings.theme);
		this.#files.restyle(settings);
		this.#terminal.setAttribute("font-size", String(settings.fontSize));
		this.#terminal.options = this.#options();
	}

	/** Ends the session; the view must not be used again. */
	close(): void {
		this.#poll.on = false;
		this.#terminal.disconnect();
		this.element.remove();
		this.#request.onClosed?.();
	}

	/** Shows all that is known of the connection. */
	async info(): Promise<void> {
		const { client } = this.#terminal;
		if (client === undefined) return;
		const facts = await client.refreshInfo().catch(() => undefined);
		if (facts === undefined) return;
		const key = this.#hostKey();
		const { clipboardHosts, agentHosts } = this.#settings;
		showInfo(this.where, facts, this.#log, {
			clipboard: clipboardHosts.includes(key),
			onClipboard: (allowed) => this.#events.onSettings({ clipboardHosts: listed(clipboardHosts, key, allowed) }),
			agent: agentHosts.includes(key),
			onAgent: (allowed) => this.#events.onSettings({ agentHosts: listed(agentHosts, key, allowed) }),
		});
	}

	async #connect(): Promise<void> {
		this.#lendable = await this.#vault.keys.list();
		this.#legacy = await this.#vault.legacy.allows(this.#request.target.host, this.#request.target.port);
		this.#terminal.options = this.#options();
		await this.#terminal.connect();
	}

	#options(): TerminalOptions {
		const { target, identity, demo } = this.#request;
		const { jump = [] } = target;
		return {
			relay: this.#request.relay ?? new URL("relay", document.baseURI),
			jump: jump.map((hop) => ({ ...hop, username: hop.username || target.username })),
			...(target.hostKeyAlias !== undefined && { hostKeyAlias: target.hostKeyAlias }),
			offerLegacy: demo === undefined,
			...(this.#legacy && { algorithms: "legacy" as const }),
			onTrace: (line) => this.#log.add(line),
			host: target.host,
			port: target.port,
			username: target.username,
			scrollback: this.#settings.scrollback,
			renderer: this.#settings.renderer,
			bell: this.#settings.bell,
			onLost: this.#settings.onLost,
			...(this.#settings.shell === "tmux" && { command: inTmux }),
			remoteClipboard: this.#settings.clipboardHosts.includes(this.#hostKey()),
			...(identity !== undefined && { keys: [identity] }),
			...(this.#settings.agentHosts.includes(this.#hostKey()) && { lendKeys: this.#lendable.map(identityOf) }),
			...(target.fingerprint !== undefined && { promisedFingerprint: target.fingerprint }),
			// The demo's key lives as long as the gateway runs: to save it would raise the alarm at the next start.
			...(demo === undefined ? { knownHosts: this.#vault.hosts } : { password: demo.demo.password }),
			...(demo !== undefined && !demo.question && { hostKey: { pin: demo.demo.fingerprint } }),
		};
	}

	#hostKey(): string {
		return `${this.#request.target.host}:${this.#request.target.port}`;
	}

	#listen(): void {
		const terminal = this.#terminal;
		terminal.addEventListener("ssh-state", () => this.#changed());
		terminal.addEventListener("ssh-ready", () => void this.#begun());
		terminal.addEventListener("ssh-hostkeys", (event) => {
			this.#newHostKeys((event as CustomEvent<HostKeyUpdate>).detail);
		});
		terminal.addEventListener("ssh-legacy", () => void this.#allowLegacy());
		terminal.addEventListener("ssh-close", () => this.#events.onClose());
		terminal.addEventListener("ssh-title", (event) => {
			this.#remoteTitle = (event as CustomEvent<{ title: string }>).detail.title;
			this.#events.onChange();
		});
		terminal.addEventListener("ssh-font-size", (event) => {
			this.#events.onSettings({ fontSize: (event as CustomEvent<{ size: number }>).detail.size });
		});
	}

	#changed(): void {
		this.#bar.state(this.state, this.stateText);
		this.#files.client = this.#terminal.client;
		this.#poll.on = this.live && this.shown;
		if (!this.live) this.#bar.hostKeys(undefined);
		if (!this.live) this.#remoteTitle = "";
		this.#events.onChange();
	}

	async #allowLegacy(): Promise<void> {
		const { host, port } = this.#request.target;
		await this.#vault.legacy.allow(host, port);
		this.connect();
	}

	/** New keys of the server are saved only if the person wants it, who is not kept from work by the question. */
	#newHostKeys(update: HostKeyUpdate): void {
		const ask = async () => {
			if (!(await confirmHostKeys(this.where, update))) return;
			await update.accept();
			this.#bar.hostKeys(undefined);
		};
		if (update.added.length > 0) this.#bar.hostKeys(() => void ask());
	}

	async #begun(): Promise<void> {
		const facts = await this.#refresh();
		if (this.#request.demo !== undefined) return;
		const { host, port, username } = this.#request.target;
		const { keyId, target } = this.#request;
		const jump = formatJump(target.jump ?? []);
		await this.#vault.recents.add({
			...{ host, port, username },
			...(keyId !== undefined && { keyId }),
			...(jump !== "" && { jump }),
		});
		if (facts !== undefined) await this.#vault.hosts.usedBy(host, port, facts.hostKeyType);
		this.#events.onChange();
	}

	async #refresh(): Promise<ConnectionInfo | undefined> {
		const facts = await this.#terminal.client?.refreshInfo().catch(() => undefined);
		if (facts !== undefined && this.live) this.#bar.facts(facts);
		return facts;
	}
}

/** A list with a host on it, or without. */
function listed(hosts: readonly string[], host: string, on: boolean): readonly string[] {
	const others = hosts.filter((each) => each !== host);
	return on ? [...others, host] : others;
}
