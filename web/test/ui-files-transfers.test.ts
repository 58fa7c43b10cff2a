/** The queue of transfers, on a clock of its own. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SFTPError, SSHError } from "../src/client/errors.ts";
import type { SFTP } from "../src/client/filetypes.ts";
import { RateMeter } from "../src/element/files/rate.ts";
import { type Attempt, type Choice, ConflictError, type Errand, type Job } from "../src/element/files/transfer.ts";
import { Transfers } from "../src/element/files/transfers.ts";

const session = (name: string) => ({ home: name }) as SFTP;
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A job that does what the test tells it. */
class Scripted implements Job {
	readonly name: string;
	readonly size: number | undefined;
	readonly whole: boolean;
	readonly attempts: (Attempt & { finish(): void; fail(error: unknown): void })[] = [];
	discarded = 0;

	constructor(name: string, size: number | "unknown" = 100, whole = false) {
		this.name = name;
		this.size = size === "unknown" ? undefined : size;
		this.whole = whole;
	}

	run(attempt: Attempt): Promise<void> {
		return new Promise((resolve, reject) => {
			attempt.signal.addEventListener("abort", () => reject(attempt.signal.reason));
			this.attempts.push({ ...attempt, finish: resolve, fail: reject });
		});
	}

	get last() {
		const last = this.attempts.at(-1);
		assert.ok(last, `${this.name} was not begun`);
		return last;
	}

	async discard(): Promise<void> {
		this.discarded++;
	}
}

interface Asked {
	readonly name: string;
	readonly more: boolean;
	answer(answer: { choice: Choice; all: boolean } | undefined): void;
}

function setup() {
	const clock = { now: 0 };
	const asked: Asked[] = [];
	const over: string[] = [];
	const lost: SFTP[] = [];
	const transfers = new Transfers({
		now: () => clock.now,
		onChange: () => {},
		onOver: (batch) => over.push(`${batch.errand.name} ${batch.state}`),
		onLost: (sftp) => lost.push(sftp),
		ask: ({ name }, more) => new Promise((resolve) => asked.push({ name, more, answer: resolve })),
	});
	const add = (jobs: Scripted[], more: Partial<Errand> = {}) =>
		transfers.add({ kind: "upload", name: jobs.map((job) => job.name).join("+"), from: "", to: "", jobs, ...more });
	return { transfers, clock, asked, over, lost, add };
}

const jobs = (count: number, size?: number) => Array.from({ length: count }, (_, i) => new Scripted(`f${i}`, size));
const MiB = 2 ** 20;
const conflict = (name: string) =>
	new ConflictError({ name, folder: "/", there: { type: "file" }, here: {}, canResume: false });
const lostError = () => new SSHError("closed", "The connection was lost.", { reason: "reset" });

test("nothing runs without a session, and three at once with one", async () => {
	const { transfers, add } = setup();
	const five = jobs(5, 100 * MiB);
	const batch = add(five);
	assert.equal(batch.state, "queued");
	transfers.connect(session("a"));
	assert.deepEqual(
		five.map((job) => job.attempts.length),
		[1, 1, 1, 0, 0],
	);
	five[1]?.last.finish();
	await settle();
	assert.deepEqual(
		five.map((job) => job.attempts.length),
		[1, 1, 1, 1, 0],
	);
	assert.equal(batch.count("done"), 1);
	assert.equal(transfers.busy, 1);
});

const widths: [name: string, sizes: (number | undefined)[], begun: number][] = [
	["small ones up to twelve", Array(20).fill(4096), 12],
	["small ones as long as all of them are few bytes", Array(20).fill(MiB), 8],
	["empty ones up to twelve", Array(20).fill(0), 12],
	["three large ones", Array(5).fill(100 * MiB), 3],
	["three of unknown size", Array(5).fill(undefined), 3],
	["no small ones beside three large ones", [100 * MiB, 100 * MiB, 100 * MiB, 1, 1], 3],
	["no more than three beside a large one", [100 * MiB, 1, 1, 1, 1], 3],
	["no small one that overtakes a large one", [1, 1, 1, 1, 100 * MiB, 1, 1], 4],
];
for (const [name, sizes, begun] of widths) {
	test(`at once run ${name}`, () => {
		const { transfers, add } = setup();
		const all = sizes.map((size, i) => new Scripted(`f${i}`, size ?? "unknown"));
		add(all);
		transfers.connect(session("a"));
		assert.deepEqual(
			all.map((job) => job.attempts.length),
			all.map((_, i) => (i < begun ? 1 : 0)),
		);
	});
}

test("a batch is over when all are", async () => {
	const { transfers, add, over } = setup();
	transfers.connect(session("a"));
	const two = jobs(2);
	const batch = add(two);
	for (const job of two) job.last.finish();
	await settle();
	assert.equal(batch.state, "done");
	assert.equal(batch.done, 200);
	assert.deepEqual(over, ["f0+f1 done"]);
	assert.equal(transfers.busy, 0);
	transfers.clear();
	assert.equal(transfers.batches.length, 0);
});

