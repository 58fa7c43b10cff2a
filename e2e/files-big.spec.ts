/** What is large: one file, many files, deep folders, offsets that 32 bits do not hold. */
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
	closeSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	openSync,
	readdirSync,
	readFileSync,
	readSync,
	rmSync,
	statSync,
	truncateSync,
	utimesSync,
	writeFileSync,
	writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium } from "@playwright/test";
import { test as panel } from "./files.ts";
import { expect } from "./fixtures.ts";
import { byKey, folder, MiB, open, test as page } from "./sftp.ts";
import { SSHD } from "./sshd.ts";

const GiB = 1024 * MiB;
/** How much is hashed at a time: the page has no hash that takes a stream. */
const SLICE = 32 * MiB;

/** The browser of people, whose own files are on the disk: that of tests keeps them in memory. */
const test = page.extend<{ context: BrowserContext }>({
	context: async ({ launchOptions, baseURL }, use) => {
		const profile = mkdtempSync(join(tmpdir(), "wasmiko-profile-"));
		const context = await chromium.launchPersistentContext(profile, {
			...launchOptions,
			...(baseURL ? { baseURL } : {}),
		});
		await use(context);
		await context.close();
		rmSync(profile, { recursive: true, force: true });
	},
});

// Ten times it has new keys under way; `make soak` moves a gibibyte, `make bench` tells how fast.
test("a large file comes and goes with the same hash, under keys that change", async ({ page }) => {
	test.slow();
	const size = 160 * MiB;
	const sshd = await new SSHD({ config: ["RekeyLimit 16M"] }).start();
	try {
		const dir = folder(sshd);
		const down = join(dir, "down");
		stamped(down, size);
		await open(page, byKey(sshd));
		const { sums, result } = await page.evaluate(
			async ({ dir, SLICE }) => {
				const { sftp, handle, hash } = window.t;
				const file = await handle("down");
				await sftp.get(`${dir}/down`, file);
				const got = await file.getFile();
				const sums: string[] = [];
				for (let at = 0; at < got.size; at += SLICE) sums.push(await hash(got.slice(at, at + SLICE)));
				return { sums, result: await sftp.put(got, `${dir}/up`) };
			},
			{ dir, SLICE },
		);
		expect(sums).toEqual(slices(down));
		expect(result).toMatchObject({ bytes: size, size });
		expect(slices(join(dir, "up"))).toEqual(sums);
		expect(readdirSync(dir).sort()).toEqual(["down", "up"]);
	} finally {
		await sshd.dispose();
	}
});

test("offsets beyond 32 bits are met to the byte", async ({ page, sshd }) => {
	const dir = folder(sshd);
	const size = 4 * GiB + 1;
	// Sparse: no disk is filled, and what lies around the border is known.
	sparse(join(dir, "large"), size, 4 * GiB - 4, "beyond".slice(0, 5));
	sparse(join(dir, "up.part"), 4 * GiB, 4 * GiB - 4, "part");
	// A part is younger than what it is a part of.
	const later = Date.now() / 1000 + 3600;
	utimesSync(join(dir, "up.part"), later, later);
	await open(page, byKey(sshd));
	const seen = await page.evaluate(
		async ({ dir, size }) => {
			const { sftp, handle, collect } = window.t;
			const border = 2 ** 32;
			const text = async (options: object) => (await collect(sftp.read(`${dir}/large`, options))).text();
			const parts = [
				(await sftp.stat(`${dir}/large`)).size,
				await text({ offset: border - 4, length: 4 }),
				await text({ offset: border }),
				(await text({ offset: border - 3 * 2 ** 20 })).length,
				await text({ offset: size }),
			];

			// As large here as there, and the last three bytes another.
			const local = await handle("up");
			const out = await local.createWritable();
			await out.truncate(size);
			await out.write({ type: "write", position: border - 4, data: "parts" });
			await out.close();
			const resumed = await sftp.put(local, `${dir}/up`, { resume: true });

			const writer = sftp.write(`${dir}/large`, { offset: border + 1 }).getWriter();
			await writer.write(new TextEncoder().encode("!"));
			await writer.close();
			return { parts, resumed };
		},
		{ dir, size },
	);
	expect(seen.parts).toEqual([size, "beyo", "n", 3 * MiB + 1, ""]);
	expect(seen.resumed.size).toBe(size);
	expect(seen.resumed.bytes, "sent anew").toBeLessThan(4 * MiB);
	expect(at(join(dir, "large"), 4 * GiB - 4, 8)).toBe("beyon!");
	expect(at(join(dir, "up"), 4 * GiB - 4, 8)).toBe("parts");
	expect(readdirSync(dir).sort()).toEqual(["large", "up"]);
	rmSync(dir, { recursive: true });
});

panel("five hundred small files go up as a folder and come down as an archive", async ({ files, page }) => {
	test.slow();
	const local = mkdtempSync(join(tmpdir(), "wasmiko-many-"));
	try {
		const all = new Map(Array.from({ length: 500 }, (_, i) => [`f${i}`, randomBytes(i % 5 === 0 ? i : 4096)]));
		mkdirSync(join(local, "many"));
		for (const [name, bytes] of all) writeFileSync(join(local, "many", name), bytes);
		await files.uploadFolder(join(local, "many"));
		await expect(files.transfers).toContainText("Done · 500 files", { timeout: 90_000 });
		expect(readdirSync(join(files.dir, "many"))).toHaveLength(500);
		for (const [name, bytes] of all) expect(files.read(`many/${name}`).equals(bytes), name).toBe(true);

		const archive = await files.download("many", "Download");
		const out = unpack(archive, local);
		for (const [name, bytes] of all) expect(readFileSync(join(out, "many", name)).equals(bytes), name).toBe(true);
		expect(readdirSync(join(out, "many"))).toHaveLength(500);
	} finally {
		rmSync(local, { recursive: true });
	}
	await expect(page.locator(".why:not(:empty)")).toHaveCount(0);
});

