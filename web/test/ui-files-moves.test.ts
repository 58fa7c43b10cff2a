/** Uploads, walks and archives against a server in memory, which may be hostile. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { test } from "node:test";
import { SFTPError } from "../src/client/errors.ts";
import type {
	Entry,
	ListOptions,
	Path,
	PutOptions,
	SFTP,
	Sink,
	Source,
	TransferResult,
} from "../src/client/filetypes.ts";
import type { Job } from "../src/client/jobs.ts";
import { BytePort, readableOf } from "../src/client/port.ts";
import { zip } from "../src/client/zip.ts";
import { changeModes, innerMode } from "../src/element/files/chmod.ts";
import { zipEntries } from "../src/element/files/download.ts";
import type { Leftover } from "../src/element/files/journal.ts";
import { treeOfFiles } from "../src/element/files/localtree.ts";
import { describeFailure } from "../src/element/files/problems.ts";
import { type Attempt, type Choice, ConflictError } from "../src/element/files/transfer.ts";
import { resumedErrand, UploadJob, uploadErrand } from "../src/element/files/upload.ts";
import { walk } from "../src/element/files/walk.ts";
import { work } from "../src/worker/files.ts";

const never = new AbortController().signal;

/** A server in memory: paths to contents, undefined for a folder. Only what is asked of it here. */
class Memory {
	readonly files = new Map<string, Uint8Array | undefined>();
	readonly calls: string[] = [];
	/** Entries that list hands out besides. */
	readonly extra = new Map<string, Entry[]>();

	constructor(files: Record<string, string | undefined> = {}) {
		for (const [path, text] of Object.entries(files))
			this.files.set(path, text === undefined ? text : Buffer.from(text));
	}

	get sftp(): SFTP {
		return this as unknown as SFTP;
	}

	async lstat(path: Path) {
		const found = this.files.get(String(path));
		if (!this.files.has(String(path)))
			throw new SFTPError("sftp", "there is no such file", String(path), { reason: "no-such-file", status: 2 });
		return found === undefined ? { type: "directory" } : { type: "file", size: found.length, mtime: 1000 };
	}

	async mkdir(path: Path) {
		this.calls.push(`mkdir ${path}`);
		this.files.set(String(path), undefined);
	}

	async put(from: Source, path: Path, { resume, overwrite, onProgress }: PutOptions = {}) {
		this.calls.push(`put ${path}${resume ? " resume" : ""}${overwrite ? " overwrite" : ""}`);
		const data = new Uint8Array(await (from as Blob).arrayBuffer());
		this.files.set(String(path), data);
		onProgress?.({ done: data.length });
	}

	async remove(path: Path) {
		this.calls.push(`remove ${path}`);
	}

	async chmod(path: Path, mode: number) {
		this.calls.push(`${path} ${mode.toString(8)}`);
	}

	async *list(path: Path, _?: ListOptions): AsyncGenerator<Entry> {
		const prefix = `${String(path).replace(/\/$/, "")}/`;
		for (const [name, data] of this.files) {
			if (!name.startsWith(prefix) || name === prefix || name.slice(prefix.length).includes("/")) continue;
			const entry = { name: name.slice(prefix.length), mtime: 1_700_000_000_000 };
			yield data === undefined ? { ...entry, type: "directory" } : { ...entry, type: "file", size: data.length };
		}
		yield* this.extra.get(String(path)) ?? [];
	}

	async get(path: Path, to: Sink): Promise<TransferResult> {
		const data = this.files.get(String(path)) ?? new Uint8Array();
		const port = new BytePort(to as MessagePort);
		port.read({ data: () => {}, end: () => {} });
		port.write(data.slice());
		await port.drained();
		port.end();
		return { bytes: data.length, size: data.length };
	}
}

/** The Worker that archives are made in, without the thread of its own. */
class InlineWorker {
	postMessage(job: Job): void {
		void work(job);
	}

	terminate(): void {}
}
Object.assign(globalThis, { Worker: InlineWorker, location: new URL("https://page.test/") });

function attempt(memory: Memory, more: { choice?: Choice; again?: boolean } = {}): Attempt {
	return {
		sftp: memory.sftp,
		signal: never,
		choice: undefined,
		again: false,
		verify: false,
		progress: () => {},
		verifying: () => {},
		...more,
	};
}

