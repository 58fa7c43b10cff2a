/** What goes wrong around a transfer: the sentence names the file and the cause, and nothing half-written has a final name. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
	appendFileSync,
	chmodSync,
	chownSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	symlinkSync,
	truncateSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { sha } from "./files.ts";
import { expect } from "./fixtures.ts";
import { type Any, byKey, equip, folder, MiB, open, test } from "./sftp.ts";
import { SSHD } from "./sshd.ts";

const long = "x".repeat(300);

test.describe("what is no file is named as what it is:", () => {
	for (const [name, why] of [
		["folder", "it is a folder"],
		["pipe", "it is no ordinary file"],
		["socket", "it is no ordinary file"],
		["loop", "it is a link that leads nowhere"],
		["dangling", "it is a link that leads nowhere"],
		["file/inner", "there is no such file or folder"],
		[long, "the name is longer than the server takes"],
	] as const)
		test(name === long ? "a name too long" : name, async ({ page, sshd }) => {
			const dir = folder(sshd);
			writeFileSync(join(dir, "file"), "x");
			mkdirSync(join(dir, "folder"));
			execFileSync("mkfifo", [join(dir, "pipe")]);
			symlinkSync("loop", join(dir, "loop"));
			symlinkSync("nowhere", join(dir, "dangling"));
			const socket = createServer().listen(join(dir, "socket"));
			const before = readdirSync(dir).sort();
			try {
				await open(page, byKey(sshd));
				const failures = await page.evaluate(
					async (path) => {
						const { sftp, failure, handle } = window.t;
						const down = await failure(sftp.get(path, await handle("down")));
						const up = await failure(sftp.put("new", path));
						const again = await failure(sftp.put(new Blob(["new"]), path, { resume: true }));
						return [down, up, again];
					},
					join(dir, name),
				);
				for (const failure of failures) {
					expect(failure).toMatchObject({ name: "SFTPError", code: "sftp" });
					expect(failure.message).toContain(`“${join(dir, name)}`);
					expect(failure.message).toMatch(new RegExp(`: ${why}\\.$`));
				}
				expect(readdirSync(dir).sort()).toEqual(before);
			} finally {
				socket.close();
			}
		});
});

test("a disk that is full on the server: what is there stays, and with room made the upload goes on", async ({
	page,
}) => {
	const sshd = await new SSHD({ disk: "12m" }).start();
	try {
		const disk = sshd.inside(sshd.disk);
		const filler = join(disk, "filler");
		writeFileSync(filler, Buffer.alloc(6 * MiB));
		writeFileSync(join(disk, "up"), "old");
		await open(page, byKey(sshd));
		const { sum, full } = await page.evaluate(async (path) => {
			const { sftp, failure, make, hash } = window.t;
			window.t.blob = new Blob([make(8 * 2 ** 20, 4)]);
			return { sum: await hash(window.t.blob), full: await failure(sftp.put(window.t.blob, path)) };
		}, `${sshd.disk}/up`);
		expect(full).toMatchObject({ reason: "no-space", hint: "Make room on the server, then go on." });
		expect(full.message).toBe(`Cannot write “${sshd.disk}/up.part”: no space is left on the server.`);
		expect(readFileSync(join(disk, "up"), "utf8")).toBe("old");
		expect(statSync(join(disk, "up.part")).size).toBeGreaterThan(4 * MiB);

		rmSync(filler);
		const { size, bytes } = await page.evaluate(
			(path) => window.t.sftp.put(window.t.blob, path, { resume: true }),
			`${sshd.disk}/up`,
		);
		expect(size).toBe(8 * MiB);
		expect(bytes, "sent anew").toBeLessThan(6 * MiB);
		expect(sha(readFileSync(join(disk, "up")))).toBe(sum);
		expect(readdirSync(disk)).toEqual(["up"]);
	} finally {
		await sshd.dispose();
	}
});

test("a browser that gives no more room: the file here stays as it was", async ({ page, sshd, context }) => {
	const path = join(folder(sshd), "down");
	writeFileSync(path, randomBytes(24 * MiB));
	await open(page, byKey(sshd));
	const cdp = await context.newCDPSession(page);
	const origin = new URL(page.url()).origin;
	const get = () =>
		page.evaluate(async (path) => {
			const { sftp, handle, failure } = window.t;
			const file = await handle("full");
			const result = await failure(sftp.get(path, file));
			return { result, size: (await file.getFile()).size };
		}, path);
	await page.evaluate(async () => {
		const out = await (await window.t.handle("full")).createWritable();
		await out.write("old");
		await out.close();
	});
	await cdp.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 8 * MiB });
	const { result, size } = await get();
	expect(result).toMatchObject({ name: "SFTPError", reason: "local-space", path: "full" });
	expect(result.message).toBe(
		"Cannot write “full” on this computer: there is no space left, or the browser gives this page no more.",
	);
	expect(size).toBe(3);
	await cdp.send("Storage.overrideQuotaForOrigin", { origin });
	expect(await get()).toMatchObject({ result: { resolved: { bytes: 24 * MiB, size: 24 * MiB } }, size: 24 * MiB });
});

/** What happens to a file on the server while it is read. */
const meanwhile: readonly [name: string, act: (path: string) => void, outcome: "whole" | "changed"][] = [
	["cut short", (path) => truncateSync(path, 100), "changed"],
	["made longer", (path) => appendFileSync(path, "more"), "changed"],
	["written over", (path) => writeFileSync(path, Buffer.alloc(24 * MiB), { flag: "r+" }), "changed"],
	["removed", (path) => rmSync(path), "whole"],
	["replaced", (path) => replace(path), "whole"],
];

