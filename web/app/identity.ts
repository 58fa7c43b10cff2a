import fileKey from "lucide-static/icons/file-key.svg";
import fingerprint from "lucide-static/icons/fingerprint-pattern.svg";
import keyRound from "lucide-static/icons/key-round.svg";
import cross from "lucide-static/icons/x.svg";
import { readCertificate } from "../src/client/publickey.ts";
import { h, icon, newId } from "../src/element/dom.ts";
import type { Identity } from "../src/element/index.ts";
import type { StoredKey } from "../src/vault/index.ts";
import { certificateText } from "./certificate.ts";
import { checkKey } from "./keytext.ts";
import { Modal } from "./modal.ts";

/** Larger files are no keys. */
const largestKey = 64 * 1024;

/** The choice of no key. */
const asked = "What the server asks";

/** What the picker leaves to others. */
export interface IdentityEvents {
	/** The person wants to see the keys of this browser. */
	onKeys(): void;
	/** The person wants this key to be kept. */
	onKeep(text: string, name: string): void;
}

/** The choice of how to log in: asked as it goes, or with a key. The text of a key stays in memory, and nowhere else. */
export class IdentityPicker {
	readonly element: HTMLElement;
	readonly #events: IdentityEvents;
	#stored: readonly StoredKey[] = [];
	/** The stored key that was chosen, by its id. */
	#chosenId: string | undefined;
	readonly #chosen = h("div", { class: "identity-chosen" });
	readonly #problem = h("p", { class: "problem", role: "alert" });
	/** Two at once are a key and its certificate. */
	readonly #file = h("input", {
		type: "file",
		multiple: true,
		class: "visually-hidden",
		tabindex: "-1",
		"aria-hidden": "true",
	});
	#identity: Identity | undefined;
	/** Why what was chosen is no key; undefined: nothing was, or it is one. */
	#refusal: string | undefined;
	#reading: Promise<boolean> | undefined;

	constructor(events: IdentityEvents) {
		this.#events = events;
		this.#file.addEventListener("change", () => this.#chooseFile());
		this.element = h("div", { class: "identity" }, this.#chosen, this.#file, this.#problem);
		this.#draw();
	}

	/** The chosen key; undefined: ask. */
	get identity(): Identity | undefined {
		return this.#identity;
	}

	/**
	 * Waits for the file that is being read, and tells whether it is settled how to log in. It is not after a file that
	 * is no key: whoever wanted one must not be connected without.
	 */
	async settled(): Promise<boolean> {
		await this.#reading;
		if (this.#refusal === undefined) return true;
		this.#problem.textContent = `${this.#refusal} Nothing was connected: choose a key, or “${asked}”.`;
		return false;
	}

	/** The id of the chosen key, if this browser keeps it. */
	get keyId(): string | undefined {
		return this.#chosenId;
	}

	/** Offers the keys of this browser. */
	offer(keys: readonly StoredKey[]): void {
		// A button that is drawn anew loses the click that is on its way.
		if (keys.length === 0 && this.#stored.length === 0 && this.#chosenId === undefined) return;
		this.#stored = keys;
		const chosen = keys.find((key) => key.id === this.#chosenId);
		if (chosen !== undefined) this.#identity = identityOf(chosen);
		else if (this.#chosenId !== undefined) this.#use(undefined);
		this.#draw();
	}

	/** Chooses a key of this browser. */
	choose(key: StoredKey): void {
		this.#use(identityOf(key), key.id);
	}

	/** A key of this browser by its id. */
	stored(id: string | undefined): StoredKey | undefined {
		return this.#stored.find((key) => key.id === id);
	}

	/** Reminds of the file that a pasted command named. */
	suggest(file: string | undefined): void {
		if (this.#refusal !== undefined) return;
		this.#problem.classList.toggle("note", file !== undefined);
		this.#problem.textContent =
			file === undefined || this.#identity !== undefined
				? ""
				: `The command names the key ${file}. A page cannot open it by name: choose the file.`;
	}

	#draw(): void {
		const identity = this.#identity;
		if (identity === undefined) {
			const chosen = this.#refusal === undefined;
			this.#chosen.replaceChildren(
				h("span", { class: "identity-label" }, "Log in with"),
				h(
					"button",
					{
						type: "button",
						class: chosen ? "chip chosen" : "chip",
						"aria-pressed": String(chosen),
						onclick: () => this.#use(undefined),
					},
					asked,
				),
				...this.#stored.map((key) => this.#chip(key)),
				h("button", { type: "button", class: "chip", onclick: () => this.#file.click() }, "Key file…"),
				h("button", { type: "button", class: "chip", onclick: () => void this.#paste() }, "Paste a key…"),
				h("button", { type: "button", class: "text-button", onclick: () => this.#events.onKeys() }, "Your keys…"),
			);
			return;
		}
		this.#chosen.replaceChildren(
			h("span", { class: "identity-label" }, "Log in with"),
			h("span", { class: "chip chosen" }, icon(fileKey), identity.name),
			h(
				"button",
				{
					type: "button",
					class: "icon-button",
					"aria-label": `Do not use ${identity.name}`,
					onclick: () => this.#use(undefined),
				},
				icon(cross),
			),
			...this.#whereItIs(identity),
		);
	}

	#chip(key: StoredKey): HTMLElement {
		const picture = "kind" in key.held ? fingerprint : keyRound;
		const title = `${key.type} ${key.fingerprint}`;
		return h(
			"button",
			{ type: "button", class: "chip", title, onclick: () => this.choose(key) },
			icon(picture),
			key.name,
		);
	}

	#whereItIs({ key, name, certificate }: Identity): HTMLElement[] {
		const about = certificate === undefined ? [] : [h("span", { class: "quiet" }, certificateText(certificate))];
		if (typeof key !== "string")
			return [...about, h("span", { class: "quiet" }, "Kept by this browser; nobody can read it.")];
		const keep = (): void => this.#events.onKeep(key, name);
		return [
			...about,
			h("span", { class: "quiet" }, "Held in memory until this tab closes."),
			h("button", { type: "button", class: "text-button", onclick: keep }, "Keep in this browser…"),
		];
	}

	#use(identity: Identity | undefined, id?: string): void {
		this.#identity = identity;
		this.#chosenId = id;
		this.#refusal = undefined;
		this.#problem.textContent = "";
		this.#draw();
	}

	#chooseFile(): void {
		const files = [...(this.#file.files ?? [])];
		this.#file.value = "";
		if (files.length === 0) return;
		const reading = this.#read(files)
			.catch((error: Error) => this.#refuse(`The file cannot be read; choose it again. (${error.message})`))
			.finally(() => {
				if (this.#reading === reading) this.#reading = undefined;
			});
		this.#reading = reading;
	}

	async #read(files: readonly File[]): Promise<boolean> {
		const isCertificate = (file: File): boolean => files.length > 1 && file.name.endsWith("-cert.pub");
		const key = files.find((file) => !isCertificate(file));
		if (key === undefined) return this.#refuse("A certificate needs its key: choose both files.");
		const large = files.find((file) => file.size > largestKey);
		if (large !== undefined) return this.#refuse(`${large.name} is too large to be a key.`);
		if (!this.#take(await key.text(), key.name)) return false;
		const certificate = await files.find(isCertificate)?.text();
		return certificate === undefined || this.#certify(certificate);
	}

	#certify(certificate: string): boolean {
		try {
			readCertificate(certificate);
			if (this.#identity !== undefined) this.#use({ ...this.#identity, certificate });
			return true;
		} catch (error) {
			return this.#refuse(`The certificate cannot be read: ${(error as Error).message}.`);
		}
	}

	#take(text: string, name: string): boolean {
		const check = checkKey(text);
		if (check.ok) this.#use({ key: check.text, name });
		else this.#refuse(check.message);
		return check.ok;
	}

	#refuse(message: string): false {
		this.#use(undefined);
		this.#refusal = message;
		this.#draw();
		this.#problem.classList.remove("note");
		this.#problem.textContent = message;
		return false;
	}

	async #paste(): Promise<void> {
		const id = newId("key");
		const area = h("textarea", {
			id,
			rows: "9",
			spellcheck: "false",
			autocomplete: "off",
			autocapitalize: "off",
			placeholder: "-----BEGIN OPENSSH PRIVATE KEY-----",
		});
		const problem = h("p", { class: "problem", role: "alert" });
		const use = h("button", { type: "button", class: "button primary" }, "Use this key");
		const modal = new Modal(
			"Paste a private key",
			h("label", { for: id }, "The whole text, from -----BEGIN to -----END:"),
			area,
			problem,
			h(
				"p",
				{ class: "quiet" },
				"It is held in memory until this tab closes. It is not stored and does not leave this browser.",
			),
			h(
				"div",
				{ class: "actions" },
				use,
				h("button", { type: "button", class: "button quiet", onclick: () => modal.close() }, "Cancel"),
			),
		);
		use.addEventListener("click", () => {
			const check = checkKey(area.value);
			problem.textContent = check.ok ? "" : check.message;
			if (check.ok && this.#take(area.value, "pasted key")) modal.close();
		});
		area.focus();
		await modal.closed;
		area.value = "";
	}
}

/** A key of this browser as the terminal takes it. */
export function identityOf({ held, name, certificate }: StoredKey): Identity {
	return { key: held, name, ...(certificate !== undefined && { certificate }) };
}
