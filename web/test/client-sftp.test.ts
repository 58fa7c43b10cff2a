import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import type { Core } from "../src/client/core.ts";
import { fromWire, SFTPError, SSHError } from "../src/client/errors.ts";
import type { SFTP } from "../src/client/filetypes.ts";
import type { DrainJob, FeedJob, JobResult } from "../src/client/jobs.ts";
import { BytePort, type PortMessage, WINDOW } from "../src/client/port.ts";
import { openSFTP } from "../src/client/sftp.ts";
import type { SFTPProgress } from "../src/client/wire.ts";

const ports: MessagePort[] = [];
const MiB = 1024 * 1024;

interface Options {
	readonly signal?: AbortSignal;
	readonly ports?: MessagePort[];
}
type Answer = (params: Record<string, unknown>, options: Options) => unknown;

/** A core whose calls the test answers. */
class FakeCore {
	readonly calls: [method: string, params: Record<string, unknown>][] = [];
	readonly answers: Record<string, Answer> = {
		sftp: () => ({ sftp: 7, shell: false, home: { name: "/home/u" }, extensions: { "copy-data": "1" } }),
	};
	job: (job: FeedJob | DrainJob) => JobResult | Promise<JobResult> = () => ({ bytes: 0 });
	listener: ((progress: SFTPProgress) => void) | undefined;

	open(): { stream: BytePort; port: MessagePort } {
		const { port1, port2 } = new MessageChannel();
		ports.push(port1, port2);
		return { stream: new BytePort(port1), port: port2 };
	}

	async call(method: string, params: Record<string, unknown>, options: Options = {}): Promise<unknown> {
		this.calls.push([method, params]);
		ports.push(...(options.ports ?? []));
		const answer = Promise.resolve(this.answers[method]?.(params, options) ?? {});
		const { signal } = options;
		if (!signal) return answer;
		signal.throwIfAborted();
		const aborted = new Promise((_, reject) =>
			signal.addEventListener("abort", () => reject(signal.reason), { once: true }),
		);
		return Promise.race([answer, aborted]);
	}

	async work(job: FeedJob | DrainJob): Promise<JobResult> {
		ports.push(job.stream);
		return this.job(job);
	}

	watch(listener: (progress: SFTPProgress) => void): { transfer: number; stop(): void } {
		this.listener = listener;
		return { transfer: 3, stop: () => {} };
	}

	params(method: string): Record<string, unknown> | undefined {
		return this.calls.find(([name]) => name === method)?.[1];
	}
}

async function session(answers: Record<string, Answer> = {}): Promise<{ core: FakeCore; sftp: SFTP }> {
	const core = new FakeCore();
	Object.assign(core.answers, answers);
	return { core, sftp: await openSFTP(core as unknown as Core, {}) };
}

const line = (name: string) => `${name}\tfile\t1\t\t\t\t\t\t\t\t\n`;
const failure = (reason: string) => new SFTPError("sftp", "Cannot.", "/x", { reason });
const never = () => new Promise<never>(() => {});
const ended = () => new Promise((resolve) => setTimeout(resolve, 20));

async function text(stream: ReadableStream<Uint8Array>): Promise<string> {
	const decoder = new TextDecoder();
	let all = "";
	for await (const chunk of stream) all += decoder.decode(chunk, { stream: true });
	return all;
}

afterEach(() => {
	for (const port of ports.splice(0)) port.close();
});

describe("a path", () => {
	it("crosses as bytes, and raw bytes as they are", async () => {
		const { core, sftp } = await session();
		await sftp.stat("/é");
		const whole = new Uint8Array([0, 0, 0x2f, 0xff, 0]);
		await sftp.lstat(whole.subarray(2, 4));
		assert.deepEqual(core.calls.slice(1), [
			["sftpStat", { sftp: 7, path: new Uint8Array([0x2f, 0xc3, 0xa9]), follow: true }],
			["sftpStat", { sftp: 7, path: new Uint8Array([0x2f, 0xff]), follow: false }],
		]);
	});

	for (const [name, path] of [
		["empty", ""],
		["with a NUL", "a\0b"],
		["that is none", 7 as unknown as string],
	] as const)
		it(`is refused when it is one ${name}`, async () => {
			const { core, sftp } = await session();
			await assert.rejects(async () => sftp.stat(path), TypeError);
			assert.equal(core.calls.length, 1);
		});
});

