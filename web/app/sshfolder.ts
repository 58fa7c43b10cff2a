import { publicKeyLine, readCertificate } from "../src/client/publickey.ts";
import { h } from "../src/element/dom.ts";
import { showable } from "../src/element/untrusted.ts";
import { importKeyFile } from "./keyimport.ts";
import { checkKey } from "./keytext.ts";
import { Modal } from "./modal.ts";
import type { Vault } from "./vault.ts";

/** Larger files are neither keys nor lists of hosts. */
const largest = 1024 * 1024;
const mostFiles = 500;

/** Lets the person choose a folder; empty: none was chosen. */
export function askFolder(): Promise<readonly File[]> {
	const input = h("input", { type: "file", webkitdirectory: true });
	const chosen = new Promise<readonly File[]>((resolve) => {
		input.addEventListener("change", () => resolve([...(input.files ?? [])]));
		input.addEventListener("cancel", () => resolve([]));
	});
	input.click();
	return chosen;
}

/** What came of one file. */
interface Outcome {
	readonly file: string;
	readonly text: string;
}

/**
 * Takes over what a .ssh folder holds: keys with their certificates, and the
 * lines of known_hosts. Says of every file what came of it.
 */
export async function importFolder(vault: Vault, files: readonly File[]): Promise<void> {
	const outcomes: Outcome[] = [];
	// Certificates after the keys that they belong to.
	const sorted = [...files].sort(
		(a, b) => Number(isCertificate(a)) - Number(isCertificate(b)) || (a.name < b.name ? -1 : 1),
	);
	for (const file of sorted.slice(0, mostFiles)) {
		const text = await importOne(vault, file).catch((error: Error) => `Not taken: ${error.message}`);
		outcomes.push({ file: file.name, text });
	}
	await report(outcomes);
}

function isCertificate({ name }: File): boolean {
	return name.endsWith("-cert.pub");
}

async function importOne(vault: Vault, file: File): Promise<string> {
	if (file.size > largest) return "Not taken: too large.";
	const text = await file.text();
	if (/^known_hosts2?$/.test(file.name)) return importHosts(vault, text);
	if (isCertificate(file)) return importCertificate(vault, text);
	if (file.name.endsWith(".pub")) return "Not needed: the private key holds its public half.";
	if (file.name === "authorized_keys") return "Not taken: it says who may log in to that computer.";
	if (file.name === "config") return "Not taken here.";
	const check = checkKey(text);
	if (!check.ok) return `Not taken: ${check.message}`;
	const key = await importKeyFile(vault.keys, text, file.name);
	return key === undefined ? "Left out: no passphrase was given." : `Kept as a key: ${key.fingerprint}`;
}

async function importHosts(vault: Vault, text: string): Promise<string> {
	const known = new Set((await vault.hosts.read()).split(/\r?\n/));
	const fresh = text.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.startsWith("#") && !known.has(line));
	for (const line of fresh) await vault.hosts.add(line);
	return fresh.length === 1 ? "One host key is known now." : `${fresh.length} more host keys are known now.`;
}

async function importCertificate(vault: Vault, text: string): Promise<string> {
	const info = readCertificate(text);
	const wanted = publicKeyLine(info.publicKey);
	const key = (await vault.keys.list()).find((each) => publicKeyLine(each.publicKey) === wanted);
	if (key === undefined) return "Not taken: its key is not here.";
	await vault.keys.certify(key.id, text);
	return `Belongs to the key ${key.name} now.`;
}

async function report(outcomes: readonly Outcome[]): Promise<void> {
	const rows = outcomes.flatMap(({ file, text }) => [h("dt", {}, showable(file, 80)), h("dd", {}, text)]);
	const modal = new Modal("What the folder held", h("dl", { class: "facts-list" }, ...rows));
	modal.element.classList.add("info");
	await modal.closed;
}
