import { readFileSync } from "node:fs";
import { test as base, expect, type Page } from "@playwright/test";
import { Child } from "./process.ts";
import { leaked, noteSecret } from "./secrets.ts";
import { SSHD } from "./sshd.ts";

export { expect };

/** The binary under test, running. */
export interface Wasmiko {
	/** With a slash at its end. */
	readonly url: string;
	readonly child: Child;
	/** Port of the demo SSH server. */
	readonly demoPort: number;
}

interface WorkerFixtures {
	/** `wasmiko demo`, allowed to reach every port of this machine's loopback. */
	wasmiko: Wasmiko;
	/** A real OpenSSH server. */
	sshd: SSHD;
	/** Fails when a gateway has written a secret that was used. */
	discreet: undefined;
}

interface Fixtures {
	/** Fails the test when any page breaks the content security policy or throws. */
	strict: undefined;
}

/** Starts the built binary. */
export async function startWasmiko(args: readonly string[]): Promise<Wasmiko> {
	const child = new Child("../dist/wasmiko", args);
	const [, url] = await child.until(/open (https?:\/\/\S+)/);
	if (!url) throw new Error("no URL");
	const config = (await (await fetch(new URL("config.json", url))).json()) as { demo?: { port: number } };
	return { url, child, demoPort: config.demo?.port ?? 0 };
}

/** Lets a relay reach every port of this machine's loopback, as often as a test suite likes, and end at once. */
export const LOOPBACK = [
	...["--allow", "127.0.0.1:*", "--allow", "localhost:*", "--allow", "[::1]:*"],
	...["--connections-per-minute", "6000"],
	// A page that the browser ended without a word has its sessions waited for: not at the end of the tests.
	...["--drain", "100ms"],
];

export const test = base.extend<Fixtures, WorkerFixtures>({
	wasmiko: [
		// biome-ignore lint/correctness/noEmptyPattern: the runner reads the names of the fixtures from this pattern
		async ({}, use) => {
			const wasmiko = await startWasmiko(["demo", "--listen", "127.0.0.1:0", ...LOOPBACK]);
			await use(wasmiko);
			await wasmiko.child.stop();
		},
		{ scope: "worker" },
	],
	sshd: [
		// biome-ignore lint/correctness/noEmptyPattern: as above
		async ({}, use) => {
			const sshd = await new SSHD().start();
			await use(sshd);
			await sshd.dispose();
		},
		{ scope: "worker" },
	],
	discreet: [
		// biome-ignore lint/correctness/noEmptyPattern: as above
		async ({}, use) => {
			await use(undefined);
			expect(leaked(), "secrets in what a gateway wrote").toEqual([]);
		},
		{ scope: "worker", auto: true },
	],
	strict: [
		async ({ context }, use) => {
			const violations: string[] = [];
			const note = (page: Page) => {
				page.on("pageerror", (err) => violations.push(`uncaught: ${err.message}`));
				page.on("console", (msg) => {
					if (/Content Security Policy|Trusted ?Type/i.test(msg.text())) violations.push(msg.text());
				});
			};
			context.pages().forEach(note);
			context.on("page", note);
			await use(undefined);
			// A test may have closed it.
			for (const { value } of await context.cookies().catch(() => [])) noteSecret(value);
			expect(violations, "broken policy or uncaught errors").toEqual([]);
		},
		{ auto: true },
	],
	baseURL: async ({ wasmiko }, use) => use(wasmiko.url),
});

/** What Playwright keeps of a screen: an artefact, and something to look at. */
export async function screenshot(page: Page, name: string): Promise<void> {
	const path = test.info().outputPath(`${name}.png`);
	await page.screenshot({ path });
	await test.info().attach(name, { path, contentType: "image/png" });
}

export function readKey(sshd: SSHD, name: string): string {
	return readFileSync(`${sshd.dir}/${name}`, "utf8");
}
