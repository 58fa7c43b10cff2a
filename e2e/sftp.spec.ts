/** Files, as a page's own script works with them: `client.sftp()` against OpenSSH and the demo. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
	chmodSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Cutter } from "./cutter.ts";
import { sha } from "./files.ts";
import { expect, readKey } from "./fixtures.ts";
import { type Any, byKey, demo, folder, KiB, MiB, open, test } from "./sftp.ts";
import { SSHD } from "./sshd.ts";

test("lists ten thousand entries as they come", async ({ page, wasmiko }) => {
	await open(page, demo(wasmiko.demoPort));
	const seen = await page.evaluate(async () => {
		const { sftp, failure } = window.t;
		const names: string[] = [];
		let first: Any;
		const start = performance.now();
		for await (const entry of sftp.list("/many")) {
			first ??= entry;
			names.push(entry.name);
		}
		const ms = performance.now() - start;
		let some = 0;
		for await (const _ of sftp.list("/many")) if (++some === 3) break;
		const capped = async () => {
			let n = 0;
			for await (const _ of sftp.list("/many", { max: 10 })) n++;
			return n;
		};
		return {
			ms,
			count: new Set(names).size,
			first,
			last: names.at(-1),
			some,
			capped: await failure(capped()),
			home: sftp.home,
		};
	});
	console.log(`10,000 entries in ${Math.round(seen.ms)} ms`);
	expect(seen).toMatchObject({ count: 10_000, last: "file-10000.txt", some: 3, home: expect.stringMatching(/^\//) });
	expect(seen.first).toMatchObject({
		name: "file-00001.txt",
		type: "file",
		size: 25,
		mode: expect.any(Number),
		mtime: expect.any(Number),
	});
	expect(seen.capped).toMatchObject({ name: "SFTPError", code: "sftp", reason: "too-many" });
});

test.describe("moves files whole", () => {
	for (const [name, size] of [
		["nothing", 0],
		["one byte", 1],
		["a byte less than a request", 32 * KiB - 1],
		["a byte more than a request", 32 * KiB + 1],
		["a megabyte and three", MiB + 3],
		["16 MiB", 16 * MiB],
	] as const)
		test(name, async ({ page, sshd }) => {
			const dir = folder(sshd);
			const bytes = randomBytes(size);
			writeFileSync(join(dir, "down"), bytes);
			await open(page, byKey(sshd));
			const moved = await page.evaluate(
				async ({ dir, size }) => {
					const { sftp, handle, hash, make, collect } = window.t;
					const file = await handle("down");
					const progress: Any[] = [];
					const got = await sftp.get(`${dir}/down`, file, { onProgress: (p: Any) => progress.push(p) });
					const put = await sftp.put(new Blob([make(size, 7)]), `${dir}/up`);
					const streamed = await collect(sftp.read(`${dir}/down`));
					return {
						...{ got, put, last: progress.at(-1) },
						down: await hash(await file.getFile()),
						streamed: await hash(streamed),
						up: await hash(make(size, 7)),
					};
				},
				{ dir, size },
			);
			expect(moved.got).toMatchObject({ bytes: size, size });
			expect(moved.put).toEqual({ bytes: size, size });
			expect(moved.last).toEqual({ done: size, total: size });
			expect(moved.down).toBe(sha(bytes));
			expect(moved.streamed).toBe(sha(bytes));
			expect(sha(readFileSync(join(dir, "up")))).toBe(moved.up);
			expect(readdirSync(dir).sort()).toEqual(["down", "up"]);
		});

	test("more small ones than the server may have open, there and back", async ({ page }) => {
		const count = 300;
		const sshd = await new SSHD({ openFiles: 100 }).start();
		try {
			const dir = folder(sshd);
			await open(page, byKey(sshd));
			const wrong = await page.evaluate(
				async ({ dir, count }) => {
					const { sftp, make, hash, collect } = window.t;
					const list = Array.from({ length: count }, (_, i) => i);
					const sums = new Map<number, string>();
					const workers = (step: (i: number) => Promise<void>) => {
						const left = [...list];
						const next = async (): Promise<void> => {
							for (let i = left.pop(); i !== undefined; i = left.pop()) await step(i);
						};
						return Promise.all(Array.from({ length: 8 }, next));
					};
					await workers(async (i) => {
						const bytes = make(i * 3, i);
						sums.set(i, await hash(bytes));
						await sftp.put(bytes, `${dir}/small-${i}`);
					});
					const wrong: number[] = [];
					await workers(async (i) => {
						if ((await hash(await collect(sftp.read(`${dir}/small-${i}`)))) !== sums.get(i)) wrong.push(i);
					});
					return wrong;
				},
				{ dir, count },
			);
			expect(wrong).toEqual([]);
			expect(readdirSync(dir)).toHaveLength(count);
		} finally {
			await sshd.dispose();
		}
	});

	test("a part of one, and into the middle of one", async ({ page, sshd }) => {
		const dir = folder(sshd);
		const path = join(dir, "text");
		writeFileSync(path, "0123456789");
		await open(page, byKey(sshd));
		const parts = await page.evaluate(async (path) => {
			const { sftp, collect, handle } = window.t;
			const text = async (options: object) => (await collect(sftp.read(path, options))).text();
			const parts = [await text({ offset: 3, length: 4 }), await text({ offset: 8 }), await text({ length: 0 })];
			const file = await handle("partial");
			await sftp.get(path, file, { length: 6 });
			await sftp.get(path, file, { offset: 4 });
			parts.push(await (await file.getFile()).text());
			const writer = sftp.write(path, { offset: 8 }).getWriter();
			await writer.write(new TextEncoder().encode("XYZ"));
			await writer.close();
			return parts;
		}, path);
		expect(parts).toEqual(["3456", "89", "", "0123456789"]);
		expect(readFileSync(path, "utf8")).toBe("01234567XYZ");
	});
});

test.describe("puts", () => {
	test("text, bytes, a stream, a file and a handle", async ({ page, sshd }) => {
		const dir = folder(sshd);
		await open(page, byKey(sshd));
		await page.evaluate(async (dir) => {
			const { sftp, handle } = window.t;
			const bytes = new TextEncoder().encode("some text");
			const file = await handle("source");
			const writable = await file.createWritable();
			await writable.write(bytes);
			await writable.close();
			await sftp.put("some text", `${dir}/text`);
			await sftp.put(bytes, `${dir}/bytes`);
			await sftp.put(new Blob([bytes]).stream(), `${dir}/stream`);
			await sftp.put(new File([bytes], "x", { lastModified: 1_000_000_000_000 }), `${dir}/file`, {
				keepTime: true,
				mode: 0o640,
			});
			await sftp.put(file, `${dir}/handle`);
		}, dir);
		for (const name of ["text", "bytes", "stream", "file", "handle"])
			expect(readFileSync(join(dir, name), "utf8")).toBe("some text");
		const { mtimeMs, mode } = statSync(join(dir, "file"));
		expect({ mtimeMs, mode: mode & 0o7777 }).toEqual({ mtimeMs: 1_000_000_000_000, mode: 0o640 });
	});

	test("over a file that is there, whose permissions stay, unless told not to", async ({ page, sshd }) => {
		const dir = folder(sshd);
		const path = join(dir, "there");
		writeFileSync(path, "old");
		chmodSync(path, 0o604);
		await open(page, byKey(sshd));
		const refused = await page.evaluate(async (path) => {
			const { sftp, failure } = window.t;
			const refused = await failure(sftp.put("new", path, { overwrite: false }));
			await sftp.put("new", path);
			return refused;
		}, path);
		expect(refused).toMatchObject({ name: "SFTPError", code: "sftp", reason: "exists", path });
		expect(refused.message).toBe(`Cannot write \u201c${path}\u201d: something with this name is there already.`);
		expect(readFileSync(path, "utf8")).toBe("new");
		expect(statSync(path).mode & 0o7777).toBe(0o604);
	});

	test("and compares checksums when asked", async ({ page, sshd }) => {
		const path = join(folder(sshd), "it's $(here)");
		await open(page, byKey(sshd));
		const result = await page.evaluate(
			(path) => window.t.sftp.put(window.t.make(100_000, 3), path, { verify: true }),
			path,
		);
		expect(result).toEqual({ bytes: 100_000, size: 100_000 });
	});

	test("and never replaces anything by what has another checksum, nor keeps it", async ({ page }) => {
		// A server that counts wrongly.
		const bin = test.info().outputPath("bin");
		mkdirSync(bin, { recursive: true });
		writeFileSync(join(bin, "sha256sum"), `#!/bin/sh\ncat >/dev/null\necho ${"0".repeat(64)} -\n`, { mode: 0o755 });
		const wrong = await new SSHD({ config: [`SetEnv PATH=${bin}:/usr/bin:/bin`] }).start();
		try {
			const dir = folder(wrong);
			const path = join(dir, "file");
			writeFileSync(path, "old");
			await open(page, byKey(wrong));
			const [up, down] = await page.evaluate(async (path) => {
				const { sftp, failure, handle } = window.t;
				const file = await handle("checked");
				const failures = [
					await failure(sftp.put("new", path, { verify: true })),
					await failure(sftp.get(path, file, { verify: true })),
				];
				return [...failures, (await file.getFile()).size];
			}, path);
			const mismatch = { name: "SFTPError", code: "sftp", reason: "checksum-mismatch" };
			expect(up).toMatchObject({ ...mismatch, path: `${path}.part` });
			expect(down).toMatchObject({ ...mismatch, path });
			expect(readFileSync(path, "utf8")).toBe("old");
			await expect.poll(() => readdirSync(dir)).toEqual(["file"]);
		} finally {
			await wrong.dispose();
		}
	});

	test("not over what came meanwhile, if it must not replace", async ({ page, sshd }) => {
		const dir = folder(sshd);
		const path = join(dir, "file");
		await open(page, byKey(sshd));
		const started = page.evaluate(async (path) => {
			const { sftp, failure, make } = window.t;
			let next = 0;
			const source = new ReadableStream<Uint8Array>({
				async pull(controller) {
					if (next++ < 3) return controller.enqueue(make(300_000, next));
					// The part is there; now the name is taken by somebody else.
					await sftp.write(path).getWriter().close();
					controller.close();
				},
			});
			return failure(sftp.put(source, path, { overwrite: false }));
		}, path);
		expect(await started).toMatchObject({ name: "SFTPError", code: "sftp", reason: "exists" });
		expect(statSync(path).size).toBe(0);
		expect(statSync(`${path}.part`).size).toBe(900_000);
	});

	test("nothing under the final name when aborted in the middle", async ({ page, sshd }) => {
		const dir = folder(sshd);
		const path = join(dir, "aborted");
		writeFileSync(path, "old");
		await open(page, byKey(sshd));
		const failures = await page.evaluate(async (path) => {
			const { sftp, make, failure } = window.t;
			const blob = new Blob([make(48 * 1024 * 1024, 1)]);
			const failures: Any[] = [];
			for (const source of [blob, blob.stream()]) {
				const abort = new AbortController();
				const reason = new Error("enough");
				const put = sftp.put(source, path, { signal: abort.signal, onProgress: () => abort.abort(reason) });
				failures.push((await failure(put)).message);
			}
			const writer = sftp.write(`${path}.2`, { atomic: true }).getWriter();
			await writer.write(make(100_000, 1));
			await writer.abort(new Error("no more"));
			await sftp.stat(path);
			return failures;
		}, path);
		expect(failures).toEqual(["enough", "enough"]);
		expect(readFileSync(path, "utf8")).toBe("old");
		expect(existsSync(`${path}.2`)).toBe(false);
	});
});

test("an aborted download leaves the file as it was", async ({ page, sshd }) => {
	const path = join(folder(sshd), "large");
	writeFileSync(path, randomBytes(48 * MiB));
	await open(page, byKey(sshd));
	const result = await page.evaluate(async (path) => {
		const { sftp, handle, failure } = window.t;
		const file = await handle("precious");
		const writable = await file.createWritable();
		await writable.write("precious");
		await writable.close();
		const abort = new AbortController();
		const options = { signal: abort.signal, onProgress: () => abort.abort(new Error("enough")) };
		const { message } = await failure(sftp.get(path, file, options));
		// Cancelling a stream ends the download, and the session goes on.
		const reader = sftp.read(path).getReader();
		await reader.read();
		await reader.cancel();
		const { size } = await sftp.stat(path);
		return { message, text: await (await file.getFile()).text(), size };
	}, path);
	expect(result).toEqual({ message: "enough", text: "precious", size: 48 * MiB });
});

test("goes on where the connection was cut, both ways", async ({ page, sshd }) => {
	const dir = folder(sshd);
	const size = 24 * MiB;
	const bytes = randomBytes(size);
	writeFileSync(join(dir, "down"), bytes);
	const cutter = await new Cutter(sshd.port).start();
	try {
		const target = byKey(sshd, { port: cutter.port });
		await page.evaluate(async () => {
			window.t.blob = new Blob([window.t.make(24 * 1024 * 1024, 9)]);
		});
		const step = async (what: "up" | "down") => {
			for (let tries = 1; ; tries++) {
				expect(tries).toBeLessThan(12);
				await open(page, target);
				if (cutter.cuts < 5 || what === "down") cutter.cutAfter(7 * MiB);
				const result = await page.evaluate(
					async ({ dir, what }) => {
						const { sftp, client, blob, handle, failure } = window.t;
						const file = await handle("resumed");
						const { size: offset } = await file.getFile();
						const work =
							what === "up"
								? sftp.put(blob, `${dir}/up`, { resume: true, verify: true })
								: sftp.get(`${dir}/down`, file, { offset, keepPartial: true });
						const result = await failure(work);
						await client.close();
						return result;
					},
					{ dir, what },
				);
				cutter.cutAfter(Number.POSITIVE_INFINITY);
				if (result.resolved) return result.resolved;
				expect(result).toMatchObject({ name: "SFTPError", code: "closed" });
				expect(existsSync(join(dir, "up")), "half a file under its final name").toBe(false);
			}
		};
		const down = await step("down");
		expect(down.bytes).toBeLessThan(size);
		expect(down.size).toBe(size);
		const hashed = await page.evaluate(async () => {
			const { hash, handle, blob } = window.t;
			return { down: await hash(await (await handle("resumed")).getFile()), up: await hash(blob) };
		});
		expect(hashed.down).toBe(sha(bytes));
		cutter.cuts = 0;
		const up = await step("up");
		expect(up.bytes).toBeLessThan(size);
		expect(sha(readFileSync(join(dir, "up")))).toBe(hashed.up);
		expect(cutter.cuts).toBeGreaterThan(1);
		expect(readdirSync(dir).sort()).toEqual(["down", "up"]);
	} finally {
		cutter.stop();
	}
});

test("a get resumes behind what the file holds, if that is of the same file", async ({ page, sshd }) => {
	const path = join(folder(sshd), "file");
	const data = randomBytes(500_000);
	writeFileSync(path, data);
	await open(page, byKey(sshd));
	const half = page.evaluate(async (path) => {
		const { sftp, handle, hash } = window.t;
		const file = await handle("resumed");
		await sftp.get(path, file, { length: 300_000 });
		const on = await sftp.get(path, file, { resume: true });
		const same = await hash(await file.getFile());
		// Written to since: not by what comes next, yet by what is here.
		const out = await file.createWritable({ keepExistingData: true });
		await out.write({ type: "write", position: 299_999, data: new Uint8Array([1, 2, 3]) });
		await out.truncate(300_000);
		await out.close();
		const anew = await sftp.get(path, file, { resume: true });
		const done = await sftp.get(path, file, { resume: true });
		return { on: on.bytes, same, anew: anew.bytes, again: await hash(await file.getFile()), done: done.bytes };
	}, path);
	expect(await half).toEqual({ on: 200_000, same: sha(data), anew: 500_000, again: sha(data), done: 0 });
});

test("a key is fetched with its permissions, which a browser cannot keep, and secured on the server", async ({
	page,
	sshd,
}) => {
	const path = join(folder(sshd), "id_ed25519");
	writeFileSync(path, readKey(sshd, "user"));
	chmodSync(path, 0o644);
	await open(page, byKey(sshd));
	const fetched = await page.evaluate(async (path) => {
		const { sftp } = window.t;
		const through = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>();
		const text = new Response(through.readable).text();
		const { mode, mtime } = await sftp.get(path, through.writable);
		await sftp.chmod(path, 0o600);
		return { text: await text, mode, mtime };
	}, path);
	expect(fetched.text).toBe(readKey(sshd, "user"));
	expect(fetched.mode).toBe(0o644);
	expect(Math.abs(fetched.mtime - Date.now())).toBeLessThan(3_600_000);
	expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("permissions of a whole tree, which stay within it", async ({ page, sshd }) => {
	const dir = folder(sshd);
	mkdirSync(join(dir, "tree/sub"), { recursive: true });
	for (const name of ["outside", "tree/a", "tree/sub/b"]) writeFileSync(join(dir, name), name, { mode: 0o644 });
	symlinkSync("../outside", join(dir, "tree/link"));
	await open(page, byKey(sshd));
	await page.evaluate((dir) => window.t.sftp.chmod(`${dir}/tree`, 0o640, { recursive: true }), dir);
	const modes = ["tree", "tree/sub", "tree/a", "tree/sub/b", "outside"].map((p) => statSync(join(dir, p)).mode & 0o777);
	expect(modes).toEqual([0o750, 0o750, 0o640, 0o640, 0o644]);
});

test("names are bytes", async ({ page, sshd }) => {
	const dir = folder(sshd);
	const names = [
		Buffer.from([0x66, 0xff, 0x2e, 0x74]),
		Buffer.from("two\nlines"),
		Buffer.from("🎉 ünï"),
		Buffer.from("-rf *"),
	];
	for (const name of names) writeFileSync(Buffer.concat([Buffer.from(`${dir}/`), name]), "x");
	await open(page, byKey(sshd));
	const listed = await page.evaluate(async (dir) => {
		const { sftp, collect } = window.t;
		const listed: Any = {};
		for await (const { name, raw } of sftp.list(dir)) {
			const path = raw ? new Uint8Array([...new TextEncoder().encode(`${dir}/`), ...raw]) : `${dir}/${name}`;
			listed[name] = [raw ? [...raw] : null, await (await collect(sftp.read(path))).text()];
			const renamed = typeof path === "string" ? `${path}2` : new Uint8Array([...path, 0x32]);
			await sftp.rename(path, renamed);
			if (raw) await sftp.remove(renamed);
		}
		return listed;
	}, dir);
	expect(listed).toEqual({
		"f\\xff.t": [[0x66, 0xff, 0x2e, 0x74], "x"],
		"two\\x0alines": [[...Buffer.from("two\nlines")], "x"],
		"🎉 ünï": [null, "x"],
		"-rf *": [null, "x"],
	});
	expect(readdirSync(dir).sort()).toEqual(["-rf *2", "🎉 ünï2"].sort());
});

test("changes what files are", async ({ page, sshd }) => {
	const dir = folder(sshd);
	await open(page, byKey(sshd));
	const seen = await page.evaluate(async (dir) => {
		const { sftp, failure, collect } = window.t;
		await sftp.mkdir(`${dir}/a/b/c`, { recursive: true });
		await sftp.put("old", `${dir}/a/old`);
		await sftp.put("new", `${dir}/a/new`);
		const taken = await failure(sftp.rename(`${dir}/a/new`, `${dir}/a/old`));
		await sftp.rename(`${dir}/a/new`, `${dir}/a/old`, { overwrite: true });
		await sftp.chmod(`${dir}/a/old`, 0o4711);
		await sftp.utimes(`${dir}/a/old`, 1_000_000_000_000, 1_100_000_000_000);
		await sftp.symlink("old", `${dir}/a/link`);
		const stat = await sftp.stat(`${dir}/a/link`);
		await sftp.link(`${dir}/a/old`, `${dir}/a/second`);
		await sftp.copy(`${dir}/a/old`, `${dir}/a/copy`);
		await sftp.truncate(`${dir}/a/copy`, 2);
		await sftp.symlink("/", `${dir}/a/b/out`);
		const seen = {
			taken,
			stat,
			lstat: (await sftp.lstat(`${dir}/a/link`)).type,
			readlink: await sftp.readlink(`${dir}/a/link`),
			realpath: await sftp.realpath(`${dir}/a/../a/link`),
			copy: await (await collect(sftp.read(`${dir}/a/copy`))).text(),
			space: await sftp.statvfs(dir),
			full: await failure(sftp.remove(`${dir}/a`)),
		};
		let removed = 0;
		await sftp.remove(`${dir}/a`, { recursive: true, onProgress: (n: number) => (removed = n) });
		return { ...seen, removed, gone: await failure(sftp.stat(`${dir}/a`)), extensions: sftp.extensions };
	}, dir);
	expect(seen.taken).toMatchObject({ reason: "exists" });
	expect(seen.stat).toMatchObject({
		type: "file",
		size: 3,
		mode: 0o4711,
		mtime: 1_100_000_000_000,
		atime: 1_000_000_000_000,
	});
	expect(seen).toMatchObject({ lstat: "symlink", readlink: { target: "old" }, realpath: `${dir}/a/old`, copy: "ne" });
	expect(seen.space.available).toBeGreaterThan(0);
	expect(seen.full).toMatchObject({
		reason: "not-empty",
		message: `Cannot remove the folder \u201c${dir}/a\u201d: it is not empty.`,
	});
	expect(seen.gone).toMatchObject({ reason: "no-such-file", status: 2, path: `${dir}/a` });
	expect(seen.extensions).toMatchObject({ "posix-rename@openssh.com": "1" });
	expect(readdirSync(dir)).toEqual([]);
});

test.describe("says what is wrong with", () => {
	test("a folder that the account may not see", async ({ page, sshd }) => {
		expect(sshd.passwordUser, "an account of its own takes root").toBeDefined();
		await open(page, byKey(sshd, { username: sshd.passwordUser ?? "" }));
		const failures = await page.evaluate(async () => {
			const { sftp, failure, handle, collect } = window.t;
			const list = async () => {
				for await (const _ of sftp.list("/root")) return;
			};
			return [
				await failure(list()),
				await failure(collect(sftp.read("/etc/shadow"))),
				await failure(sftp.get("/etc/shadow", await handle("x"))),
				await failure(sftp.put("x", "/etc/x")),
			];
		});
		for (const [i, path] of ["/root", "/etc/shadow", "/etc/shadow", "/etc/x.part"].entries())
			expect(failures[i]).toMatchObject({ name: "SFTPError", reason: "permission-denied", status: 3, path });
		expect(failures[1].message).toBe("Cannot read \u201c/etc/shadow\u201d: permission denied.");
		expect(failures[1].hint).not.toBe("");
	});

	test("folders, files and pipes that are not what was expected", async ({ page, sshd }) => {
		const dir = folder(sshd);
		writeFileSync(join(dir, "file"), "x");
		mkdirSync(join(dir, "folder"));
		execFileSync("mkfifo", [join(dir, "pipe")]);
		await open(page, byKey(sshd));
		const reasons = await page.evaluate(async (dir) => {
			const { sftp, failure, collect } = window.t;
			const list = async (path: string) => {
				for await (const _ of sftp.list(path)) return;
			};
			const read = (path: string) => failure(collect(sftp.read(path)));
			const failures = [
				await failure(list(`${dir}/file`)),
				await failure(list(`${dir}/none`)),
				await read(`${dir}/folder`),
				await read(`${dir}/pipe`),
				await read(`${dir}/none`),
				await failure(sftp.put("x", `${dir}/folder`)),
				await failure(sftp.put("x", `${dir}/pipe`)),
				await failure(sftp.put("x", `${dir}/none/x`)),
				await failure(sftp.put("x", `${dir}/${"x".repeat(300)}`)),
				await failure(sftp.mkdir(`${dir}/folder`)),
				await failure(sftp.stat("")),
				await failure(sftp.stat("a\0b")),
			];
			return failures.map((f: Any) => f.reason ?? f.name);
		}, dir);
		expect(reasons).toEqual([
			...["not-a-directory", "no-such-file"],
			...["is-a-directory", "not-a-regular-file", "no-such-file"],
			...["is-a-directory", "not-a-regular-file", "no-such-file", "name-too-long", "exists"],
			...["TypeError", "TypeError"],
		]);
	});

	test("a local file that changed after it was chosen", async ({ page, sshd }) => {
		const dir = folder(sshd);
		const failed = await open(page, byKey(sshd)).then(() =>
			page.evaluate(async (dir) => {
				const { sftp, handle, failure } = window.t;
				const file = await handle("changing");
				const write = async (text: string) => {
					const writable = await file.createWritable();
					await writable.write(text);
					await writable.close();
				};
				await write("one");
				const chosen = await file.getFile();
				await write("another");
				return failure(sftp.put(chosen, `${dir}/changed`));
			}, dir),
		);
		expect(failed).toMatchObject({ name: "SFTPError", code: "sftp", reason: "local-read", path: "changing" });
		expect(existsSync(join(dir, "changed"))).toBe(false);
	});

	test("a server without SFTP", async ({ page }) => {
		const sshd = await new SSHD({ config: ["Match all", "ForceCommand /bin/true"] }).start();
		try {
			const failed = await page.evaluate(async (target) => {
				const client = await (window as Any).lib.connect({ relay: "/relay", host: "127.0.0.1", ...target });
				return window.t.failure(client.sftp());
			}, byKey(sshd));
			expect(failed).toMatchObject({ name: "SFTPError", code: "sftp", reason: "no-sftp" });
			expect(failed.hint).toContain("Subsystem sftp");
		} finally {
			await sshd.dispose();
		}
	});
});

test("a server without SFTP works by its shell, if that is asked for", async ({ page }) => {
	const sshd = await new SSHD({ config: ["Match all", 'ForceCommand sh -c "$SSH_ORIGINAL_COMMAND"'] }).start();
	try {
		const dir = folder(sshd);
		writeFileSync(join(dir, "it's $(here)\nnow"), "text");
		const result = await page.evaluate(
			async ({ target, dir }) => {
				const { failure, make, hash, collect } = window.t;
				const client = await (window as Any).lib.connect({ relay: "/relay", host: "127.0.0.1", ...target });
				const without = await failure(client.sftp());
				const sftp = await client.sftp({ fallback: "exec" });
				const names: unknown[] = [];
				for await (const { name, raw, size } of sftp.list(dir)) names.push([name, raw && (await hash(raw)), size]);
				const bytes = make(3_000_001, 8);
				const put = await sftp.put(new Blob([bytes]), `${dir}/up`, { verify: true, mode: 0o640 });
				const back = await hash(await collect(sftp.read(`${dir}/up`)));
				const gone = await failure(sftp.stat(`${dir}/gone`));
				return {
					without: without.reason,
					via: sftp.via,
					names,
					put,
					same: back === (await hash(bytes)),
					gone: gone.reason,
				};
			},
			{ target: byKey(sshd), dir },
		);
		expect(result).toEqual({
			without: "no-sftp",
			via: "exec",
			names: [["it's $(here)\\x0anow", sha(Buffer.from("it's $(here)\nnow")), 4]],
			put: { bytes: 3_000_001, size: 3_000_001 },
			same: true,
			gone: "no-such-file",
		});
		expect(statSync(join(dir, "up")).mode & 0o777).toBe(0o640);
		expect(readdirSync(dir)).toHaveLength(2);
	} finally {
		await sshd.dispose();
	}
});

test("a server with room for one session gets a second connection", async ({ page }) => {
	const sshd = await new SSHD({ config: ["Match all", "MaxSessions 1"] }).start();
	try {
		const result = await page.evaluate(async (target) => {
			const client = await (window as Any).lib.connect({ relay: "/relay", host: "127.0.0.1", ...target });
			const shell = await client.spawn("sleep 30");
			const sftp = await client.sftp();
			const { type } = await sftp.stat("/");
			await sftp.close();
			const after = await window.t.failure(sftp.stat("/"));
			await shell.close();
			return { type, after: after.code, state: client.state };
		}, byKey(sshd));
		expect(result).toEqual({ type: "directory", after: "closed", state: "ready" });
		expect(sshd.log.match(/Accepted publickey/g)).toHaveLength(2);
	} finally {
		await sshd.dispose();
	}
});

test("closing fails what runs", async ({ page, sshd }) => {
	const path = join(folder(sshd), "large");
	writeFileSync(path, randomBytes(16 * MiB));
	await open(page, byKey(sshd));
	const failures = await page.evaluate(async (path) => {
		const { sftp, client, collect, failure } = window.t;
		const reader = sftp.read(path).getReader();
		await reader.read();
		const write = failure(sftp.put(new ReadableStream(), `${path}.up`));
		await sftp.stat(path);
		await sftp.close();
		const rest = async () => {
			while (!(await reader.read()).done);
		};
		const failures = [await failure(rest()), await write, await failure(sftp.stat(path))];
		const other = await client.sftp();
		const { size } = await collect(other.read(path));
		return { failures: failures.map((f: Any) => [f.name, f.code]), size };
	}, path);
	expect(failures).toEqual({
		failures: Array(3).fill(["SFTPError", "closed"]),
		size: 16 * MiB,
	});
});
