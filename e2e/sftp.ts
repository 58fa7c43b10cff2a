/** What tests of `client.sftp()` have at hand, here and in the page. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { test as base, readKey } from "./fixtures.ts";
import type { SSHD } from "./sshd.ts";

// biome-ignore lint/suspicious/noExplicitAny: what the page imports is what was built, not our sources
export type Any = any;

declare global {
	interface Window {
		/** What a test's steps in the page have at hand. */
		t: Tools;
	}
}

export const KiB = 1024;
export const MiB = 1024 * KiB;

interface Tools {
	client: Any;
	sftp: Any;
	/** SHA-256 in hex. */
	hash(bytes: Uint8Array | Blob): Promise<string>;
	/** So many bytes that compress badly, the same for the same seed. */
	make(size: number, seed: number): Uint8Array<ArrayBuffer>;
	/** What a caller sees of a failure. */
	failure(promise: Promise<unknown>): Promise<Any>;
	/** A file handle in the browser's own storage. */
	handle(name: string): Promise<FileSystemFileHandle>;
	/** The source of an upload. */
	blob: Blob;
	collect(stream: ReadableStream<Uint8Array>): Promise<Blob>;
}

/** Its pages have the library and {@link Tools} at hand. */
export const test = base.extend<{ tools: undefined }>({
	tools: [
		async ({ page }, use) => {
			await equip(page);
			await use(undefined);
		},
		{ auto: true },
	],
});

/** Opens the application's page, for its origin, and gives it {@link Tools}. */
export async function equip(page: Page, url = ""): Promise<void> {
	await page.goto(url);
	await page.evaluate(async () => {
		const w = window as Any;
		w.lib = await import(new URL("lib/wasmiko.js", document.baseURI).href);
		const hex = (b: ArrayBuffer) => [...new Uint8Array(b)].map((x) => x.toString(16).padStart(2, "0")).join("");
		w.t = {
			async hash(bytes: Uint8Array<ArrayBuffer> | Blob) {
				return hex(await crypto.subtle.digest("SHA-256", bytes instanceof Blob ? await bytes.arrayBuffer() : bytes));
			},
			make(size: number, seed: number) {
				const words = new Uint32Array(Math.ceil(size / 4));
				let x = seed * 2654435761 + 1;
				for (let i = 0; i < words.length; i++) {
					x ^= x << 13;
					x ^= x >>> 17;
					x ^= x << 5;
					words[i] = x;
				}
				return new Uint8Array(words.buffer, 0, size);
			},
			async failure(promise: Promise<unknown>) {
				try {
					return { resolved: await promise };
				} catch (err) {
					const { name, code, reason, message, hint, status, path, done } = err as Any;
					return { name, code, reason, message, hint, status, path, done };
				}
			},
			async handle(name: string) {
				return (await navigator.storage.getDirectory()).getFileHandle(name, { create: true });
			},
			async collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
				const chunks: Uint8Array<ArrayBuffer>[] = [];
				const reader = stream.getReader();
				for (let r = await reader.read(); !r.done; r = await reader.read()) chunks.push(r.value);
				return new Blob(chunks);
			},
		};
	});
}

/** What a page connects to. */
export interface Target {
	port: number;
	username: string;
	auth: readonly object[];
	hostKey: object;
}

/** A server by its key. */
export function byKey(sshd: SSHD, more: Partial<Target> = {}): Target {
	const auth = [{ type: "publickey", key: readKey(sshd, "user") }];
	return { port: sshd.port, username: sshd.username, auth, hostKey: { pin: sshd.fingerprint() }, ...more };
}

export function demo(port: number): Target {
	const auth = [{ type: "password", password: "foo" }];
	return { port, username: "robey", auth, hostKey: { knownHosts: "", onUnknown: "warn" } };
}

/** Opens an SFTP session in the page: what {@link Tools} has from there on. */
export async function open(page: Page, target: Target): Promise<void> {
	await page.evaluate(async (target) => {
		const w = window as Any;
		const client = await w.lib.connect({ relay: "/relay", host: "127.0.0.1", ...target });
		Object.assign(w.t, { client, sftp: await client.sftp() });
	}, target);
}

let folders = 0;

/** A fresh folder that the server sees. */
export function folder(sshd: SSHD): string {
	const dir = join(sshd.dir, `files-${process.pid}-${++folders}`);
	mkdirSync(dir);
	return dir;
}
