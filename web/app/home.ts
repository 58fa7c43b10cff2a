import play from "lucide-static/icons/play.svg";
import trash from "lucide-static/icons/x.svg";
import { h, icon, newId } from "../src/element/dom.ts";
import type { Identity } from "../src/element/index.ts";
import type { RecentHost, StoredKey } from "../src/vault/index.ts";
import type { Demo } from "./config.ts";
import { formatWhen } from "./format.ts";
import { IdentityPicker } from "./identity.ts";
import type { LinkTarget } from "./link.ts";
import { formatTarget, parseTarget, type Target, TargetError } from "./target.ts";

/** What index.html has. */
function find<E extends HTMLElement>(within: HTMLElement, selector: string): E {
	const element = within.querySelector<E>(selector);
	if (element === null) throw new Error(`index.html has no ${selector}`);
	return element;
}

/** What the home screen leads to. */
export interface HomeEvents {
	/** `keyId` names the key if this browser keeps it. */
	onConnect(target: Target, identity: Identity | undefined, keyId: string | undefined): void;
	/** With `question`, the demo's key is asked about as a stranger's would be. */
	onDemo(demo: Demo, question: boolean): void;
	/** The demo within this page, without any gateway. */
	onBoard(): void;
	onForget(recent: RecentHost): void;
	/** To see the keys of this browser. */
	onKeys(): void;
	/** To keep the text of a key for good. */
	onKeep(text: string, name: string): void;
}

/**
 * The screen with the one field that names a server. The form itself stands in index.html, so that it takes input
 * before any script has come; nothing here moves it, which would end the typing.
 */
export class Home {
	readonly element: HTMLElement;
	readonly #events: HomeEvents;
	readonly #field: HTMLInputElement;
	readonly #user: HTMLInputElement;
	readonly #userRow: HTMLElement;
	readonly #problem: HTMLElement;
	readonly #notes: HTMLElement;
	readonly #form: HTMLFormElement;
	readonly #identity: IdentityPicker;
	readonly #link = h("div", {});
	#submitting = false;
	readonly #demo = h("div", {});
	readonly #recent = h("section", { class: "recent", hidden: true });