test("a pause breaks off and keeps what moved; going on is another attempt", async () => {
	const { transfers, add } = setup();
	transfers.connect(session("a"));
	const job = new Scripted("f");
	const batch = add([job]);
	job.last.progress(40);
	transfers.pause(batch);
	await settle();
	assert.equal(batch.state, "paused");
	assert.equal(batch.done, 40);
	assert.equal(job.discarded, 0);
	transfers.resume(batch);
	assert.equal(job.attempts.length, 2);
	assert.deepEqual([job.attempts[0]?.again, job.last.again], [false, true]);
	job.last.finish();
	await settle();
	assert.equal(batch.state, "done");
});

test("what cannot go on where it was does not pause", async () => {
	const { transfers, add } = setup();
	transfers.connect(session("a"));
	const batch = add([new Scripted("zip", 100, true)]);
	assert.equal(batch.pausable, false);
	transfers.pause(batch);
	await settle();
	assert.equal(batch.state, "running");
});

test("a cancelled transfer takes away what it left, once it has stopped", async () => {
	const { transfers, add, over } = setup();
	transfers.connect(session("a"));
	const four = jobs(4);
	const batch = add(four);
	four[0]?.last.finish();
	await settle();
	transfers.cancel(batch);
	await settle();
	assert.deepEqual(
		four.map((job) => job.discarded),
		[0, 1, 1, 1],
	);
	assert.deepEqual(
		batch.transfers.map(({ state }) => state),
		["done", "cancelled", "cancelled", "cancelled"],
	);
	assert.equal(over.length, 1);
});

test("a cancelled one can be tried again from its beginning", async () => {
	const { transfers, add } = setup();
	transfers.connect(session("a"));
	const job = new Scripted("f");
	const batch = add([job]);
	transfers.cancel(batch);
	await settle();
	assert.equal(batch.state, "cancelled");
	transfers.retry(batch);
	assert.equal(job.last.again, false);
	assert.equal(batch.state, "running");
});

test("a failure stays with its file; the others go on; a retry takes just the failed", async () => {
	const { transfers, add } = setup();
	transfers.connect(session("a"));
	const two = jobs(2);
	const batch = add(two);
	two[0]?.last.fail(new SFTPError("sftp", "permission denied", "/f0", { reason: "permission-denied" }));
	two[1]?.last.finish();
	await settle();
	assert.equal(batch.state, "failed");
	assert.equal(batch.failure?.name, "f0");
	transfers.retry(batch);
	assert.deepEqual(
		two.map((job) => job.attempts.length),
		[2, 1],
	);
	two[0]?.last.finish();
	await settle();
	assert.equal(batch.state, "done");
});

test("a lost connection is no failure: the next session goes on", async () => {
	const { transfers, add, lost } = setup();
	const first = session("a");
	transfers.connect(first);
	const four = jobs(4, 100 * MiB);
	const batch = add(four);
	four[0]?.last.progress(70);
	for (const job of four.slice(0, 3)) job.last.fail(lostError());
	await settle();
	assert.deepEqual(lost, [first], "told once");
	assert.equal(batch.state, "retrying");
	assert.equal(four[3]?.attempts.length, 0, "nothing begins over a dead session");
	const second = session("b");
	transfers.connect(second);
	assert.equal(four[0]?.last.sftp, second);
	assert.equal(four[0]?.last.again, true);
	assert.equal(batch.transfers[0]?.done, 70);
});

test("a connection that breaks again and again without a byte is given up", async () => {
	const { transfers, add } = setup();
	const job = new Scripted("f");
	const batch = add([job]);
	for (let i = 0; i < 20 && batch.state !== "failed"; i++) {
		transfers.connect(session(String(i)));
		job.last.fail(lostError());
		await settle();
	}
	assert.equal(batch.state, "failed");
	assert.equal(job.attempts.length, 9);
});

test("a connection that breaks twenty times, with bytes between, is not", async () => {
	const { transfers, add } = setup();
	const job = new Scripted("f");
	const batch = add([job]);
	for (let i = 1; i <= 20; i++) {
		transfers.connect(session(String(i)));
		job.last.progress(i);
		job.last.fail(lostError());
		await settle();
	}
	assert.equal(batch.state, "retrying");
});

const answers: [name: string, choice: Choice, want: string][] = [
	["replace is another attempt", "replace", "running"],
	["resume is another attempt", "resume", "running"],
	["keep both is another attempt", "keep", "running"],
	["skip ends it", "skip", "cancelled"],
];
for (const [name, choice, want] of answers) {
	test(`a conflict is asked about: ${name}`, async () => {
		const { transfers, add, asked } = setup();
		transfers.connect(session("a"));
		const job = new Scripted("f");
		const batch = add([job]);
		job.last.fail(conflict("f"));
		await settle();
		assert.equal(batch.state, "waiting");
		assert.deepEqual(
			asked.map(({ name, more }) => [name, more]),
			[["f", false]],
		);
		asked[0]?.answer({ choice, all: false });
		await settle();
		assert.equal(batch.state, want);
		if (want === "running") assert.equal(job.last.choice, choice);
	});
}

