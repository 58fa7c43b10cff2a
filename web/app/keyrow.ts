import badge from "lucide-static/icons/badge-check.svg";
import copyIcon from "lucide-static/icons/copy.svg";
import fingerprintIcon from "lucide-static/icons/fingerprint-pattern.svg";
import keyRound from "lucide-static/icons/key-round.svg";
import pencil from "lucide-static/icons/pencil.svg";
import trash from "lucide-static/icons/trash-2.svg";
import { publicKeyLine } from "../src/client/publickey.ts";
import { h, icon } from "../src/element/dom.ts";
import type { KeyBook, StoredKey } from "../src/vault/index.ts";
import { certificateText, isExpired } from "./certificate.ts";
import { formatWhen } from "./format.ts";
import { askFile, askText } from "./keyimport.ts";
import { confirm } from "./modal.ts";

type Act = (work: () => Promise<unknown>) => Promise<void>;

/** A key in the list: what it is, and what can be done with it. */
export function keyRow(key: StoredKey, book: KeyBook, act: Act, onUse: (key: StoredKey) => void): HTMLElement {
	const tool = (picture: string, label: string, work: () => Promise<unknown>): HTMLElement =>
		h(
			"button",
			{
				type: "button",
				class: "icon-button",
				"aria-label": `${label}: ${key.name}`,
				title: label,
				onclick: () => void act(work),
			},
			icon(picture),
		);
	const passkey = "kind" in key.held;
	return h(
		"li",
		{ class: "key" },
		h(
			"button",
			{ type: "button", class: "key-main", title: "Log in with this key", onclick: () => onUse(key) },
			icon(passkey ? fingerprintIcon : keyRound),
			h("span", { class: "key-name" }, key.name),
			h("span", { class: "quiet" }, `${kindOf(key)}${usedWhen(key)}`),
			h("code", {}, key.fingerprint),
			certificateLine(key),
		),
		tool(copyIcon, "Copy the public key", () => copyPublic(key)),
		!passkey &&
			tool(badge, key.certificate === undefined ? "Add a certificate" : "Remove the certificate", () =>
				certify(key, book),
			),
		tool(pencil, "Rename", async () => {
			const name = await askText("Rename the key", "Name", key.name);
			if (name !== undefined) await book.rename(key.id, name);
		}),
		tool(trash, "Delete", () => remove(key, book)),
	);
}

const kinds: Readonly<Record<string, string>> = {
	"ssh-ed25519": "Ed25519",
	"ssh-rsa": "RSA",
	"ecdsa-sha2-nistp256": "ECDSA P-256",
	"ecdsa-sha2-nistp384": "ECDSA P-384",
	"ecdsa-sha2-nistp521": "ECDSA P-521",
};

function kindOf({ held, type }: StoredKey): string {
	return "kind" in held ? `Passkey of ${held.rpId}` : (kinds[type] ?? type);
}

function usedWhen({ used }: StoredKey): string {
	return used === undefined ? ", never used yet" : `, used ${formatWhen(used, Date.now())}`;
}

function certificateLine({ certificate }: StoredKey): HTMLElement | false {
	if (certificate === undefined) return false;
	const expired = isExpired(certificate);
	return h("span", { class: expired ? "key-certificate expired" : "key-certificate" }, certificateText(certificate));
}

async function copyPublic(key: StoredKey): Promise<void> {
	try {
		await navigator.clipboard.writeText(publicKeyLine(key.publicKey, key.name));
	} catch {
		await askText(
			"The public key, to copy",
			"One line for ~/.ssh/authorized_keys",
			publicKeyLine(key.publicKey, key.name),
		);
	}
}

async function certify(key: StoredKey, book: KeyBook): Promise<void> {
	if (key.certificate !== undefined) return book.certify(key.id, undefined);
	const file = await askFile();
	if (file !== undefined) await book.certify(key.id, await file.text());
}

async function remove(key: StoredKey, book: KeyBook): Promise<void> {
	const text = `Servers that know you by ${key.fingerprint} alone will no longer let you in. It cannot be brought back.`;
	if (await confirm(`Delete the key ${key.name}?`, text, "Delete the key")) await book.remove(key.id);
}
