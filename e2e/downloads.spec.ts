/** Downloads in a browser without a save dialog that a page may write through: as the browser's own. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Download, Page } from "@playwright/test";
import { bytesOf, Files, put, sha, test } from "./files.ts";
import { expect } from "./fixtures.ts";

/** The scopes of the service workers that this origin has. */
function scopes(page: Page): Promise<string[]> {
	return page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).map(({ scope }) => scope));
}

/** Starts a download and gives back the browser's. */
async function start(files: Files, name: string, item = "Download"): Promise<Download> {
	const begun = files.page.waitForEvent("download");
	await files.menu(name, item);
	return begun;
}

test("a download is streamed to the browser, and nothing of the file stays in the page", async ({ files, page }) => {
	const data = randomBytes(20_000_001);
	put(files, "data.bin", data);
	await files.button("Refresh (F5)").click();
	expect(await scopes(page)).toEqual([]);
	const download = await start(files, "data.bin");
	expect(download.suggestedFilename()).toBe("data.bin");
	expect(new URL(download.url()).pathname).toMatch(/^\/dl\/[0-9a-f-]{36}$/);
	expect(await scopes(page)).toEqual([new URL("dl/", page.url()).href]);
	expect(sha(await bytesOf(download))).toBe(sha(data));
	await expect(files.transfers).toContainText("Done");
	const staged = await page.evaluate(async () => {
		const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("wasmiko-downloads");
		let count = 0;
		for await (const _ of folder.keys()) count++;
		return count;
	});
	expect(staged, "files staged in the browser's private file system").toBe(0);
	await expect(page.locator("iframe")).toHaveCount(0);
	await expect.poll(() => scopes(page), { timeout: 40_000 }).toEqual([]);
});

test("names arrive as they may be here, empty files too", async ({ files }) => {
	for (const name of ["empty", "grüße 世界 'n' (1)*%.txt", "a:b\\c"]) put(files, name, name === "empty" ? "" : "x");
	await files.button("Refresh (F5)").click();
	for (const [name, want] of [
		["empty", "empty"],
		["grüße 世界 'n' (1)*%.txt", "grüße 世界 'n' (1)_%.txt"],
		["a:b\\c", "a_b_c"],
	] as const) {
		const download = await start(files, name);
		expect(download.suggestedFilename()).toBe(want);
		expect(await bytesOf(download)).toHaveLength(name === "empty" ? 0 : 1);
	}
	await expect(files.transfers.locator("[data-state=done]")).toHaveCount(3);
});

test("a folder comes as one archive that unzip finds whole", async ({ files }) => {
	mkdirSync(join(files.dir, "tree/empty"), { recursive: true });
	const big = randomBytes(5_000_000);
	put(files, "tree/big.bin", big);
	for (let i = 0; i < 40; i++) put(files, `tree/f${i}.txt`, `content ${i}`);
	await files.button("Refresh (F5)").click();
	const download = await start(files, "tree", "Download as .zip");
	expect(download.suggestedFilename()).toBe("tree.zip");
	const path = await download.path();
	expect(execFileSync("python3", ["-m", "zipfile", "-t", path]).toString()).toContain("Done testing");
	const listed = execFileSync("python3", ["-m", "zipfile", "-l", path]).toString();
	for (const name of ["tree/empty/", "tree/f39.txt"]) expect(listed).toContain(name);
	const one = "import sys,zipfile; sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read('tree/big.bin'))";
	expect(sha(execFileSync("python3", ["-c", one, path], { maxBuffer: 1e7 }))).toBe(sha(big));
	await expect(files.transfers).toContainText("Done");
});

test("an archive with a file that cannot be read is a failed download, and the file is named", async ({ files }) => {
	mkdirSync(join(files.dir, "tree"));
	put(files, "tree/a.txt", "can be read");
	put(files, "tree/secret", "cannot");
	chmodSync(join(files.dir, "tree/secret"), 0);
	await files.button("Refresh (F5)").click();
	const download = await start(files, "tree", "Download as .zip");
	await expect(files.transfers).toContainText(/secret”: permission denied/i);
	expect(await download.failure()).not.toBeNull();
});

