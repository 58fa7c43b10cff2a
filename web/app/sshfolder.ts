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
 * Takes over what a .ssh folder holds: keys with their certificates, the lines
 * of known_hosts, and the hosts of its config. Says of every file what came of
 * it.
 */
export async function importFolder(vault: Vault, files: readonly File[]): Promise<void> {
	const outcomes: Outcome[] = [];
	// Certificates after the keys that they belong to, and what names keys last.
	const sorted = [...files].sort((a, b) => turnOf(a) - turnOf(b) || (a.name < b.name ? -1 : 1));
	for (const file of sorted.slice(0, mostFiles)) {
		const text = await importOne(vault, file).catch((error: Error) => `Not taken: ${error.message}`);
		outcomes.push({ file: file.name, text });
	}
	await report(outcomes);
}

function turnOf(file: File): number {
	if (file.name === "config") return 2;
	return isCertificate(file) ? 1 : 0;
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
	if (file.name === "config") return importConfig(vault, text);
	const check = checkKey(text);
	if (!check.ok) return `Not taken: ${check.message}`;
	const key = await importKeyFile(vault.keys, text, file.name);
	return key === undefined ? "Left out: no passphrase was given." : `Kept as a key: ${key.fingerprint}`;
}

async function importHosts(vault: Vault, text: string): Promise<string> {
	const added = await vault.hosts.merge(text);
	return added === 1 ? "One host key is known now." : `${added} more host keys are known now.`;
}

/** Puts the hosts of an ssh_config file into the list, each with its key if that is kept here. */
async function importConfig(vault: Vault, text: string): Promise<string> {
	const { readSSHConfig } = await import("../src/client/index.ts");
	const { hosts, ignored } = await readSSHConfig(text);
	const keys = await vault.keys.list();
	const direct = hosts.filter(({ jump }) => jump.length === 0);
	await vault.recents.offer(
		direct.map(({ host, port, username, keys: files }) => {
			const names = files.map((file) => file.replace(/^.*[/\\]/, ""));
			const key = keys.find(({ name }) => names.includes(name));
			return { host, port, username, ...(key !== undefined && { keyId: key.id }) };
		}),
	);
	const counts = [`Hosts in the list: ${direct.length}.`];
	if (direct.length < hosts.length)
		counts.push(`Left out, for they lie behind a jump host: ${hosts.length - direct.length}.`);
	for (const { line, keyword, reason } of ignored.slice(0, 20))
		counts.push(`Line ${line}, ${showable(keyword, 40)}: ${showable(reason, 120)}.`);
	return counts.join(" ");
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