const local = (name: string, text = "new", path?: string): File => {
	const file = new File([text], name, { lastModified: 2000 });
	if (path !== undefined) Object.defineProperty(file, "webkitRelativePath", { value: path });
	return file;
};

const uploads: [
	name: string,
	there: Record<string, string>,
	more: { choice?: Choice; again?: boolean },
	want: string,
][] = [
	["a free name is just written", {}, {}, "put /d/a.txt"],
	["a part of before is gone on with", { "/d/a.txt.part": "n" }, {}, "put /d/a.txt resume"],
	["a part that is longer is not ours", { "/d/a.txt.part": "longer" }, {}, "put /d/a.txt"],
	["replace overwrites", { "/d/a.txt": "old" }, { choice: "replace" }, "put /d/a.txt overwrite"],
	["resume overwrites, and goes on", { "/d/a.txt": "old" }, { choice: "resume" }, "put /d/a.txt resume overwrite"],
	["keep both takes a free number", { "/d/a.txt": "", "/d/a (2).txt": "" }, { choice: "keep" }, "put /d/a (3).txt"],
	["a broken attempt is gone on with", {}, { again: true }, "put /d/a.txt resume"],
	[
		"a broken attempt that may replace still may",
		{},
		{ again: true, choice: "replace" },
		"put /d/a.txt resume overwrite",
	],
];
for (const [name, there, more, want] of uploads)
	test(`an upload: ${name}`, async () => {
		const memory = new Memory(there);
		await new UploadJob(local("a.txt"), "/d/a.txt").run(attempt(memory, more));
		assert.deepEqual(memory.calls, [want]);
	});

test("an upload to a name that is taken is a question, which tells both sides", async () => {
	const memory = new Memory({ "/d/a.txt": "old text", "/d/a.txt.part": "n" });
	await assert.rejects(new UploadJob(local("a.txt"), "/d/a.txt").run(attempt(memory)), (error) => {
		assert.ok(error instanceof ConflictError);
		assert.deepEqual(error.conflict, {
			name: "a.txt",
			folder: "/d",
			there: { type: "file", size: 8, mtime: 1000 },
			here: { size: 3, mtime: 2000 },
			canResume: true,
		});
		return true;
	});
	assert.deepEqual(memory.calls, [], "nothing was touched");
});

test("a second attempt at keeping both keeps to its first number", async () => {
	const memory = new Memory({ "/d/a.txt": "" });
	const job = new UploadJob(local("a.txt"), "/d/a.txt");
	await job.run(attempt(memory, { choice: "keep" }));
	await job.run(attempt(memory, { choice: "keep", again: true }));
	assert.deepEqual(memory.calls, ["put /d/a (2).txt", "put /d/a (2).txt resume"]);
	await job.discard(memory.sftp);
	assert.equal(memory.calls.at(-1), "remove /d/a (2).txt.part");
});

test("a failure to look is no free name", async () => {
	const memory = new Memory();
	memory.lstat = async () => {
		throw new SFTPError("sftp", "permission denied", "/d", { reason: "permission-denied" });
	};
	await assert.rejects(new UploadJob(local("a.txt"), "/d/a.txt").run(attempt(memory)), /permission denied/);
});

test("a folder keeps its tree, and is one errand", async () => {
	const memory = new Memory();
	const tree = treeOfFiles([local("x", "1", "top/x"), local("y", "2", "top/in/deep/y"), local("z", "3", "top/in/z")]);
	const errand = uploadErrand(tree, "/up");
	assert.equal(errand.name, "top/");
	const prepared = await errand.prepare?.(memory.sftp, never);
	for (const job of prepared?.jobs ?? []) await job.run(attempt(memory));
	assert.deepEqual(memory.calls, [
		"mkdir /up/top",
		"mkdir /up/top/in",
		"mkdir /up/top/in/deep",
		"put /up/top/x",
		"put /up/top/in/deep/y",
		"put /up/top/in/z",
	]);
});

const leftover = (choice?: Choice): Leftover => ({
	id: "1",
	page: "p",
	server: "s",
	name: "a.txt",
	to: "/d",
	choice,
	files: [{ names: ["a.txt"], size: 3, mtime: 2000, target: "/d/a.txt" }],
});