test("questions come one at a time, and hold up nobody else", async () => {
	const { transfers, add, asked } = setup();
	transfers.connect(session("a"));
	const five = jobs(5);
	const batch = add(five);
	for (const job of five.slice(0, 3)) job.last.fail(conflict(job.name));
	await settle();
	assert.equal(asked.length, 1);
	assert.equal(asked[0]?.more, true);
	assert.deepEqual(
		five.map((job) => job.attempts.length),
		[1, 1, 1, 1, 1],
	);
	asked[0]?.answer({ choice: "replace", all: false });
	await settle();
	assert.deepEqual(
		asked.map(({ name }) => name),
		["f0", "f1"],
	);
	assert.equal(batch.count("waiting"), 2);
});

test("one answer can count for every other conflict of its errand, and for no other errand", async () => {
	const { transfers, add, asked } = setup();
	transfers.connect(session("a"));
	const three = jobs(3);
	add(three);
	for (const job of three) job.last.fail(conflict(job.name));
	await settle();
	asked[0]?.answer({ choice: "replace", all: true });
	await settle();
	assert.equal(asked.length, 1);
	assert.deepEqual(
		three.map((job) => job.last.choice),
		["replace", "replace", "replace"],
	);
	for (const job of three) job.last.finish();
	await settle();
	const other = new Scripted("g");
	add([other]);
	assert.equal(other.last.choice, undefined);
	other.last.fail(conflict("g"));
	await settle();
	assert.equal(asked.length, 2);
});

test("who cancels the question cancels the errand", async () => {
	const { transfers, add, asked } = setup();
	transfers.connect(session("a"));
	const two = jobs(2);
	const batch = add(two);
	two[0]?.last.fail(conflict("f0"));
	await settle();
	asked[0]?.answer(undefined);
	await settle();
	assert.equal(batch.state, "cancelled");
});

test("folders are made before any file of the errand moves, and again after a loss", async () => {
	const { transfers } = setup();
	const job = new Scripted("f");
	let tries = 0;
	const batch = transfers.add({
		kind: "upload",
		name: "folder/",
		from: "",
		to: "",
		jobs: [],
		prepare: async () => {
			tries++;
			if (tries === 1) throw lostError();
			return { jobs: [job] };
		},
	});
	transfers.connect(session("a"));
	await settle();
	assert.equal(batch.state, "retrying");
	transfers.connect(session("b"));
	await settle();
	assert.equal(tries, 2);
	assert.equal(batch.state, "running");
	job.last.finish();
	await settle();
	assert.equal(batch.state, "done");
});

test("a folder that cannot be made is a failure with its reason, and can be tried again", async () => {
	const { transfers, over } = setup();
	transfers.connect(session("a"));
	let allowed = false;
	const batch = transfers.add({
		kind: "upload",
		name: "folder/",
		from: "",
		to: "",
		jobs: [],
		prepare: async () => {
			if (!allowed) throw new SFTPError("sftp", "permission denied", "/folder");
			return { jobs: [] };
		},
	});
	await settle();
	assert.equal(batch.state, "failed");
	assert.match(String(batch.failure?.error), /permission denied/);
	allowed = true;
	transfers.retry(batch);
	await settle();
	assert.equal(batch.state, "done");
	assert.deepEqual(over, ["folder/ failed", "folder/ done"]);
});

test("the time to the end is not told in the first three seconds, nor without a total", async () => {
	const { transfers, add, clock } = setup();
	transfers.connect(session("a"));
	const job = new Scripted("f", 10_000);
	const batch = add([job]);
	const run = (seconds: number) => {
		for (let i = 0; i < seconds * 4; i++) {
			clock.now += 250;
			job.last.progress((batch.transfers[0]?.done ?? 0) + 250);
		}
	};
	run(2);
	assert.equal(batch.eta(clock.now), undefined);
	run(2);
	assert.equal(Math.round(batch.rate(clock.now)), 1000);
	assert.equal(Math.round((batch.eta(clock.now) ?? 0) / 1000), 6);
	job.last.progress(5000, undefined);
	assert.equal(transfers.progress.total, 10_000);
});

test("the rate follows a change within its five seconds, and falls in silence", () => {
	const meter = new RateMeter(0);
	let now = 0;
	const run = (seconds: number, bytes: number) => {
		for (let i = 0; i < seconds * 4; i++) {
			now += 250;
			meter.add(bytes / 4, now);
		}
	};
	run(20, 1000);
	assert.ok(Math.abs(meter.rate(now) - 1000) < 1);
	run(5, 4000);
	const rate = meter.rate(now);
	assert.ok(rate > 2600 && rate < 3200, String(rate));
	now += 30_000;
	assert.ok(meter.rate(now) < 50);
	meter.restart(now);
	assert.equal(meter.rate(now), 0);
});
