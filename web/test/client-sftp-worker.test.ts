import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JobResult } from "../src/client/jobs.ts";
import { BytePort, type Messages, type PortMessage } from "../src/client/port.ts";
import { work } from "../src/worker/files.ts";
import { Stream } from "../src/worker/stream.ts";

const MiB = 1024 * 1024;

/** A file of the browser's: its contents change when it is closed. */
class FakeFile {
	contents: Uint8Array;
	failure: Error | undefined;
	writes = 0;

	constructor(text = "") {
		this.contents = Buffer.from(text);
	}

	async createWritable({ keepExistingData = false } = {}): Promise<object> {
		let next = keepExistingData ? this.contents : new Uint8Array();
		let at = 0;
		return {
			seek: async (to: number) => {
				at = to;
			},
			truncate: async (size: number) => {
				next = next.slice(0, size);
			},
			write: async (bytes: Uint8Array) => {
				if (this.failure) throw this.failure;
				this.writes++;
				next = Buffer.concat([next.subarray(0, at), bytes]);
				at += bytes.byteLength;
			},
			close: async () => {
				this.contents = next;
			},
			abort: async () => {},
		};
	}

	get handle(): FileSystemFileHandle {
		return this as unknown as FileSystemFileHandle;
	}
}

/** The core's end of a stream in its own Worker, used as Go uses it. */
class CoreEnd implements Messages {
	onmessage: Messages["onmessage"] = null;
	readonly #stream: Stream;

	constructor(port: MessagePort) {
		this.#stream = new Stream(port, (end) => {
			const credit = this.#stream.credit();
			if (credit > 0) this.onmessage?.({ data: credit });
			const buffer = new Uint8Array(70_000);
			for (let n = this.#stream.take(buffer); n > 0; n = this.#stream.take(buffer))
				this.onmessage?.({ data: buffer.slice(0, n) });
			if (end !== undefined) this.onmessage?.({ data: end });
		});
	}

	postMessage(message: PortMessage): void {
		if (message instanceof Uint8Array) {
			const memory = message.slice();
			this.#stream.post(memory);
			// The core uses its memory again.
			memory.fill(0xee);
		} else this.#stream.tell(message);
	}

	close(): void {
		this.#stream.close();
	}
}

/** As in browsers whose Blobs have no stream of bytes. */
function withoutStream(blob: Blob): Blob {
	const slice = (from?: number, to?: number) => withoutStream(Blob.prototype.slice.call(blob, from, to));
	return Object.assign(blob, { slice, stream: () => new ReadableStream() });
}

/** One that has changed on the disk. */
function unreadable(size: number): Blob {
	const fail = () => Promise.reject(new Error("changed"));
	const blob = new Blob([new Uint8Array(size)]);
	const stream = () => new ReadableStream({ type: "bytes", pull: fail });
	return Object.assign(blob, { slice: () => blob, stream, arrayBuffer: fail });
}

/** Both ends of a stream, and of what controls a job. */
function channels(near: boolean) {
	const bytes = new MessageChannel();
	const control = new MessageChannel();
	const result = new Promise<JobResult>((resolve) => {
		control.port1.onmessage = ({ data }) => {
			control.port1.close();
			resolve(data);
		};
	});
	const far = new BytePort(near ? new CoreEnd(bytes.port2) : bytes.port2);
	return { stream: { stream: bytes.port1, near }, far, control: control.port2, result };
}