test("an upload of an earlier page goes on with its part, also where it was to replace", async () => {
	for (const [choice, want] of [
		[undefined, "put /d/a.txt resume"],
		["replace", "put /d/a.txt resume overwrite"],
	] as const) {
		const memory = new Memory({ "/d/a.txt.part": "n" });
		const errand = resumedErrand(leftover(choice), treeOfFiles([local("a.txt")]));
		for (const job of errand.jobs)
			await job.run(attempt(memory, errand.choice === undefined ? {} : { choice: errand.choice }));
		assert.deepEqual(memory.calls, [want]);
	}
});

const others: [name: string, file: File, want: RegExp][] = [
	["another size", local("a.txt", "longer"), /not the one of then/],
	["another time", new File(["new"], "a.txt", { lastModified: 9000 }), /not the one of then/],
	["another name", local("b.txt"), /“a.txt” was not among the files/],
];
for (const [name, file, want] of others)
	test(`an upload of an earlier page does not go on with a file of ${name}`, () => {
		assert.throws(() => resumedErrand(leftover(), treeOfFiles([file])), want);
	});

const errandNames: [name: string, files: File[], want: string][] = [
	["one file", [local("a.txt")], "a.txt"],
	["two files", [local("a"), local("b")], "2 items"],
];
for (const [name, files, want] of errandNames)
	test(`an errand is called after what it moves: ${name}`, () =>
		assert.equal(uploadErrand(treeOfFiles(files), "/").name, want));

test("a walk leaves out links, pipes and names that lead elsewhere, and says so", async () => {
	const memory = new Memory({ "/r/d": undefined, "/r/d/f": "text" });
	memory.extra.set("/r/d", [
		{ name: "..", type: "directory" },
		{ name: "", type: "directory" },
		{ name: ".", type: "directory" },
		{ name: "a/../../b", type: "file" },
		{ name: "link", type: "symlink" },
		{ name: "pipe", type: "fifo" },
	]);
	const { folders, files, skipped } = await walk(memory.sftp, "/r", [{ name: "d", type: "directory" }], never);
	assert.deepEqual(folders, [["d"]]);
	assert.deepEqual(
		files.map(({ names }) => names.join("/")),
		["d/f"],
	);
	assert.equal(skipped.length, 6);
});

test("a tree that never ends, ends", async () => {
	const memory = new Memory();
	memory.list = async function* () {
		yield { name: "again", type: "directory" as const };
	} as typeof memory.list;
	const { folders, skipped } = await walk(memory.sftp, "/", [{ name: "again", type: "directory" }], never);
	assert.equal(folders.length, 64);
	assert.equal(skipped[0]?.why, "it is nested too deep");
});

test("a tree with too many entries is refused", async () => {
	const memory = new Memory();
	memory.list = async function* () {
		for (let i = 0; ; i++) yield { name: `f${i}`, type: "file" as const };
	} as typeof memory.list;
	await assert.rejects(walk(memory.sftp, "/", [{ name: "d", type: "directory" }], never), /more than 200,000/);
});

const hostile = [
	...[
		"..\\..\\evil",
		"C:\\evil",
		"con",
		"nul.txt",
		"a:b",
		"a?b",
		"A:B",
		"evil.",
		"evil",
		"x\u202ey",
		"\x1b[2J",
		"\\\\srv\\x",
	],
	...["  ", "...", "~", "-rf", "tab\there", "<b>", "a|b", "aux", "COM1.x", "lpt1", "name ", "name", "NAME"],
];

const inner: [name: string, entry: Pick<Entry, "type" | "mode">, mode: number, want: number][] = [
	["a file that nobody runs is not run", { type: "file", mode: 0o600 }, 0o755, 0o644],
	["a file that somebody runs may be run", { type: "file", mode: 0o700 }, 0o755, 0o755],
	["a folder can be entered", { type: "directory", mode: 0o700 }, 0o755, 0o755],
	["a folder keeps its setgid", { type: "directory", mode: 0o2775 }, 0o750, 0o2750],
	["setuid is not handed down", { type: "file", mode: 0o755 }, 0o4755, 0o755],
];
for (const [name, entry, mode, want] of inner)
	test(`permissions go down a tree: ${name}`, () => assert.equal(innerMode(entry, mode), want));