test("a lost connection is bridged: the browser's download goes on where it was", async ({
	files,
	app,
	page,
	sshd,
}) => {
	const data = randomBytes(80_000_000);
	put(files, "movie.bin", data);
	await files.button("Refresh (F5)").click();
	const download = await start(files, "movie.bin");
	await expect(files.transfers.getByText(/[1-9]\d? %/).first()).toBeVisible();
	sshd.killSessions();
	await expect(files.transfers).toContainText("Waiting for the connection");
	await page.getByRole("button", { name: "Reconnect" }).click();
	await app.connected();
	await expect(files.transfers).toContainText("Done", { timeout: 40_000 });
	expect(sha(await bytesOf(download))).toBe(sha(data));
});

test("a broken download is a failed one for the browser, never a short file", async ({ files }) => {
	const path = join(files.dir, "log");
	put(files, "log", "");
	truncateSync(path, 2 ** 31);
	await files.button("Refresh (F5)").click();
	const download = await start(files, "log");
	await expect(files.transfers.getByText(/[1-9]\d? %|[1-9]\d? MB\/s/).first()).toBeVisible();
	// The file loses its end while it moves.
	truncateSync(path, 1000);
	await expect(files.transfers).toContainText(/Failed/, { timeout: 30_000 });
	expect(await download.failure()).not.toBeNull();
	writeFileSync(path, "new");
	const again = files.page.waitForEvent("download");
	await files.button("Try again log").click();
	expect((await bytesOf(await again)).toString()).toBe("new");
	await expect(files.transfers).toContainText("Done");
});

test("a download is cancelled in the panel and in the browser alike", async ({ files }) => {
	put(files, "huge", "");
	truncateSync(join(files.dir, "huge"), 2 ** 33);
	await files.button("Refresh (F5)").click();
	const first = await start(files, "huge");
	await files.button("Cancel huge").click();
	await expect(files.transfers).toContainText("Cancelled");
	expect(await first.failure()).not.toBeNull();
	await files.button("Clear finished").click();

	const second = await start(files, "huge");
	await expect(files.transfers.getByText(/MB\/s/).first()).toBeVisible();
	await second.cancel();
	await expect(files.transfers).toContainText("Cancelled");
	await expect(files.button("Try again huge")).toBeVisible();
});

test("a paused download waits in the browser, and goes on", async ({ files }) => {
	const data = randomBytes(60_000_000);
	put(files, "paused.bin", data);
	await files.button("Refresh (F5)").click();
	const download = await start(files, "paused.bin");
	await files.button("Pause paused.bin").click();
	await expect(files.transfers).toContainText("Paused");
	await files.button("Go on with paused.bin").click();
	expect(sha(await bytesOf(download))).toBe(sha(data));
});

test("closing the page fails what was not whole", async ({ files, page, context }) => {
	put(files, "huge", "");
	truncateSync(join(files.dir, "huge"), 2 ** 33);
	await files.button("Refresh (F5)").click();
	const download = await start(files, "huge");
	await expect(files.transfers.getByText(/MB\/s/).first()).toBeVisible();
	const other = await context.newPage();
	await page.close({ runBeforeUnload: false });
	expect(await download.failure()).not.toBeNull();
	await other.close();
});

test("where no service worker can be, the file is collected and then saved", async ({ app, page, sshd }) => {
	await page.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, "serviceWorker"));
	await app.session(sshd);
	const files = await new Files(page, join(sshd.dir, sshd.passwordUser ? "home" : ".")).open();
	const data = randomBytes(1_000_001);
	put(files, "staged.bin", data);
	await files.button("Refresh (F5)").click();
	const download = await start(files, "staged.bin");
	expect(new URL(download.url()).protocol).toBe("blob:");
	expect(sha(await bytesOf(download))).toBe(sha(data));
});
