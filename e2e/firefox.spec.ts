/** The same page in Firefox: the ways in which browsers differ, from the first question to a download. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, firefox } from "@playwright/test";
import { App } from "./app.ts";
import { makesKey, runsAndMoves } from "./everywhere.ts";
import { test as base, put, sha } from "./files.ts";
import { expect } from "./fixtures.ts";
import { type Any, byKey, equip, MiB } from "./sftp.ts";

const downloads = mkdtempSync(join(tmpdir(), "wasmiko-firefox-"));

/** Firefox asks the internet for this and that; nothing of it is here. */
const quiet = {
	"app.update.auto": false,
	"browser.safebrowsing.malware.enabled": false,
	"browser.safebrowsing.phishing.enabled": false,
	"network.captive-portal-service.enabled": false,
	"network.connectivity-service.enabled": false,
	"services.settings.server": "",
	"browser.region.network.url": "",
};

const test = base.extend<object, { fox: Browser }>({
	fox: [
		// biome-ignore lint/correctness/noEmptyPattern: the runner reads the names of the fixtures from this pattern
		async ({}, use) => {
			const options = { channel: "moz-firefox", firefoxUserPrefs: quiet, downloadsPath: downloads };
			const fox = await firefox.launch({ ...options, executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr" });
			await use(fox);
			await fox.close();
			rmSync(downloads, { recursive: true, force: true });
		},
		{ scope: "worker" },
	],
	context: async ({ fox, baseURL }, use) => {
		const context = await fox.newContext({ colorScheme: null, ...(baseURL && { baseURL }) });
		await use(context);
		await context.close();
	},
	page: async ({ context }, use) => use(await context.newPage()),
});

test("a person connects, checks the key, and works in a shell", async ({ page, sshd }) => {
	const app = await new App(page).open();
	const terminal = await app.session(sshd);
	await terminal.run("printf 'gr\\303\\274\\303\\237e \\344\\270\\226\\347\\225\\214 %d\\n' $((6 * 7))");
	await terminal.shows(/^grüße 世界 42$/m);
	await terminal.run("seq 1 20000; echo end");
	await terminal.shows(/^end$/m);
	expect(await terminal.text()).toContain("\n19999\n20000\nend");
	await terminal.run("exit");
	await app.is(/ended/);
});

test("a script runs a command and moves a file both ways", async ({ page, sshd }) => {
	await equip(page);
	await runsAndMoves(page, sshd);
});

test("the panel lists, and gives a download to the browser", async ({ page, files }) => {
	const data = randomBytes(5 * MiB + 1);
	put(files, "data.bin", data);
	await files.button("Refresh (F5)").click();
	const begun = page.waitForEvent("download");
	await files.menu("data.bin", "Download");
	expect((await begun).suggestedFilename()).toBe("data.bin");
	await expect(files.transfers).toContainText("Done");
	// The driver is not told when Firefox has kept a file; the folder shows it.
	const kept = join(downloads, "data.bin");
	await expect.poll(() => existsSync(kept) && sha(readFileSync(kept)), { timeout: 20_000 }).toBe(sha(data));
});

test("a key that the browser makes and nobody can read logs in", async ({ page, sshd }) => {
	await equip(page);
	await makesKey(page, sshd);
	const out = await page.evaluate(async (target) => {
		const { lib, made: key } = window as Any;
		const auth = [{ type: "publickey", key }];
		const client = await lib.connect({ relay: "/relay", host: "127.0.0.1", ...target, auth });
		const { text } = await client.exec("echo in").then((r: Any) => ({ text: r.text() }));
		await client.close();
		return text;
	}, byKey(sshd));
	expect(out).toBe("in\n");
});
