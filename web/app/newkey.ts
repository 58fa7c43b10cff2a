import { createPasskey, passkeyServerLine } from "../src/client/passkey.ts";
import { publicKeyLine } from "../src/client/publickey.ts";
import { generateKey, type KeyKind } from "../src/client/webkey.ts";
import { h, newId } from "../src/element/dom.ts";
import type { KeyBook, StoredKey } from "../src/vault/index.ts";
import { askText } from "./keyimport.ts";
import { Modal } from "./modal.ts";

const kinds: readonly (readonly [kind: KeyKind, label: string, about: string])[] = [
	["ed25519", "Ed25519", "The one to take."],
	["ecdsa", "ECDSA P-256", "For rules that ask for NIST's curves."],
	["rsa", "RSA, 3072 bits", "For servers too old for the others."],
];

/** Asks for a name and a kind, makes a key, and shows its public half. */
export async function newKey(book: KeyBook): Promise<void> {
	const name = h("input", {
		type: "text",
		id: newId("name"),
		value: "this browser",
		autocomplete: "off",
		spellcheck: "false",
	});
	let chosen: KeyKind = "ed25519";
	const group = newId("kind");
	const options = kinds.map(([kind, label, about]) => {
		const input = h("input", { type: "radio", name: group, id: newId("kind"), checked: kind === chosen });
		input.addEventListener("change", () => {
			chosen = kind;
		});
		return h(
			"div",
			{ class: "check" },
			input,
			h("label", { for: input.id }, label, " ", h("span", { class: "quiet" }, about)),
		);
	});
	const form = h(
		"form",
		{ class: "asking", novalidate: true },
		h("label", { for: name.id }, "Name"),
		name,
		h("fieldset", { class: "kinds" }, h("legend", {}, "Kind"), ...options),
		h("div", { class: "actions" }, h("button", { type: "submit", class: "button primary" }, "Make the key")),
	);
	const modal = new Modal("New key", form);
	form.addEventListener("submit", (event) => {
		event.preventDefault();
		modal.close("yes");
	});
	name.select();
	if ((await modal.closed) !== "yes") return;
	const key = await book.add(name.value, await generateKey(chosen));
	void navigator.storage?.persist?.();
	await showPublic(key, "");
}

/** Has the browser make a passkey, and shows what servers need of it. */
export async function makePasskey(book: KeyBook): Promise<void> {
	if (/^[\d.]+$|:/.test(location.hostname))
		throw new Error(
			`Passkeys belong to a domain, and this page is at an address. Open it by a name, such as http://localhost:${location.port}/.`,
		);
	const name = await askText("New passkey", "Name", "passkey");
	if (name === undefined) return;
	await showPublic(await book.add(name, await createPasskey(name)), passkeyServerLine);
}

/** Shows a new key's public half, with where it belongs. */
async function showPublic(key: StoredKey, serverLine: string): Promise<void> {
	const line = publicKeyLine(key.publicKey, key.name);
	const id = newId("public");
	const area = h("textarea", { id, rows: "4", readonly: true, spellcheck: "false" });
	area.value = line;
	const copy = h("button", { type: "button", class: "button primary" }, "Copy");
	copy.addEventListener("click", () => {
		void navigator.clipboard.writeText(line).then(
			() => (copy.textContent = "Copied"),
			() => area.select(),
		);
	});
	const done = h("button", { type: "button", class: "button quiet" }, "Done");
	const modal = new Modal(
		`The public half of ${key.name}`,
		h("label", { for: id }, "Add this line to ~/.ssh/authorized_keys on each server that should let you in:"),
		area,
		serverLine !== "" &&
			h(
				"p",
				{},
				"Few servers take passkeys by themselves. Theirs needs this line in sshd_config: ",
				h("code", {}, serverLine),
			),
		h("div", { class: "actions" }, copy, done),
	);
	done.addEventListener("click", () => modal.close());
	await modal.closed;
}