// Bytes of the Worker's own core take a shorter way, and arrive all the same.
for (const near of [false, true]) {
	const whose = near ? "its own core" : "another end";

	describe(`the Worker writes a file that ${whose} sends`, () => {
		async function drain(
			file: FakeFile,
			offset: number,
			keep: boolean,
			send: (far: BytePort) => void,
		): Promise<JobResult> {
			const { stream, far, control, result } = channels(near);
			far.read({ data: () => {}, end: () => {} });
			void work({ job: "drain", file: file.handle, offset, keep, ...stream, control });
			send(far);
			return result;
		}

		it("whole, in few pieces", async () => {
			const file = new FakeFile("old");
			const bytes = new Uint8Array(9 * MiB + 5).map((_, i) => i % 251);
			const result = await drain(file, 0, false, (far) => {
				far.write(bytes.slice());
				far.end();
			});
			assert.deepEqual(result, { bytes: bytes.length });
			assert.ok(Buffer.from(bytes).equals(file.contents));
			assert.ok(file.writes < 20, `${file.writes} writes`);
		});

		it("from an offset on, and cuts off what was behind it", async () => {
			const file = new FakeFile("0123456789");
			await drain(file, 4, false, (far) => {
				far.write(Buffer.from("abc"));
				far.end();
			});
			assert.equal(Buffer.from(file.contents).toString(), "0123abc");
		});

		for (const [keep, want] of [
			[false, "old"],
			[true, "new"],
		] as const)
			it(`and ${keep ? "keeps what came" : "leaves it as it was"} when the stream breaks off`, async () => {
				const file = new FakeFile("old");
				const result = await drain(file, 0, keep, (far) => {
					far.write(Buffer.from("new"));
					void far.drained().then(() => far.reset(new Error("gone")));
				});
				assert.equal(Buffer.from(file.contents).toString(), want);
				assert.equal(result.error, undefined);
			});

		it("and tells why it cannot", async () => {
			const file = new FakeFile("old");
			file.failure = new Error("disk full");
			const result = await drain(file, 0, false, (far) => {
				far.write(Buffer.from("new"));
				far.end();
			});
			assert.match(String(result.error), /disk full/);
			assert.equal(Buffer.from(file.contents).toString(), "old");
		});
	});

	describe(`the Worker reads a file for ${whose}`, () => {
		// Where a Blob's stream cannot fill memory of ours, each piece has its own.
		for (const [fills, blobOf] of [
			["into its own memory", (bytes: Uint8Array<ArrayBuffer>) => new Blob([bytes])],
			["into new memory", (bytes: Uint8Array<ArrayBuffer>) => withoutStream(new Blob([bytes]))],
		] as const)
			it(`from an offset to its end, ${fills}`, async () => {
				const { stream, far, control, result } = channels(near);
				const bytes = new Uint8Array(5 * MiB + 5).map((_, i) => i % 251);
				const got: Uint8Array[] = [];
				const ended = new Promise<unknown>((resolve) => {
					const data = (chunk: Uint8Array) => {
						got.push(chunk);
						far.grant(chunk.byteLength);
					};
					far.read({ data, end: resolve });
				});
				far.end();
				void work({ job: "feed", blob: blobOf(bytes), offset: 1000, ...stream, control });
				assert.equal(await ended, undefined);
				assert.ok(Buffer.concat(got).equals(bytes.subarray(1000)));
				assert.deepEqual(await result, { bytes: bytes.length - 1000 });
			});

		it("a small one by one read, and no more", async () => {
			const { stream, far, control, result } = channels(near);
			const blob = new Blob(["hello"]);
			let asked = 0;
			for (const method of ["slice", "arrayBuffer", "stream"] as const) {
				const real = blob[method].bind(blob) as (...args: unknown[]) => unknown;
				const counted = (...args: unknown[]) => {
					asked++;
					return real(...args);
				};
				Object.assign(blob, { [method]: counted });
			}
			const got: Uint8Array[] = [];
			const ended = new Promise<unknown>((resolve) => {
				far.read({ data: (chunk) => got.push(chunk), end: resolve });
			});
			far.end();
			void work({ job: "feed", blob, offset: 0, ...stream, control });
			assert.equal(await ended, undefined);
			assert.deepEqual([String(Buffer.concat(got)), asked, await result], ["hello", 1, { bytes: 5 }]);
		});

		it("and stops when nobody wants more", async () => {
			const { stream, far, control, result } = channels(near);
			far.read({ data: () => far.reset(new Error("no more")), end: () => {} });
			void work({ job: "feed", blob: new Blob([new Uint8Array(5 * MiB)]), offset: 0, ...stream, control });
			const { bytes, error } = await result;
			assert.ok(bytes < 5 * MiB);
			assert.equal(error, undefined);
		});

		for (const size of [10, 2 * MiB])
			it(`and breaks the stream off when it cannot read ${size} bytes`, async () => {
				const { stream, far, control, result } = channels(near);
				const ended = new Promise<unknown>((resolve) => far.read({ data: () => {}, end: resolve }));
				void work({ job: "feed", blob: unreadable(size), offset: 0, ...stream, control });
				assert.match(String((await result).error), /changed/);
				assert.ok(await ended);
			});
	});
}

describe("the Worker's memory is not filled again", () => {
	it("before a core that is slow has taken what was in it", async () => {
		const bytes = new MessageChannel();
		const control = new MessageChannel();
		const source = new Uint8Array(6 * MiB + 5).map((_, i) => i % 251);
		let over = false;
		const stream = new Stream(bytes.port2, (end) => {
			over ||= end !== undefined;
		});
		stream.tell(MiB);
		void work({
			job: "feed",
			blob: new Blob([source]),
			offset: 0,
			stream: bytes.port1,
			near: true,
			control: control.port2,
		});
		const got: Buffer[] = [];
		const piece = new Uint8Array(32 * 1024);
		for (let total = 0; total < source.length; ) {
			await new Promise(setImmediate);
			const n = stream.take(piece);
			got.push(Buffer.from(piece.slice(0, n)));
			total += n;
			if (n > 0) stream.tell(n);
			else if (over) break;
		}
		while (!over) await new Promise(setImmediate);
		assert.ok(Buffer.concat(got).equals(source));
		stream.close();
		control.port1.close();
	});
});