panel("a folder of a hundred thousand entries stays smooth", async ({ files, page }) => {
	test.slow();
	const [half, all] = [50_000, 100_000];
	const make = `seq -f m%06.0f ${half} | xargs touch; seq -f o%06.0f ${half - 1} | xargs touch; touch needle`;
	mkdirSync(join(files.dir, "many"));
	execFileSync("sh", ["-c", make], { cwd: join(files.dir, "many") });
	await page.evaluate(() => {
		const longest = { ms: 0 };
		Object.assign(window, { longest });
		new PerformanceObserver((list) => {
			for (const { duration } of list.getEntries()) longest.ms = Math.max(longest.ms, Math.round(duration));
		}).observe({ type: "longtask" });
	});
	const drawn = () => files.grid.locator(".rows .row").count();

	const start = Date.now();
	await files.go(`${files.dir}/many`);
	await files.listed({ timeout: 60_000 });
	console.log(`${all} entries in ${Date.now() - start} ms`);
	await expect(page.locator("ssh-files .status")).toContainText("100,000 items");
	await expect(files.grid).toHaveAttribute("aria-rowcount", `${all + 1}`);
	expect(await drawn(), "rows at the top").toBeLessThan(80);

	await files.grid.focus();
	await page.keyboard.press("End");
	await expect(files.row("o049999")).toHaveAttribute("aria-rowindex", `${all + 1}`);
	await expect(files.row("o049999")).toBeInViewport();
	expect(await drawn(), "rows at the end").toBeLessThan(80);

	await page.keyboard.type("need");
	await expect(files.row("needle")).toHaveAttribute("aria-rowindex", `${half + 2}`);
	await expect(files.row("needle")).toHaveAttribute("aria-selected", "true");
	await expect(files.row("needle")).toBeInViewport();
	expect(await drawn(), "rows in the middle").toBeLessThan(80);

	const longest = await page.evaluate(() => (window as unknown as { longest: { ms: number } }).longest.ms);
	console.log(`the longest task took ${longest} ms`); // to be read: a busy machine makes it as long as it likes
});

panel("a deep tree goes up, comes down and is deleted", async ({ files, page }) => {
	const local = mkdtempSync(join(tmpdir(), "wasmiko-deep-"));
	try {
		const folders = Array.from({ length: 50 }, (_, i) => `level ${i}`);
		const deepest = ["deep", ...folders].join("/");
		mkdirSync(join(local, deepest), { recursive: true });
		for (let i = 0; i <= 50; i += 10) writeFileSync(join(local, "deep", ...folders.slice(0, i), "file.txt"), `at ${i}`);
		await files.uploadFolder(join(local, "deep"));
		await expect(files.transfers).toContainText("Done · 6 files");
		expect(String(files.read(`${deepest}/file.txt`))).toBe("at 50");

		const out = unpack(await files.download("deep", "Download"), local);
		for (let i = 0; i <= 50; i += 10)
			expect(readFileSync(join(out, "deep", ...folders.slice(0, i), "file.txt"), "utf8")).toBe(`at ${i}`);

		await files.row("deep").click();
		await page.keyboard.press("Delete");
		await files
			.dialog(/^Delete/)
			.getByRole("button", { name: "Delete" })
			.click();
		await expect.poll(() => existsSync(join(files.dir, "deep"))).toBe(false);
	} finally {
		rmSync(local, { recursive: true });
	}
});

/** Makes a file of random bytes no two megabytes of which are the same. */
function stamped(path: string, size: number): void {
	const block = randomBytes(MiB);
	const file = openSync(path, "w");
	for (let i = 0; i < size / MiB; i++) {
		block.writeUInt32BE(i);
		writeSync(file, block);
	}
	closeSync(file);
}

function slices(path: string): string[] {
	const file = openSync(path, "r");
	const { size } = statSync(path);
	const block = Buffer.alloc(SLICE);
	const sums: string[] = [];
	for (let at = 0; at < size; at += SLICE) {
		const read = readSync(file, block, 0, SLICE, at);
		sums.push(createHash("sha256").update(block.subarray(0, read)).digest("hex"));
	}
	closeSync(file);
	return sums;
}

/** Makes a file that is empty space but for one text. */
function sparse(path: string, size: number, position: number, text: string): void {
	writeFileSync(path, "");
	truncateSync(path, size);
	const file = openSync(path, "r+");
	writeSync(file, text, position);
	closeSync(file);
}

/** The text at a place of a file. */
function at(path: string, position: number, length: number): string {
	const file = openSync(path, "r");
	const bytes = Buffer.alloc(length);
	const read = readSync(file, bytes, 0, length, position);
	closeSync(file);
	return bytes.toString("latin1", 0, read);
}

/** Unpacks an archive as another program does, and returns the folder. */
function unpack(archive: Buffer, dir: string): string {
	const [zip, out] = [join(dir, "archive.zip"), join(dir, "unpacked")];
	writeFileSync(zip, archive);
	execFileSync("python3", ["-m", "zipfile", "-e", zip, out]);
	return out;
}
