import fileKey from "lucide-static/icons/file-key.svg";
import fingerprintIcon from "lucide-static/icons/fingerprint-pattern.svg";
import folderKey from "lucide-static/icons/folder-key.svg";
import plus from "lucide-static/icons/plus.svg";
import { h, icon } from "../src/element/dom.ts";
import type { KeyBook, StoredKey } from "../src/vault/index.ts";
import { askFile, importKeyFile } from "./keyimport.ts";
import { keyRow } from "./keyrow.ts";
import { Modal } from "./modal.ts";
import { makePasskey, newKey } from "./newkey.ts";
import { askFolder, importFolder } from "./sshfolder.ts";
import type { Vault } from "./vault.ts";

/** Shows the keys of this browser: to make, import, name and delete them. `onUse` chooses one to log in with. */
export function showKeys(vault: Vault, onUse: (key: StoredKey) => void, onChange: () => void): void {
	const list = h("ul", { class: "keys" });
	const problem = h("p", { class: "problem", role: "alert" });
	const draw = async (): Promise<void> => {
		const keys = await vault.keys.list();
		list.replaceChildren(...(keys.length === 0 ? [nothing()] : keys.map((key) => keyRow(key, vault.keys, act, use))));
	};
	/** Does something, shows what came of it, and says what went wrong. */
	const act = async (work: () => Promise<unknown>): Promise<void> => {
		problem.textContent = "";
		try {
			await work();
		} catch (error) {
			problem.textContent = sentenceOf(error);
		}
		await draw();
		onChange();
	};
	const button = (picture: string, label: string, work: () => Promise<unknown>): HTMLElement =>
		h("button", { type: "button", class: "button soft", onclick: () => void act(work) }, icon(picture), label);
	const use = (key: StoredKey): void => {
		modal.close();
		onUse(key);
	};
	const modal = new Modal(
		"Your keys",
		h(
			"p",
			{ class: "quiet" },
			"This browser keeps them and signs with them; nobody can read them, this page neither. They are gone if you clear its data.",
			...(vault.lasting ? [] : [" Here it stores nothing: they last until the tab closes."]),
		),
		list,
		problem,
		h(
			"div",
			{ class: "key-actions" },
			button(plus, "New key…", () => newKey(vault.keys)),
			button(fingerprintIcon, "New passkey…", () => makePasskey(vault.keys)),
			button(fileKey, "Import a file…", async () => {
				const file = await askFile();
				if (file !== undefined) await importKeyFile(vault.keys, await file.text(), file.name);
			}),
			button(folderKey, "Import .ssh…", async () => {
				const files = await askFolder();
				if (files.length > 0) await importFolder(vault, files);
			}),
		),
	);
	modal.element.classList.add("info");
	void draw();
}

/** Keeps the text of a key for good; what is wrong with it is shown. Undefined: it was not kept. */
export async function keepKey(book: KeyBook, text: string, name: string): Promise<StoredKey | undefined> {
	try {
		return await importKeyFile(book, text, name);
	} catch (error) {
		await new Modal("The key was not kept", h("p", { class: "problem", role: "alert" }, sentenceOf(error))).closed;
		return undefined;
	}
}

function nothing(): HTMLElement {
	return h(
		"li",
		{ class: "key nothing" },
		"None yet. A key logs you in without a password: make one here, and put its public half on your servers.",
	);
}

/** A failure as a sentence, with what to do about it where that is known. */
function sentenceOf(error: unknown): string {
	if (error instanceof DOMException && error.name === "NotAllowedError") return "The browser or the person said no.";
	const { message = String(error), hint = "" } = error as { message?: string; hint?: string };
	const sentence = message.charAt(0).toUpperCase() + message.slice(1);
	return `${/[.!?]$/.test(sentence) ? sentence : `${sentence}.`} ${hint}`.trim();
}
