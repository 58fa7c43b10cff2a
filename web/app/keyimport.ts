import { h, newId } from "../src/element/dom.ts";
import { showable } from "../src/element/untrusted.ts";
import type { KeyBook, StoredKey } from "../src/vault/index.ts";
import { checkKey } from "./keytext.ts";
import { Modal } from "./modal.ts";

/** Larger files are no keys. */
const largest = 64 * 1024;

/** Lets the person choose a small file; undefined: none was chosen. */
export async function askFile(): Promise<File | undefined> {
	const input = h("input", { type: "file" });
	const chosen = new Promise<File | undefined>((resolve) => {
		input.addEventListener("change", () => resolve(input.files?.[0]));
		input.addEventListener("cancel", () => resolve(undefined));
	});
	input.click();
	const file = await chosen;
	if (file !== undefined && file.size > largest) throw new Error(`${file.name} is too large to be a key.`);
	return file;
}

/** Asks for one line of text; undefined: the person went back. */
export async function askText(title: string, label: string, now: string): Promise<string | undefined> {
	const input = h("input", { type: "text", value: now, autocomplete: "off", spellcheck: "false" });
	return (await askIn(title, label, input, "Done")) ? input.value : undefined;
}

/** Asks in a dialog of its own; false: the person went back. */
async function askIn(
	title: string,
	label: string,
	input: HTMLInputElement,
	action: string,
	note = "",
): Promise<boolean> {
	input.id = newId("answer");
	const form = h(
		"form",
		{ class: "asking", novalidate: true },
		h("label", { for: input.id }, label),
		input,
		note !== "" && h("p", { class: "problem", role: "alert" }, note),
		h("div", { class: "actions" }, h("button", { type: "submit", class: "button primary" }, action)),
	);
	const modal = new Modal(title, form);
	form.addEventListener("submit", (event) => {
		event.preventDefault();
		modal.close("yes");
	});
	input.focus();
	input.select();
	return (await modal.closed) === "yes";
}

/**
 * Moves the text of a private key into the browser's keeping, asking for its
 * passphrase until it fits. Undefined: the person gave up. Throws what is wrong
 * with the key.
 */
export async function importKeyFile(book: KeyBook, text: string, name: string): Promise<StoredKey | undefined> {
	const check = checkKey(text);
	if (!check.ok) throw new Error(check.message);
	// The core that reads it is fetched when it is needed.
	const { importKey } = await import("../src/client/index.ts");
	for (let note = ""; ; note = "This passphrase does not open the key. Try again.") {
		const passphrase = check.encrypted ? await askPassphrase(name, note) : "";
		if (passphrase === undefined) return undefined;
		try {
			const held = await importKey(check.text, passphrase);
			void navigator.storage?.persist?.();
			return await book.add(name.replace(/\.(pem|key|ppk|txt)$/i, ""), held);
		} catch (error) {
			if (!check.encrypted || (error as { reason?: string }).reason !== "wrong-passphrase") throw error;
		}
	}
}

async function askPassphrase(name: string, note: string): Promise<string | undefined> {
	const input = h("input", { type: "password", autocomplete: "off" });
	const title = `Passphrase for key ${showable(name, 80)}`;
	return (await askIn(title, "Passphrase", input, "Unlock", note)) ? input.value : undefined;
}
