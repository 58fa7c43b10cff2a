/** What the panel says when a transfer fails, and that trying again mends it. */
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "./app.ts";
import { Files, sha, test } from "./files.ts";
import { expect } from "./fixtures.ts";
import { MiB } from "./sftp.ts";
import { SSHD } from "./sshd.ts";

test("a full disk is named, and with room made Try again goes on with what is there", async ({ app, page }) => {
	const sshd = await new SSHD({ disk: "12m" }).start();
	const local = mkdtempSync(join(tmpdir(), "wasmiko-full-"));
	try {
		const disk = sshd.inside(sshd.disk);
		writeFileSync(join(disk, "filler"), Buffer.alloc(6 * MiB));
		writeFileSync(join(disk, "big.bin"), "old");
		const data = randomBytes(8 * MiB);
		writeFileSync(join(local, "big.bin"), data);
		writeFileSync(join(sshd.dir, "home", "something"), "to see that it is listed");
		await app.session(sshd);
		const files = await new Files(page, sshd.disk).open();
		await files.upload(join(local, "big.bin"));
		await files
			.dialog(/already exists/)
			.getByRole("button", { name: "OK" })
			.click();
		await expect(files.transfers).toContainText("no space is left on the server");
		await expect(files.transfers).toContainText("big.bin");
		expect(readFileSync(join(disk, "big.bin"), "utf8")).toBe("old");
		rmSync(join(disk, "filler"));
		await files.button("Try again big.bin").click();
		await expect(files.transfers).toContainText("Done");
		expect(sha(readFileSync(join(disk, "big.bin")))).toBe(sha(data));
		expect(readdirSync(disk)).toEqual(["big.bin"]);
	} finally {
		rmSync(local, { recursive: true });
		await sshd.dispose();
	}
});

test("a folder where a file should go is kept, and the file stands beside it", async ({ files }) => {
	mkdirSync(join(files.dir, "name"));
	writeFileSync(join(files.dir, "name", "inside"), "kept");
	await files.upload([{ name: "name", mimeType: "", buffer: Buffer.from("file") }]);
	await files
		.dialog(/already exists/)
		.getByRole("button", { name: "OK" })
		.click();
	await expect(files.transfers).toContainText("Done");
	expect(String(files.read("name/inside"))).toBe("kept");
	expect(readdirSync(files.dir).sort()).toEqual(["name", "name (2)"]);
});

test("five lost connections in one upload leave an equal file", async ({ files, page, sshd }) => {
	test.slow();
	const app = new App(page);
	const data = randomBytes(48 * MiB);
	const local = mkdtempSync(join(tmpdir(), "wasmiko-five-"));
	try {
		writeFileSync(join(local, "movie.bin"), data);
		await files.upload(join(local, "movie.bin"));
		for (let i = 1; i <= 5; i++) {
			await expect.poll(() => sizeOf(join(files.dir, "movie.bin.part"))).toBeGreaterThan(i * 6 * MiB);
			sshd.killSessions();
			await page.getByRole("button", { name: "Reconnect" }).click();
			await app.connected();
		}
		await expect(files.transfers).toContainText("Done", { timeout: 60_000 });
		expect(sha(files.read("movie.bin"))).toBe(sha(data));
		expect(readdirSync(files.dir)).toEqual(["movie.bin"]);
	} finally {
		rmSync(local, { recursive: true });
	}
});

function sizeOf(path: string): number {
	try {
		return statSync(path).size;
	} catch {
		return 0;
	}
}
