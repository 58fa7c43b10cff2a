import type { Terminal } from "@xterm/xterm";
import type { HostKeyError, SSHClient } from "../client/index.ts";
import { Absence } from "./absence.ts";
import { Approach, shellOf } from "./approach.ts";
import { darkOf, fontSizeOf, fontSizes, lookOf, targetOf, whereOf } from "./attributes.ts";
import { news } from "./events.ts";
import { isAlarming, showFailure } from "./failures.ts";
import { cancelled } from "./layer.ts";
import { Leaving } from "./leaving.ts";
import { endedBar, lostBar, type NoticeActions, ProgressCard, problemCard } from "./notices.ts";
import type { TerminalOptions } from "./options.ts";
import { reasonOf } from "./passwords.ts";
import { describeProblem, type Problem } from "./problems.ts";
import { Questions } from "./questions.ts";
import { Session, type SessionEnd } from "./session.ts";
import { busyStates, describeState, liveStates, stateOf, type TerminalState } from "./state.ts";
import { showable } from "./untrusted.ts";
import { View } from "./view.ts";
import { t } from "./words/words.ts";

/**
 * `<ssh-terminal>`: a terminal with an SSH session. Attributes name the
 * server and the look and hold no secret; `options` holds the rest.
 *
 * Attributes: `relay`, `host`, `port`, `username`, `ticket`, `fingerprint` (the host key, and no other is taken),
 * `locked-host` (whatever options and tickets say, it is this host or none), `autoconnect`, `reconnect` (logs in
 * anew, with the answers in memory, where a lost session cannot be resumed), `readonly` (shows and sends nothing),
 * `files` (offers the files of the server), `theme` ("auto", "light", "dark") and `font-size`.
 *
 * Events, all bubbling, are those of {@link TerminalEventMap} and the questions of {@link PromptEventMap}.
 */
export class SSHTerminal extends HTMLElement {
	/** With `style` and `class`, from which custom properties may come: what draws on a canvas has to look for them. */
	static readonly observedAttributes = ["theme", "font-size", "readonly", "files", "style", "class"];