const orders: [name: string, mode: number, want: string[]][] = [
	["a folder is opened before what is in it", 0o755, ["/d 755", "/d/in 755", "/d/in/f 644"]],
	["a folder is shut after what is in it", 0o000, ["/d/in/f 0", "/d/in 0", "/d 0"]],
];
for (const [name, mode, want] of orders)
	test(`permissions go down a tree: ${name}`, async () => {
		const memory = new Memory({ "/d": undefined, "/d/in": undefined, "/d/in/f": "text" });
		memory.extra.set("/d/in", [{ name: "link", type: "symlink" }]);
		await changeModes(
			memory.sftp,
			"/",
			[{ name: "d", type: "directory" }],
			{ mode, deep: true },
			{ signal: never, onProgress: () => {} },
		);
		assert.deepEqual(memory.calls, want);
	});

test("names that a listing leaves out are told of by the walk", async () => {
	const memory = new Memory();
	memory.list = async function* (path, options) {
		options?.onRefused?.("../up");
		if (String(path) === "/d") yield { name: "f", type: "file" as const };
	} as SFTP["list"] & typeof memory.list;
	const { files, skipped } = await walk(memory.sftp, "/", [{ name: "d", type: "directory" }], never);
	assert.equal(files.length, 1);
	assert.deepEqual(skipped, [{ name: "d/../up", why: "its name leads out of the folder" }]);
});

test("an archive of hostile names unpacks into its folder, every file of it once", async () => {
	const memory = new Memory({ "/d": undefined, "/d/empty": undefined });
	for (const name of hostile) memory.files.set(`/d/${name}`, Buffer.from(`content of ${name}`));
	const tree = await walk(memory.sftp, "/", [{ name: "d", type: "directory" }], never);
	let moved = 0;
	const { port1, port2 } = new MessageChannel();
	const port = new BytePort(port2);
	port.end();
	const made = zip(memory.sftp, zipEntries(tree), port1, { onProgress: (bytes) => (moved = bytes) });
	const data = Buffer.from(await new Response(readableOf(port)).arrayBuffer());
	await made;
	const dir = mkdtempSync(joinPath(tmpdir(), "wasmiko-zip-"));
	try {
		writeFileSync(joinPath(dir, "a.zip"), data);
		const script =
			"import sys,zipfile,json\nz=zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\nprint(json.dumps([[n,z.read(n).decode()] for n in z.namelist()]))";
		const out = execFileSync("python3", ["-c", script, joinPath(dir, "a.zip")], { encoding: "utf8" });
		const entries = JSON.parse(out) as [name: string, text: string][];
		assert.equal(entries.length, hostile.length + 2);
		const folded = new Set(entries.map(([name]) => name.toLowerCase()));
		assert.equal(folded.size, entries.length, "no two meet");
		for (const [name] of entries) {
			assert.match(name, /^d\//);
			assert.doesNotMatch(name.slice(2), /^\/|(^|\/)\.{1,2}(\/|$)|[\\:]|\p{Cc}/u, name);
		}
		assert.deepEqual(
			entries
				.map(([, text]) => text)
				.filter((text) => text !== "")
				.sort(),
			hostile.map((name) => `content of ${name}`).sort(),
		);
		assert.equal(moved, Buffer.byteLength(hostile.map((name) => `content of ${name}`).join("")));
	} finally {
		rmSync(dir, { recursive: true });
	}
});

const failures: [name: string, error: unknown, want: string][] = [
	[
		"the server's sentence and the advice",
		new SFTPError("sftp", "Cannot write “/x”: permission denied.", "/x", { hint: "Ask whoever owns it." }),
		"Cannot write “/x”: permission denied. Ask whoever owns it.",
	],
	["the server's control characters", new SFTPError("sftp", "bad \x1b[31m", "/x"), "Bad ^[[31m."],
	[
		"a full disk here",
		new DOMException("q", "QuotaExceededError"),
		"a.txt: There is no more room on this computer for this page. Free some and try again.",
	],
	[
		"a file that is gone here",
		new DOMException("n", "NotFoundError"),
		"a.txt: The file here is gone: it was moved or deleted since it was chosen. Choose it again.",
	],
	["anything else", new Error("odd"), "a.txt: Odd."],
];
for (const [name, error, want] of failures)
	test(`a failure in words: ${name}`, () => assert.equal(describeFailure(error, "a.txt"), want));