describe("a listing", () => {
	const pages = () => {
		const left = [["a", "b"], ["c"], []];
		const refused = [{ name: ".." }];
		return {
			sftpOpenDir: () => ({ dir: 9 }),
			sftpNext: () => ({ lines: left.shift()?.map(line).join(""), refused: refused.splice(0) }),
		};
	};

	it("brings all pages, tells of refused names, and is closed", async () => {
		const { core, sftp } = await session(pages());
		const names: string[] = [];
		const refused: string[] = [];
		for await (const { name, type, size } of sftp.list("/", { onRefused: (n) => refused.push(n) }))
			names.push(`${name} ${type} ${size}`);
		assert.deepEqual(names, ["a file 1", "b file 1", "c file 1"]);
		assert.deepEqual(refused, [".."]);
		assert.deepEqual(core.calls.at(-1), ["sftpCloseDir", { dir: 9 }]);
	});

	it("tells all that the server told, and nothing else", async () => {
		const lines = ["a\\xff\tdirectory\t0\t493\t0\t1\t1000\t2000\tu\tg\t61ff\n", "b\tunknown\t\t\t\t\t\t\t\t\t\n"].join(
			"",
		);
		const { sftp } = await session({ sftpNext: () => ({ lines, refused: [] }) });
		const seen: unknown[] = [];
		for await (const entry of sftp.list("/")) if (seen.push(entry) === 2) break;
		const [first, second] = seen;
		const raw = new Uint8Array([0x61, 0xff]);
		const times = { atime: 1000, mtime: 2000 };
		const owners = { uid: 0, gid: 1, owner: "u", group: "g" };
		assert.deepEqual(first, { name: "a\\xff", raw, type: "directory", size: 0, mode: 0o755, ...times, ...owners });
		assert.deepEqual(second, { name: "b", type: "unknown" });
	});

	it("is closed when the loop is left", async () => {
		const { core, sftp } = await session(pages());
		for await (const _ of sftp.list("/")) break;
		assert.deepEqual(core.calls.at(-1), ["sftpCloseDir", { dir: 9 }]);
	});

	it("ends with an error when there are more than were wanted", async () => {
		const { sftp } = await session(pages());
		const names: string[] = [];
		const loop = async () => {
			for await (const { name } of sftp.list("/", { max: 2 })) names.push(name);
		};
		await assert.rejects(loop, (e) => e instanceof SFTPError && e.reason === "too-many" && e.path === "/");
		assert.deepEqual(names, ["a", "b"]);
	});

	it("that opens after an abort is closed", async () => {
		let opened: (dir: object) => void = () => {};
		const opening = new Promise((resolve) => {
			opened = resolve;
		});
		const { core, sftp } = await session({ sftpOpenDir: () => opening });
		const abort = new AbortController();
		const next = sftp.list("/", { signal: abort.signal })[Symbol.asyncIterator]().next();
		abort.abort(new Error("enough"));
		await assert.rejects(next, /enough/);
		opened({ dir: 9 });
		await ended();
		assert.deepEqual(core.calls.at(-1), ["sftpCloseDir", { dir: 9 }]);
	});
});

describe("a stream that reads", () => {
	const send = (messages: PortMessage[], result: unknown): Answer => {
		return (_, { ports: [port] = [] }) => {
			for (const message of messages) port?.postMessage(message);
			return result;
		};
	};

	it("ends when the core says that all came", async () => {
		const { core, sftp } = await session({ sftpRead: send([Buffer.from("all"), null], { bytes: 3, size: 3 }) });
		assert.equal(await text(sftp.read("/x", { offset: 5, length: 3 })), "all");
		const { path: _, ...params } = core.params("sftpRead") ?? {};
		assert.deepEqual(params, { sftp: 7, offset: 5, length: 3, verify: false, transfer: 0 });
	});

	it("fails when the core says that something is wrong, after all that came", async () => {
		const broken = { code: "sftp", message: "It changed." };
		const sent = send([Buffer.from("half"), broken], undefined);
		const fails: Answer = async (params, options) => {
			sent(params, options);
			await ended();
			throw failure("changed");
		};
		const { sftp } = await session({ sftpRead: fails });
		const reader = sftp.read("/x").getReader();
		assert.equal(Buffer.from((await reader.read()).value ?? []).toString(), "half");
		await assert.rejects(reader.read(), (e) => e instanceof SFTPError && e.reason === "changed");
	});

	it("cancels the call when it is cancelled", async () => {
		let signal: AbortSignal | undefined;
		const read: Answer = (_, options) => {
			signal = options.signal;
			return never();
		};
		const { sftp } = await session({ sftpRead: read });
		await sftp.read("/x").cancel(new Error("enough"));
		assert.match(String(signal?.reason), /enough/);
	});

	it("fails with the signal's reason", async () => {
		const { sftp } = await session({ sftpRead: never });
		const abort = new AbortController();
		const reading = text(sftp.read("/x", { signal: abort.signal }));
		abort.abort(new Error("enough"));
		await assert.rejects(reading, /enough/);
	});

	for (const options of [{ offset: -1 }, { offset: 0.5 }, { length: Number.NaN }])
		it(`refuses ${JSON.stringify(options)}`, async () => {
			const { sftp } = await session();
			assert.throws(() => sftp.read("/x", options), RangeError);
		});
});