	readonly #shadow = this.attachShadow({ mode: "open" });
	readonly #approach = new Approach(this, {
		onChoice: (target, ticket) => {
			if (ticket !== undefined) this.#options = { ...this.#options, ticket };
			this.#view?.label(whereOf(target));
		},
	});
	#options: TerminalOptions = {};
	#state: TerminalState = "idle";
	#view: View | undefined;
	#questions: Questions | undefined;
	#session: Session | undefined;
	#absence: Absence | undefined;
	#leaving: Leaving | undefined;
	#progress: ProgressCard | undefined;
	#ready: PromiseWithResolvers<SSHClient> | undefined;

	/** What attributes do not say. Takes effect with the next connect, looks at once. */
	get options(): TerminalOptions {
		return this.#options;
	}

	set options(options: TerminalOptions) {
		this.#options = options;
		this.#restyle();
	}

	/** The connection while there is one. */
	get client(): SSHClient | undefined {
		return liveStates.has(this.#state) ? this.#session?.client : undefined;
	}

	/** The xterm.js instance while the element is in a document. */
	get terminal(): Terminal | undefined {
		return this.#view?.screen.terminal;
	}

	/** How far the session is. Also in the attribute `data-state`. */
	get state(): TerminalState {
		return this.#state;
	}

	/** The session in one line, for people. */
	get statusText(): string {
		return describeState(this.#state, this.#where());
	}

	connectedCallback(): void {
		if (this.#view !== undefined) return;
		this.#view = new View(this.#shadow, lookOf(this, this.#options), darkOf(this), {
			onInput: (bytes) => (this.#absence?.away === true ? this.#absence.type(bytes) : this.#session?.send(bytes)),
			onResize: (cols, rows) => this.#session?.resize(cols, rows),
			onTitle: (title) => this.dispatchEvent(news("ssh-title", { title })),
			onBell: () => this.#bell(),
			onMedia: () => this.#restyle(),
			onFontSize: (change) => this.#changeFontSize(change),
			mayCopy: () => this.#options.remoteClipboard === true,
			isLive: () => liveStates.has(this.#state) && !this.hasAttribute("readonly"),
			pasteRefusal: () => (this.#absence?.away === true ? t("terminal.paste-later") : undefined),
		});
		this.#questions = new Questions(this, this.#view.layer);
		this.#view.drawer.dress({ offered: this.hasAttribute("files") });
		this.#view.label(this.#where());
		if (this.hasAttribute("autoconnect")) void this.connect().catch(() => {});
	}

	/** Being moved within the document is a removal and an insertion in one task: only what stays out is over. */
	disconnectedCallback(): void {
		queueMicrotask(() => {
			if (!this.isConnected) this.#tearDown();
		});
	}

	/** With moveBefore nothing is to be done at all. */
	connectedMoveCallback(): void {}

	attributeChangedCallback(): void {
		this.#view?.drawer.dress({ offered: this.hasAttribute("files") });
		this.#restyle();
	}

	/** Connects as attributes and options say. Resolves when the shell runs; rejects with an SSHError, or an AbortError if declined. */
	connect(options?: TerminalOptions): Promise<SSHClient> {
		if (options !== undefined) this.#options = { ...this.#options, ...options };
		const view = this.#view;
		const questions = this.#questions;
		if (view === undefined || questions === undefined)
			return Promise.reject(new DOMException("the element is not in a document", "InvalidStateError"));
		this.#session?.close();
		view.layer.dismiss();
		view.layer.clear();
		this.#ready = Promise.withResolvers<SSHClient>();
		this.#ready.promise.catch(() => {});
		const { promise } = this.#ready;
		const session: Session = new Session(shellOf(this.#options, view.screen.terminal, questions), {
			onProgress: (step) => {
				this.#setState(stateOf(step.step) ?? this.#state);
				this.#progress?.advance(step);
			},
			onBanner: (text) => {
				this.#progress?.banner(text);
				view.screen.print(showable(text));
			},
			onHostKeys: (update) => this.dispatchEvent(news("ssh-hostkeys", update)),
			onReady: (client) => this.#begin(client, session),
			onOutput: (chunk, consumed) => view.screen.terminal.write(chunk, consumed),
			onEnd: (end) => {
				if (this.#session === session) void this.#finish(end, session);
			},
		});
		this.#session = session;
		this.#restyle();
		view.label(this.#where());
		this.#progress = new ProgressCard(this.#where(), () => {
			this.disconnect();
			view.layer.show(problemCard(this.#describe(cancelled()), this.#actions()));
		});
		view.layer.show(this.#progress);
		this.#setState("connecting");
		void session.run(this.#approach.connectOptions(this.#options, questions, session.signal));
		return promise;
	}

	/** Ends the session; what is on the screen stays. */
	disconnect(): void {
		this.#session?.close();
	}

	/** Forgets every answer that was kept for reconnecting. */
	forget(): void {
		this.#questions?.forget();
	}

	/** Puts the focus into the open question, else into the terminal. */
	override focus(): void {
		this.#view?.focus();
	}

	/**
	 * Fits the terminal to its box, and takes custom properties that have changed above it. It does so by itself when
	 * the box, or the element's own style or class changes.
	 */
	fit(): void {
		this.#restyle();
		this.#view?.screen.fit();
	}

	/** Shows bytes or text on the screen, as if the server had sent them. */
	write(data: string | Uint8Array): void {
		this.terminal?.write(data);
	}

	/** Sends text to the program, as if typed. */
	sendText(text: string): void {
		if (!this.hasAttribute("readonly")) this.#session?.send(new TextEncoder().encode(text));
	}

	/** Shows the files of the server beside the terminal. */
	openFiles(): void {
		this.#view?.drawer.open();
	}

	/** The screen and the lines above it, with the escape sequences that draw it again: for `write` of another one. */
	async serialize(): Promise<string> {
		return (await this.#view?.screen.serialize()) ?? "";
	}

	/** The selected text. */
	getSelection(): string {
		return this.terminal?.getSelection() ?? "";
	}

	#begin(client: SSHClient, session: Session): void {
		const view = this.#view;
		view?.layer.clear(this.#progress);
		this.#progress = undefined;
		view?.screen.enter();
		if (view !== undefined) view.drawer.client = client;
		if (view !== undefined) {
			this.#absence = new Absence(this.#where(), view.layer, client, {
				onAway: (away) => this.#setState(away ? "reconnecting" : "ready"),
				send: (bytes) => session.send(bytes),
				giveUp: () => session.giveUp(),
				toast: (text) => view.toast(text),
			});
			this.#leaving = new Leaving(view.layer, client, () => view.focus());
		}
		this.#setState("ready");
		this.dispatchEvent(news("ssh-ready", { client }));
		this.#ready?.resolve(client);
	}

	async #finish(end: SessionEnd, session: Session): Promise<void> {
		const absence = this.#absence;
		this.#absence = undefined;
		absence?.[Symbol.dispose]();
		this.#leaving?.[Symbol.dispose]();
		this.#leaving = undefined;
		this.#view?.layer.dismiss();
		this.#view?.layer.clear();
		this.#progress = undefined;
		if (liveStates.has(this.#state)) this.#view?.screen.leave();
		if (this.#view !== undefined) this.#view.drawer.client = undefined;
		switch (end.kind) {
			case "closed":
				this.#setState("idle");
				this.#ready?.reject(new DOMException("the session was closed", "AbortError"));
				return;
			case "exit":
				this.#setState("ended");
				this.#view?.layer.show(endedBar(end.exit, this.#actions()));
				this.dispatchEvent(news("ssh-exit", end.exit));
				return;
			default:
				await this.#fail(reasonOf(end.error), end.kind, session, absence);
		}
	}

	async #fail(error: unknown, kind: "lost" | "failed", session: Session, absence?: Absence): Promise<void> {
		const problem = absence?.explain(error, this.#describe(error)) ?? this.#describe(error);
		this.#setState(kind);
		this.#ready?.reject(error);
		this.dispatchEvent(news("ssh-error", { code: problem.code, message: problem.title, hint: problem.todo, error }));
		const view = this.#view;
		if (view === undefined) return;
		if (kind === "lost" && this.#logsInAgain && absence?.mayLogIn(error) === true) void this.connect().catch(() => {});
		else if (kind === "lost") view.layer.show(lostBar(this.#where(), problem, this.#actions()));
		else if (isAlarming(error)) await this.#alarm(error, session);
		else {
			const allow = this.#options.offerLegacy ? () => this.dispatchEvent(news("ssh-legacy", {})) : undefined;
			showFailure(view.layer, { where: this.#where(), problem, error, actions: this.#actions(), allow });
		}
	}

	async #alarm(error: HostKeyError, session: Session): Promise<void> {
		const replaced = await this.#questions?.changedKey(error, this.#options.knownHosts);
		if (this.#session !== session) return;
		if (replaced === true) void this.connect().catch(() => {});
		else this.#actions().close();
	}

	get #logsInAgain(): boolean {
		return (this.#options.onLost ?? (this.hasAttribute("reconnect") ? "login" : "ask")) === "login";
	}

	#describe(error: unknown): Problem {
		return describeProblem(error, { target: this.#where(), keys: (this.#options.keys ?? []).map((key) => key.name) });
	}

	#actions(): NoticeActions {
		return {
			reconnect: () => void this.connect().catch(() => {}),
			close: () => {
				this.#view?.layer.clear();
				this.dispatchEvent(news("ssh-close", {}));
			},
		};
	}

	#setState(state: TerminalState): void {
		if (state === this.#state) return;
		this.#state = state;
		this.dataset.state = state;
		this.#view?.live(liveStates.has(state));
		this.#view?.announce(this.statusText);
		this.dispatchEvent(news("ssh-state", { state, text: this.statusText, busy: busyStates.has(state) }));
	}

	#where(): string {
		return whereOf(targetOf(this, this.#options));
	}

	#changeFontSize(change: -1 | 0 | 1): void {
		this.setAttribute("font-size", String(change === 0 ? fontSizes.usual : fontSizeOf(this) + change));
		this.dispatchEvent(news("ssh-font-size", { size: fontSizeOf(this) }));
	}

	#bell(): void {
		if ((this.#options.bell ?? "visual") === "visual") this.#view?.flash();
		this.dispatchEvent(news("ssh-bell", {}));
	}

	readonly #restyle = (): void => {
		this.#view?.restyle(lookOf(this, this.#options), darkOf(this));
	};

	#tearDown(): void {
		this.#session?.close();
		this.#session = undefined;
		this.#view?.layer.dismiss();
		this.#questions?.forget();
		this.#questions = undefined;
		this.#view?.[Symbol.dispose]();
		this.#view = undefined;
	}
}