	constructor(element: HTMLElement, events: HomeEvents) {
		this.element = element;
		this.#events = events;
		this.#identity = new IdentityPicker(events);
		this.#form = find(element, "form");
		this.#field = find(element, "#target");
		this.#userRow = find(element, ".user-row");
		this.#user = find(element, "#user");
		this.#problem = find(element, "#problem");
		this.#notes = find(element, ".notes");
		this.#form.append(this.#identity.element);
		this.#form.before(this.#link);
		this.#form.after(this.#demo, this.#recent);
		this.#field.addEventListener("input", () => this.#edited());
		this.#form.addEventListener("submit", (event) => {
			event.preventDefault();
			void this.#submit();
		});
		// Whatever was typed by now.
		if (this.#field.value !== "") this.#edited();
	}

	/** Puts the focus into the field. */
	focus(): void {
		this.#field.focus();
		this.#field.select();
	}

	/**
	 * As the page opens: puts the link into the field and the focus too, unless somebody types there already. What they
	 * submitted by now is carried out.
	 */
	greet(link: LinkTarget | undefined): void {
		const kept = this.#form.ariaBusy === "true";
		this.#form.removeAttribute("aria-busy");
		if (kept) void this.#submit();
		if (this.#field.value !== "") return;
		if (link !== undefined) this.fill(link);
		// On a phone the focus would raise the keyboard over half of what there is to see.
		if (window.matchMedia("(pointer: fine)").matches) this.focus();
		else this.#field.blur();
	}

	/** Fills in what a link named, and says so: who follows a link has not chosen its target. */
	fill(link: LinkTarget): void {
		this.#field.value = link.text;
		let host = link.text;
		try {
			host = parseTarget(link.text).host;
			this.#link.replaceChildren(
				h(
					"p",
					{ class: "banner" },
					"A link filled this in. Check that you want to connect to ",
					h("strong", {}, host),
					".",
				),
			);
		} catch (error) {
			if (error instanceof TargetError && error.code === "password") this.#field.value = "";
			this.#show(error);
		}
		this.#say(link.notes);
	}

	/** Offers the demo server within the page, where the gateway has none. */
	offerBoard(): void {
		const open = h(
			"button",
			{ type: "button", class: "button soft", onclick: () => this.#events.onBoard() },
			icon(play),
			"Open it",
		);
		this.#demo.replaceChildren(
			h(
				"section",
				{ class: "demo", "aria-label": "Demo" },
				h(
					"div",
					{},
					h("h2", {}, "Try it without a server"),
					h("p", {}, "A small bulletin board can run in this very page, with files and a shell of its own."),
				),
				h("div", { class: "demo-actions" }, open),
			),
		);
	}

	/** Offers the gateway's demo server. */
	offer(demo: Demo): void {
		const where = `${demo.username}@${demo.host}:${demo.port}`;
		this.#demo.replaceChildren(
			h(
				"section",
				{ class: "demo", "aria-label": "Demo" },
				h(
					"div",
					{},
					h("h2", {}, "Try the demo"),
					h("p", {}, "A small bulletin board runs beside the gateway, as ", h("code", {}, where), "."),
				),
				h(
					"div",
					{ class: "demo-actions" },
					h(
						"button",
						{ type: "button", class: "button soft", onclick: () => this.#events.onDemo(demo, false) },
						icon(play),
						"Open the demo",
					),
					h(
						"button",
						{ type: "button", class: "text-button", onclick: () => this.#events.onDemo(demo, true) },
						"See the first-connection question",
					),
					h(
						"button",
						{ type: "button", class: "text-button", onclick: () => this.#events.onBoard() },
						"Run it in this page, without a server",
					),
				),
			),
		);
	}

	/** Offers the keys of this browser. */
	offerKeys(keys: readonly StoredKey[]): void {
		this.#identity.offer(keys);
	}

	/** Chooses a key to log in with. */
	choose(key: StoredKey): void {
		this.#identity.choose(key);
		this.focus();
	}

	/** Lists the servers of before. */
	list(recents: readonly RecentHost[]): void {
		this.#recent.hidden = recents.length === 0;
		const rows = recents.map((recent) => this.#row(recent));
		const title = newId("recent");
		this.#recent.setAttribute("aria-labelledby", title);
		this.#recent.replaceChildren(h("h2", { id: title }, "Recent"), h("ul", {}, ...rows));
	}

	#row(recent: RecentHost): HTMLElement {
		const text = formatTarget(recent);
		const key = this.#identity.stored(recent.keyId);
		const how = key === undefined ? "" : `, with ${key.name}`;
		const connect = h(
			"button",
			{ type: "button", class: "recent-main", title: `Connect to ${text}` },
			h("span", { class: "recent-name" }, text),
			h("span", { class: "quiet" }, `${recent.last === 0 ? "imported" : formatWhen(recent.last, Date.now())}${how}`),
		);
		connect.addEventListener("click", () => {
			this.#field.value = text;
			this.#edited();
			if (key !== undefined && this.#identity.identity === undefined) this.#identity.choose(key);
			void this.#submit();
		});
		const remove = h(
			"button",
			{
				type: "button",
				class: "icon-button",
				"aria-label": `Forget ${text}`,
				title: "Forget",
				onclick: () => this.#events.onForget(recent),
			},
			icon(trash),
		);
		return h("li", {}, connect, remove);
	}

	#edited(): void {
		this.#problem.textContent = "";
		this.#field.removeAttribute("aria-invalid");
		this.#link.replaceChildren();
		this.#userRow.hidden = true;
		try {
			const target = parseTarget(this.#field.value);
			this.#say(target.notes);
			this.#identity.suggest(target.keyFile);
		} catch {
			// While typing, half a name is no mistake.
			this.#say([]);
			this.#identity.suggest(undefined);
		}
	}

	#say(notes: readonly string[]): void {
		this.#notes.replaceChildren(...notes.map((note) => h("p", {}, note)));
	}

	/** Without the key that was chosen, what follows would be another question than the person expects. */
	async #submit(): Promise<void> {
		if (this.#submitting) return;
		this.#submitting = true;
		const settled = await this.#identity.settled();
		this.#submitting = false;
		if (settled) this.#connect();
	}

	#connect(): void {
		try {
			const target = this.#named(parseTarget(this.#field.value));
			if (target === undefined) return;
			this.#problem.textContent = "";
			this.#events.onConnect(target, this.#identity.identity, this.#identity.keyId);
			this.#clear();
		} catch (error) {
			this.#show(error);
		}
	}

	/** Completes a target that came without its user; undefined: the field for it is open now. */
	#named(target: Target): Target | undefined {
		if (target.username !== "") return target;
		if (this.#userRow.hidden) {
			this.#userRow.hidden = false;
			this.#user.focus();
			return undefined;
		}
		const username = this.#user.value.trim();
		if (username === "") throw new TargetError("user", "Type the name of your account on the server.");
		return { ...target, username: parseTarget(`${username}@host`).username };
	}

	#clear(): void {
		this.#field.value = "";
		this.#user.value = "";
		this.#edited();
	}

	#show(error: unknown): void {
		this.#problem.textContent = error instanceof TargetError ? error.message : String(error);
		if (error instanceof TargetError && error.code === "password") this.#field.value = "";
		this.#field.setAttribute("aria-invalid", "true");
	}
}