describe("a stream that writes", () => {
	it("closes when the bytes are on the server", async () => {
		const got: unknown[] = [];
		let answer: (moved: object) => void = () => {};
		const write: Answer = (_, { ports: [port] = [] }) => {
			if (port) port.onmessage = ({ data }) => got.push(data instanceof Uint8Array ? data.byteLength : data);
			port?.postMessage(WINDOW);
			return new Promise((resolve) => {
				answer = resolve;
			});
		};
		const { core, sftp } = await session({ sftpWrite: write });
		const writer = sftp.write("/x", { mode: 0o600, atomic: true }).getWriter();
		const mine = new Uint8Array(10);
		await writer.write(mine);
		assert.equal(mine.byteLength, 10, "the caller's bytes stay the caller's");
		let closed = false;
		const closing = writer.close().then(() => {
			closed = true;
		});
		await ended();
		assert.deepEqual([got, closed], [[10, null], false]);
		answer({ bytes: 10, size: 10 });
		await closing;
		const { path: _, ...params } = core.params("sftpWrite") ?? {};
		const rest = { skip: 0, overwrite: true, again: false, verify: false, transfer: 0 };
		assert.deepEqual(params, { sftp: 7, offset: 0, mode: 0o600, atomic: true, ...rest });
	});

	it("fails as the call does, at the next write at the latest", async () => {
		const { sftp } = await session({ sftpWrite: () => Promise.reject(failure("permission-denied")) });
		const writer = sftp.write("/x").getWriter();
		writer.closed.catch(() => {});
		await ended();
		await assert.rejects(writer.write(new Uint8Array(1)), (e) => e instanceof SFTPError);
	});
});