test.describe("a file that is read while it is", () => {
	for (const [name, act, outcome] of meanwhile)
		test(name, async ({ page, sshd }) => {
			const path = join(folder(sshd), "file");
			const bytes = randomBytes(24 * MiB);
			writeFileSync(path, bytes);
			// The server tells whole seconds.
			utimesSync(path, 1_000_000_000, 1_000_000_000);
			await fault(page, () => act(path));
			await open(page, byKey(sshd));
			const { result, sum, local } = await page.evaluate(async (path) => {
				const { sftp, failure, handle, hash } = window.t;
				const file = await handle("file");
				const out = await file.createWritable();
				await out.write("old");
				await out.close();
				// A stream that takes its time: the middle of the file is still to be asked for.
				let seen = false;
				const taken: Uint8Array<ArrayBuffer>[] = [];
				const slow = new WritableStream<Uint8Array<ArrayBuffer>>({
					async write(chunk) {
						taken.push(chunk);
						if (!seen) await (window as Any).fault();
						seen = true;
					},
				});
				const result = await failure(sftp.get(path, slow));
				const local = await failure(sftp.get(`${path}.none`, file));
				return {
					result,
					sum: await hash(new Blob(taken)),
					local: [local.reason, await (await file.getFile()).text()],
				};
			}, path);
			if (outcome === "whole") {
				expect(result.resolved).toMatchObject({ bytes: 24 * MiB, size: 24 * MiB });
				expect(sum).toBe(sha(bytes));
			} else {
				expect(result).toMatchObject({ name: "SFTPError", reason: "changed", path });
				expect(result.message).toBe(`Cannot read “${path}”: it changed while it was moved.`);
			}
			expect(local).toEqual(["no-such-file", "old"]);
		});
});

/** What happens on the server while a file is written. */
const interference: readonly (readonly [name: string, act: (path: string) => void, reason: string, verify?: true])[] = [
	["its part is removed", (path) => rmSync(`${path}.part`), "part-taken"],
	["its part is replaced", (path) => replace(`${path}.part`), "part-taken"],
	// What follows makes it as long as it should be: only a checksum tells.
	["its part is cut short", (path) => truncateSync(`${path}.part`, 100), "checksum-mismatch", true],
	["its folder is removed", (path) => rmSync(join(path, ".."), { recursive: true }), "part-taken"],
];

test.describe("an upload fails, and leaves the old file, when", () => {
	for (const [name, act, reason, verify = false] of interference)
		test(name, async ({ page, sshd }) => {
			const dir = folder(sshd);
			const path = join(dir, "file");
			writeFileSync(path, "old");
			await fault(page, () => act(path));
			await open(page, byKey(sshd));
			const result = await page.evaluate(
				({ path, verify }) => window.t.failure(window.t.sftp.put((window as Any).slow(), path, { verify })),
				{ path, verify },
			);
			expect(result).toMatchObject({ name: "SFTPError", code: "sftp", reason });
			expect(result.message).toContain(`“${path}`);
			if (existsSync(dir)) expect(readFileSync(path, "utf8")).toBe("old");
		});
});

