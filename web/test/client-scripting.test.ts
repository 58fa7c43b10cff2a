import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { converse } from "../src/client/converse.ts";
import { ExecError, TimeoutError } from "../src/client/errors.ts";
import { merge } from "../src/client/merge.ts";

/** A program whose output the test writes. */
function program() {
	let out: ReadableStreamDefaultController<Uint8Array> | undefined;
	const heard: string[] = [];
	const readable = new ReadableStream<Uint8Array>({
		start(controller) {
			out = controller;
		},
	});
	const writable = new WritableStream<Uint8Array>({
		write: (bytes) => void heard.push(new TextDecoder().decode(bytes)),
	});
	return {
		heard,
		talk: converse({ readable, writable }),
		says: (text: string) => out?.enqueue(new TextEncoder().encode(text)),
		ends: () => out?.close(),
		breaks: (error: Error) => out?.error(error),
	};
}

describe("a conversation", () => {
	it("sends, waits for a prompt in pieces, and keeps what came after it", async () => {
		const p = program();
		const prompt = p.talk.expect(/(\w+)'s pass(word): /);
		p.says("banner\r\nrobey's pa");
		p.says("ssword: and more");
		assert.deepEqual(await prompt, { index: 0, match: ["robey's password: ", "robey", "word"], before: "banner\r\n" });
		assert.equal(p.talk.pending, "and more");
		await p.talk.send("foo\n");
		assert.deepEqual(p.heard, ["foo\n"]);
	});

	it("takes the pattern that comes first in the text", async () => {
		const p = program();
		p.says("Permission denied. $ ");
		const found = await p.talk.expect(["$ ", /denied/g]);
		assert.deepEqual([found.index, found.before], [1, "Permission "]);
		assert.equal((await p.talk.expect("$ ")).before, ". ");
	});

	it("loses nothing when time is up", async () => {
		const p = program();
		p.says("half a li");
		const late = await p.talk.expect("line", { timeout: 20 }).catch((e: unknown) => e);
		assert.ok(late instanceof TimeoutError);
		assert.equal(new TextDecoder().decode(late.stdout), "half a li");
		p.says("ne");
		assert.equal((await p.talk.expect("line")).before, "half a ");
	});

	it("tells that the program has ended, and what it had said", async () => {
		const p = program();
		const waiting = p.talk.expect("$ ");
		p.says("bye");
		p.ends();
		await assert.rejects(waiting, (e) => e instanceof ExecError && new TextDecoder().decode(e.stdout) === "bye");
		const broken = program();
		const cause = new Error("lost");
		broken.breaks(cause);
		await assert.rejects(broken.talk.expect("$ "), { cause });
	});

	it("ends when its signal does", async () => {
		const abort = new AbortController();
		const waiting = program().talk.expect("$ ", { signal: abort.signal });
		abort.abort(new TypeError("no more"));
		await assert.rejects(waiting, /no more/);
	});
});

describe("merge", () => {
	async function* counting(to: number, ended: () => void): AsyncGenerator<number> {
		try {
			for (let i = 0; i < to; i++) {
				await Promise.resolve();
				yield i;
			}
		} finally {
			ended();
		}
	}

	it("yields all values of all sources, each source's in order", async () => {
		const got: (readonly [number, number])[] = [];
		for await (const each of merge(
			counting(3, () => {}),
			counting(2, () => {}),
		))
			got.push(each);
		for (const [from, want] of [
			[0, [0, 1, 2]],
			[1, [0, 1]],
		] as const)
			assert.deepEqual(
				got.filter(([source]) => source === from).map(([, value]) => value),
				want,
			);
	});

	it("ends every source with the loop", async () => {
		let ended = 0;
		for await (const _ of merge(
			counting(9, () => ended++),
			counting(9, () => ended++),
		))
			break;
		await new Promise((resolve) => setImmediate(resolve));
		assert.equal(ended, 2);
	});

	it("fails with the source that fails", async () => {
		async function* failing(): AsyncGenerator<number> {
			yield 1;
			throw new Error("broken pipe");
		}
		const all = async () => {
			for await (const _ of merge(
				failing(),
				counting(1e9, () => {}),
			))
				await Promise.resolve();
		};
		await assert.rejects(all(), /broken pipe/);
	});

	it("reads streams that cannot be iterated, and cancels them with the loop", async () => {
		const prototype = ReadableStream.prototype;
		const has = Object.getOwnPropertyDescriptor(prototype, Symbol.asyncIterator) as PropertyDescriptor;
		Reflect.deleteProperty(prototype, Symbol.asyncIterator);
		try {
			const cancelled: number[] = [];
			const stream = (n: number, values: readonly number[]) =>
				new ReadableStream<number>({
					start: (controller) => values.forEach((value) => void controller.enqueue(value)),
					cancel: () => void cancelled.push(n),
				});
			const got: (readonly [number, number])[] = [];
			for await (const each of merge(stream(0, [1, 2]), stream(1, [3, 4]))) {
				got.push(each);
				if (got.length === 3) break;
			}
			assert.deepEqual(got, [
				[0, 1],
				[1, 3],
				[0, 2],
			]);
			await new Promise((resolve) => setImmediate(resolve));
			assert.ok(cancelled.includes(1));
		} finally {
			Object.defineProperty(prototype, Symbol.asyncIterator, has);
		}
	});
});