describe("put", () => {
	const part = (size: number | undefined, mtime = 0): Record<string, Answer> => ({
		sftpPart: () => (size === undefined ? { type: "unknown" } : { type: "file", size, mtime }),
		sftpWrite: ({ offset }) => ({ bytes: 5 * MiB - Number(offset), size: 5 * MiB }),
	});
	const source = () => new File([new Uint8Array(5 * MiB)], "x", { lastModified: 10_000 });

	const resumes: [name: string, have: number | undefined, mtime: number, verify: boolean, want: number[]][] = [
		["begins where there is no part", undefined, 0, false, [0, 0, 0]],
		["goes on before what may have gaps", 4 * MiB, 20_000, false, [2 * MiB, 65536, 2 * MiB - 65536]],
		["reads all of it again for a checksum", 4 * MiB, 20_000, true, [2 * MiB, 2 * MiB, 0]],
		["begins anew where the source is newer than the part", 4 * MiB, 9000, false, [0, 0, 0]],
		["begins anew where the part is small", MiB, 20_000, false, [0, 0, 0]],
	];
	for (const [name, have, mtime, verify, want] of resumes)
		it(name, async () => {
			const { core, sftp } = await session(part(have, mtime));
			let feed: FeedJob | undefined;
			core.job = (job) => {
				feed = job as FeedJob;
				return { bytes: 0 };
			};
			const seen: unknown[] = [];
			await sftp.put(source(), "/x", { resume: true, verify, onProgress: (p) => seen.push(p) });
			const { offset, skip, size } = core.params("sftpWrite") ?? {};
			assert.deepEqual([offset, skip, feed?.offset], want);
			assert.equal(size, 5 * MiB);
			assert.deepEqual(seen, [{ done: 5 * MiB, total: 5 * MiB }]);
		});

	it("begins anew where the part is of another file", async () => {
		const { core, sftp } = await session({
			...part(4 * MiB, 20_000),
			sftpWrite: ({ offset }) =>
				offset === 0 ? { bytes: 5 * MiB, size: 5 * MiB } : Promise.reject(failure("part-differs")),
		});
		assert.equal((await sftp.put(source(), "/x", { resume: true })).bytes, 5 * MiB);
		assert.equal(core.calls.filter(([method]) => method === "sftpWrite").length, 2);
	});

	it("refuses a part that is longer than the source", async () => {
		const { sftp } = await session(part(6 * MiB));
		await assert.rejects(
			sftp.put(source(), "/x", { resume: true }),
			(e) => e instanceof SFTPError && e.reason === "part-larger",
		);
	});

	for (const [name, from, options] of [
		["a stream cannot be resumed", new ReadableStream(), { resume: true }],
		["what is not atomic leaves no part", "text", { resume: true, atomic: false }],
		["a number is no source", 7, {}],
	] as const)
		it(`refuses: ${name}`, async () => {
			const { sftp } = await session();
			await assert.rejects(sftp.put(from as string, "/x", options), TypeError);
		});

	it("tells of a local file that cannot be read, rather than of its consequence", async () => {
		const { core, sftp } = await session({
			sftpWrite: () => Promise.reject(fromWire({ code: "aborted", reason: "cancelled", message: "Cancelled." })),
		});
		const cause = new DOMException("changed", "NotReadableError");
		core.job = () => ({ bytes: 0, error: cause });
		await assert.rejects(
			sftp.put(source(), "/x"),
			(e) => e instanceof SFTPError && e.reason === "local-read" && e.path === "x" && e.cause === cause,
		);
	});

	it("tells of a lost connection, rather than of its consequence here", async () => {
		const lost = fromWire({ code: "relay", reason: "lost", message: "The connection was lost." });
		const { core, sftp } = await session({ sftpWrite: () => Promise.reject(lost) });
		core.job = () => ({ bytes: 0, error: new DOMException("gone", "InvalidStateError") });
		await assert.rejects(sftp.put(source(), "/x"), lost);
	});

	it("lets what is left of its own earlier try be replaced", async () => {
		const { core, sftp } = await session(part(4 * MiB, 9000));
		await sftp.put(source(), "/x", { resume: true });
		await sftp.put(source(), "/x");
		const again = core.calls.filter(([method]) => method === "sftpWrite").map(([, params]) => params.again);
		assert.deepEqual(again, [true, false]);
	});

	it("passes progress on, with what was there before", async () => {
		const { core, sftp } = await session({ ...part(4 * MiB, 20_000) });
		core.job = () => {
			core.listener?.({ transfer: 3, done: MiB, total: 3 * MiB });
			return { bytes: 0 };
		};
		const seen: unknown[] = [];
		await sftp.put(source(), "/x", { resume: true, onProgress: (p) => seen.push(p) });
		assert.deepEqual(seen, [
			{ done: 3 * MiB, total: 5 * MiB },
			{ done: 5 * MiB, total: 5 * MiB },
		]);
	});
});