test("a folder that is locked in mid-upload, and unlocked again", async ({ page, sshd }) => {
	expect(sshd.passwordUser, "an account of its own takes root").toBeDefined();
	const dir = mkdtempSync(join(sshd.dir, "home", "lock-"));
	const path = join(dir, "file");
	writeFileSync(path, "old");
	const { uid, gid } = statSync(join(dir, ".."));
	for (const each of [dir, path]) chownSync(each, uid, gid);
	await fault(page, () => chmodSync(dir, 0o555));
	await open(page, byKey(sshd, { username: sshd.passwordUser ?? "" }));
	const denied = await page.evaluate((path) => window.t.failure(window.t.sftp.put((window as Any).slow(), path)), path);
	expect(denied).toMatchObject({ name: "SFTPError", reason: "permission-denied" });
	expect(denied.message).toMatch(/^Cannot \w+ “.*\/file(\.part)?”: permission denied\.$/);
	expect(readFileSync(path, "utf8")).toBe("old");

	chmodSync(dir, 0o755);
	const { resumed, sum } = await page.evaluate(async (path) => {
		const { sftp, make, hash } = window.t;
		const blob = new Blob([make(12 * 2 ** 20, 6)]);
		return { resumed: await sftp.put(blob, path, { resume: true }), sum: await hash(blob) };
	}, path);
	expect(resumed.bytes, "sent anew").toBeLessThan(4 * MiB);
	expect(sha(readFileSync(path))).toBe(sum);
	expect(readdirSync(dir)).toEqual(["file"]);
});

test("a tab that is closed in mid-upload leaves the old file and a part, which the next goes on with", async ({
	page,
	context,
	sshd,
}) => {
	const dir = folder(sshd);
	const path = join(dir, "file");
	writeFileSync(path, "old");
	let stall = () => {};
	const stalled = new Promise<void>((resolve) => {
		stall = resolve;
	});
	await fault(page, () => {
		stall();
		return new Promise<void>(() => {});
	});
	await open(page, byKey(sshd));
	await page.evaluate((path) => void window.t.sftp.put((window as Any).slow(), path).catch(() => {}), path);
	await stalled;
	await expect.poll(() => statSync(`${path}.part`).size).toBeGreaterThan(7 * MiB);
	await page.close();
	expect(readFileSync(path, "utf8")).toBe("old");

	const next = await context.newPage();
	await equip(next);
	await open(next, byKey(sshd));
	const { resumed, sum } = await next.evaluate(async (path) => {
		const { sftp, make, hash } = window.t;
		const blob = new Blob([make(12 * 2 ** 20, 6)]);
		return { resumed: await sftp.put(blob, path, { resume: true }), sum: await hash(blob) };
	}, path);
	expect(resumed.size).toBe(12 * MiB);
	expect(resumed.bytes, "sent anew").toBeLessThan(8 * MiB);
	expect(sha(readFileSync(path))).toBe(sum);
	expect(readdirSync(dir)).toEqual(["file"]);
});

test("a file here that changes in mid-upload", async ({ page, sshd }) => {
	const dir = folder(sshd);
	const path = join(dir, "file");
	writeFileSync(path, "old");
	await open(page, byKey(sshd));
	const result = await page.evaluate(async (path) => {
		const { sftp, handle, make, failure } = window.t;
		const file = await handle("changing");
		const write = async (bytes: Uint8Array<ArrayBuffer>) => {
			const out = await file.createWritable();
			await out.write(bytes);
			await out.close();
		};
		await write(make(48 * 2 ** 20, 1));
		let changed: Promise<void> | undefined;
		const onProgress = () => {
			changed ??= write(make(1000, 2));
		};
		const result = await failure(sftp.put(file, path, { onProgress }));
		await changed;
		return result;
	}, path);
	expect(result).toMatchObject({ name: "SFTPError", reason: "local-read", path: "changing" });
	expect(result.message).toBe("Cannot read “changing” on this computer: it changed or cannot be reached.");
	expect(readFileSync(path, "utf8")).toBe("old");
});

/**
 * Gives the page a stream of 12 MiB that stops after eight until the fault has happened; and
 * the fault alone, as a function to wait for.
 */
async function fault(page: Page, act: () => void | Promise<void>): Promise<void> {
	await page.exposeFunction("fault", act);
	await page.evaluate(() => {
		(window as Any).slow = () => {
			const bytes = window.t.make(12 * 2 ** 20, 6);
			let at = 0;
			return new ReadableStream<Uint8Array>(
				{
					async pull(controller) {
						if (at === 8 * 2 ** 20) await (window as Any).fault();
						controller.enqueue(bytes.slice(at, at + 65_536));
						at += 65_536;
						if (at === bytes.length) controller.close();
					},
				},
				{ highWaterMark: 0 },
			);
		};
	});
}

/** Puts another file in one's place, as editors and package managers do. */
function replace(path: string): void {
	writeFileSync(`${path}.new`, "another");
	renameSync(`${path}.new`, path);
}
