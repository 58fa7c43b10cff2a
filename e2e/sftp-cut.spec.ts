/** Connections that die at every moment of a transfer: what has arrived is kept, and nothing wrong ever is. */
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { Cutter } from "./cutter.ts";
import { sha } from "./files.ts";
import { expect } from "./fixtures.ts";
import { type Any, test as base, byKey, folder, MiB, open, type Target } from "./sftp.ts";

const CUTS = 10;
const size = 40 * MiB;

/** What is done over a line: in the page, with `window.t` and a path. */
type Work = (path: string) => Promise<unknown>;

/** The way to the server, which can be cut. */
class Line {
	readonly #page: Page;
	readonly #target: Target;
	readonly #cutter: Cutter;

	constructor(page: Page, target: Target, cutter: Cutter) {
		this.#page = page;
		this.#target = target;
		this.#cutter = cutter;
	}

	get cuts(): number {
		return this.#cutter.cuts;
	}

	/** Connects and works until so many bytes have passed, or to the end; tells how it went. */
	async run(work: Work, path: string, bytes = Number.POSITIVE_INFINITY): Promise<Any> {
		this.#cutter.cutAfter(bytes);
		const result = await this.#run(work, path);
		this.#cutter.cutAfter(Number.POSITIVE_INFINITY);
		if (!result.resolved) expect(result).toMatchObject({ name: "SFTPError", code: "closed" });
		return result;
	}

	/** How many bytes pass when nothing cuts. */
	async count(work: Work, path: string): Promise<number> {
		const sums: number[] = [];
		for (let i = 0; i < 3; i++) {
			const before = this.#cutter.passed;
			await this.#run(work, path);
			sums.push(this.#cutter.passed - before);
		}
		return Math.min(...sums);
	}

	async #run(work: Work, path: string): Promise<Any> {
		await open(this.#page, this.#target);
		const step = await this.#page.evaluateHandle(`(${work})`);
		return this.#page.evaluate(
			async ({ step, path }) => {
				const result = await window.t.failure((step as Any)(path));
				await window.t.client.close();
				return result;
			},
			{ step, path },
		);
	}
}

const test = base.extend<{ line: Line }>({
	line: async ({ page, sshd }, use) => {
		const cutter = await new Cutter(sshd.port).start();
		await use(new Line(page, byKey(sshd, { port: cutter.port }), cutter));
		cutter.stop();
	},
});

/** Where the next cut comes, in bytes of its connection: each time elsewhere, and never after the last one. */
function place({ cuts }: Line, around: number): number {
	return cuts < CUTS ? around + ((cuts * 7919) % 64) * 8191 : Number.POSITIVE_INFINITY;
}

test("a download is cut ten times and arrives whole", async ({ page, sshd, line }) => {
	test.slow();
	const path = join(folder(sshd), "down");
	const bytes = randomBytes(size);
	writeFileSync(path, bytes);
	const get = async (path: string) => {
		const { sftp, handle } = window.t;
		const file = await handle("down");
		const { size: offset } = await file.getFile();
		return sftp.get(path, file, { offset, keepPartial: true });
	};
	const kept = [0];
	const last = () => kept.at(-1) ?? 0;
	for (;;) {
		const { resolved } = await line.run(get, path, place(line, 2.75 * MiB));
		if (resolved) {
			expect(resolved).toMatchObject({ bytes: size - last(), size });
			break;
		}
		const have = await page.evaluate(async () => (await (await window.t.handle("down")).getFile()).size);
		expect(have, "what had arrived").toBeGreaterThanOrEqual(last());
		expect(have, "half a file").toBeLessThan(size);
		kept.push(have);
	}
	expect(line.cuts).toBe(CUTS);
	expect(new Set(kept).size, "places to go on from").toBeGreaterThan(CUTS / 2);
	const sum = await page.evaluate(async () => window.t.hash(await (await window.t.handle("down")).getFile()));
	expect(sum).toBe(sha(bytes));
});

test("an upload is cut ten times and arrives whole", async ({ page, sshd, line }) => {
	test.slow();
	const dir = folder(sshd);
	const path = join(dir, "up");
	writeFileSync(path, "old");
	const sum = await page.evaluate(async (size) => {
		window.t.blob = new Blob([window.t.make(size, 20)]);
		return window.t.hash(window.t.blob);
	}, size);
	const put = async (path: string) => window.t.sftp.put(window.t.blob, path, { resume: true });
	for (let before = 0; ; ) {
		// The last two megabytes are sent once more each time, for a server may have lost of them.
		const { resolved } = await line.run(put, path, place(line, 5 * MiB));
		if (resolved) {
			expect(resolved.size).toBe(size);
			expect(resolved.bytes, "sent in the last part").toBeLessThan(size - before + 3 * MiB);
			expect(before, "kept of what was sent").toBeGreaterThan(size / 4);
			break;
		}
		expect(readFileSync(path, "utf8"), "the old file").toBe("old");
		before = statSync(`${path}.part`).size;
	}
	expect(line.cuts).toBe(CUTS);
	expect(sha(readFileSync(path))).toBe(sum);
	expect(readdirSync(dir)).toEqual(["up"]);
});

// A transfer ends in some hundred bytes of questions and answers: the last data, times and
// permissions, closing, renaming. Each of these cuts comes between two of them, or within one.
const BEFORE_END = Array.from({ length: 16 }, (_, i) => 24 + i * 56);
const whole = "new".repeat(20_000);

test("an upload that is cut while it is closed and renamed is the old file or the new", async ({ sshd, line }) => {
	test.slow();
	const dir = folder(sshd);
	const path = join(dir, "up");
	const put = async (path: string) => window.t.sftp.put("new".repeat(20_000), path, { resume: true });
	const total = await line.count(put, path);
	let failed = 0;
	for (const early of BEFORE_END) {
		writeFileSync(path, "old");
		const { resolved } = await line.run(put, path, total - early);
		if (!resolved) failed++;
		expect(resolved ? [whole] : ["old", whole]).toContain(readFileSync(path, "utf8"));
		if (!resolved) await line.run(put, path);
		expect(readFileSync(path, "utf8")).toBe(whole);
		expect(readdirSync(dir)).toEqual(["up"]);
	}
	expect(failed, "cuts that came in time").toBeGreaterThan(BEFORE_END.length / 2);
});

test("a download that is cut in its last bytes is the old file or the new", async ({ page, sshd, line }) => {
	test.slow();
	const path = join(folder(sshd), "down");
	writeFileSync(path, whole);
	const get = async (path: string) => {
		const { sftp, handle } = window.t;
		const file = await handle("last");
		const out = await file.createWritable();
		await out.write("old");
		await out.close();
		return sftp.get(path, file);
	};
	const total = await line.count(get, path);
	let failed = 0;
	for (const early of BEFORE_END) {
		const { resolved } = await line.run(get, path, total - early);
		if (!resolved) failed++;
		const text = await page.evaluate(async () => (await (await window.t.handle("last")).getFile()).text());
		expect(text).toBe(resolved ? whole : "old");
	}
	expect(failed, "cuts that came in time").toBeGreaterThan(0);
});