describe("get that resumes", () => {
	const held = (text: string) =>
		({ name: "local", getFile: async () => new File([text], "local") }) as unknown as FileSystemFileHandle;
	const moved = () => ({ bytes: 3, size: 8 });
	const other = (reason: string, done: number) => new SFTPError("sftp", "Cannot.", "/x", { reason, done });

	it("goes on behind what the file holds, whose end goes along", async () => {
		const { core, sftp } = await session({ sftpRead: moved });
		let drain: DrainJob | undefined;
		core.job = (job) => {
			drain = job as DrainJob;
			core.listener?.({ transfer: 3, done: 1, total: 3 });
			return { bytes: 3 };
		};
		const seen: unknown[] = [];
		const known = { size: 8, mtime: 9000 };
		await sftp.get("/x", held("begun"), { resume: true, known, onProgress: (p) => seen.push(p) });
		const { offset, tail, size, mtime } = core.params("sftpRead") ?? {};
		assert.deepEqual({ offset, size, mtime }, { offset: 5, ...known });
		assert.equal(Buffer.from(tail as Uint8Array).toString(), "begun");
		assert.deepEqual([drain?.offset, drain?.keep], [5, true]);
		assert.deepEqual(seen, [
			{ done: 6, total: 8 },
			{ done: 8, total: 8 },
		]);
	});

	for (const reason of ["part-differs", "changed", "size-mismatch"])
		it(`begins anew where the server has another file: ${reason}`, async () => {
			const { core, sftp } = await session({
				sftpRead: ({ offset }) => (offset === 0 ? moved() : Promise.reject(other(reason, 0))),
			});
			await sftp.get("/x", held("begun"), { resume: true });
			const reads = core.calls
				.filter(([method]) => method === "sftpRead")
				.map(([, { offset, tail }]) => [offset, !!tail]);
			assert.deepEqual(reads, [
				[5, true],
				[0, false],
			]);
		});

	it("does not begin anew where the file changed while it came", async () => {
		const { sftp } = await session({ sftpRead: () => Promise.reject(other("changed", 2)) });
		await assert.rejects(
			sftp.get("/x", held("begun"), { resume: true }),
			(e) => e instanceof SFTPError && e.done === 2,
		);
	});

	it("leaves nothing behind to go on from where the checksum differs", async () => {
		const { sftp } = await session({ sftpRead: () => Promise.reject(other("checksum-mismatch", 3)) });
		const steps: unknown[] = [];
		const out = { truncate: async (n: number) => steps.push(n), close: async () => steps.push("close") };
		const file = { ...held("begun"), createWritable: async () => out } as unknown as FileSystemFileHandle;
		await assert.rejects(sftp.get("/x", file, { resume: true, verify: true }), SFTPError);
		assert.deepEqual(steps, [5, "close"]);
	});

	for (const [name, sink, options] of [
		["a stream", new WritableStream(), {}],
		["an offset of one's own", held("begun"), { offset: 1 }],
	] as const)
		it(`refuses ${name}`, async () => {
			const { sftp } = await session();
			await assert.rejects(sftp.get("/x", sink, { ...options, resume: true }), TypeError);
		});
});

describe("get to a file", () => {
	const file = { name: "local" } as FileSystemFileHandle;

	it("has the Worker write it", async () => {
		const { core, sftp } = await session({ sftpRead: () => ({ bytes: 3, size: 13 }) });
		let drain: DrainJob | undefined;
		core.job = (job) => {
			drain = job as DrainJob;
			return { bytes: 3 };
		};
		assert.deepEqual(await sftp.get("/x", file, { offset: 10, keepPartial: true }), { bytes: 3, size: 13 });
		assert.deepEqual([drain?.job, drain?.file, drain?.offset, drain?.keep], ["drain", file, 10, true]);
	});

	it("fails as the call does", async () => {
		const { sftp } = await session({ sftpRead: () => Promise.reject(failure("no-such-file")) });
		await assert.rejects(sftp.get("/x", file), (e) => e instanceof SFTPError && e.reason === "no-such-file");
	});

	it("names a full disk", async () => {
		const { core, sftp } = await session({ sftpRead: () => Promise.reject(new SSHError("aborted", "Cancelled.")) });
		core.job = () => ({ bytes: 0, error: new DOMException("full", "QuotaExceededError") });
		await assert.rejects(sftp.get("/x", file), (e) => e instanceof SFTPError && e.reason === "local-space");
	});

	it("fails with the signal's reason", async () => {
		const { sftp } = await session({ sftpRead: never });
		const abort = new AbortController();
		const got = sftp.get("/x", file, { signal: abort.signal });
		abort.abort(new Error("enough"));
		await assert.rejects(got, /enough/);
	});
});

describe("a session", () => {
	it("tells where it starts and what the server offers, and is closed once", async () => {
		const { core, sftp } = await session();
		assert.deepEqual([sftp.home, sftp.extensions], ["/home/u", { "copy-data": "1" }]);
		await Promise.all([sftp.close(), sftp.close()]);
		assert.deepEqual(core.calls.slice(1), [["sftpClose", { sftp: 7 }]]);
	});

	it("restores errors with what they are about", () => {
		const sftp = { status: 3, path: "/\\xff", raw: new Uint8Array([0x2f, 0xff]), done: 12 };
		const e = fromWire({ code: "sftp", reason: "permission-denied", message: "Cannot.", hint: "Ask.", sftp });
		assert.ok(e instanceof SFTPError && e instanceof SSHError);
		assert.deepEqual([e.name, e.code, e.reason, e.hint], ["SFTPError", "sftp", "permission-denied", "Ask."]);
		assert.deepEqual([e.status, e.path, e.raw, e.done], [3, sftp.path, sftp.raw, 12]);
	});
});
