/** Local files, read and written by the Worker itself: their bytes never pass the page. */
import type { DrainJob, FeedJob, Job, JobResult } from "../client/jobs.ts";
import { BytePort } from "../client/port.ts";
import { Near } from "./near.ts";
import { zip } from "./zip.ts";

/** How much of a Blob is read at a time: large, for each read is a round trip to the browser's own process. */
const SLICE = 1024 * 1024;

/** How much may wait for the disk. */
const DISK_WINDOW = 4 * 1024 * 1024;

/**
 * How much is written at a time: each time is a round trip. Of 1 MiB the
 * browser's own copy would be new memory every time.
 */
const BLOCK = DISK_WINDOW / 8;

/** Does a job and tells how it went. */
export async function work(job: Job): Promise<void> {
	job.control.postMessage(await resultOf(job));
	job.control.close();
}

function resultOf(job: Job): Promise<JobResult> {
	switch (job.job) {
		case "feed":
			return feed(job);
		case "drain":
			return new Drain(job).run();
		case "zip":
			return zip(job);
	}
}

function portOf({ stream, near }: FeedJob | DrainJob): BytePort {
	return new BytePort(near ? new Near(stream) : stream);
}

async function feed(job: FeedJob): Promise<JobResult> {
	const { blob, offset } = job;
	const port = portOf(job);
	// The core says nothing here but why it takes no more.
	port.read({ data: () => {}, end: () => {} });
	const source = sourceOf(offset > 0 ? blob.slice(offset) : blob);
	let sent = 0;
	try {
		let next = source.next();
		for (let bytes = await next; bytes.byteLength > 0; bytes = await next) {
			sent += bytes.byteLength;
			// While that is sent, the disk reads on.
			next = source.next();
			next.catch(() => {});
			port.write(bytes);
			try {
				await port.drained();
			} catch {
				return { bytes: sent };
			}
		}
		port.end();
		return { bytes: sent };
	} catch (error) {
		port.reset(error);
		return { bytes: sent, error };
	} finally {
		source.end();
	}
}

/** The bytes of a Blob. A piece is good until the one after the next has been asked for; one of no bytes is the end. */
interface Source {
	next(): Promise<Uint8Array>;
	end(): void;
}

/** Where the browser can, it fills memory of ours: new memory for each piece costs more than its bytes. */
function sourceOf(blob: Blob): Source {
	if (blob.size <= SLICE) return new Slices(blob);
	try {
		return new Refilled(blob.stream().getReader({ mode: "byob" }));
	} catch {
		return new Slices(blob);
	}
}

class Refilled implements Source {
	readonly #reader: ReadableStreamBYOBReader;
	/** One that is filled, one that is sent, and one whose bytes may wait to be taken: the core's window is no larger. */
	readonly #buffers = [SLICE, SLICE, SLICE].map((size) => new ArrayBuffer(size));

	constructor(reader: ReadableStreamBYOBReader) {
		this.#reader = reader;
	}

	async next(): Promise<Uint8Array> {
		let buffer = this.#buffers.shift() as ArrayBuffer;
		let used = 0;
		for (let done = false; !done && used < SLICE; ) {
			const read = await this.#reader.read(new Uint8Array(buffer, used));
			if (!read.value) break;
			done = read.done;
			buffer = read.value.buffer;
			used += read.value.byteLength;
		}
		this.#buffers.push(buffer);
		return new Uint8Array(buffer, 0, used);
	}

	end(): void {
		this.#reader.cancel().catch(() => {});
	}
}

class Slices implements Source {
	readonly #blob: Blob;
	#at = 0;

	constructor(blob: Blob) {
		this.#blob = blob;
	}

	/** Of a small file each read, and each slice, costs more than its bytes. */
	async next(): Promise<Uint8Array> {
		const { size } = this.#blob;
		if (this.#at >= size) return new Uint8Array();
		const end = this.#at + SLICE;
		const piece = this.#at === 0 && end >= size ? this.#blob : this.#blob.slice(this.#at, end);
		const bytes = await piece.arrayBuffer();
		this.#at += bytes.byteLength;
		return new Uint8Array(bytes);
	}

	end(): void {}
}

/** Writes a file as its bytes come. */
class Drain {
	readonly #job: DrainJob;
	readonly #port: BytePort;
	readonly #blocks = new Blocks();
	#written = 0;
	#ended: { readonly error?: unknown } | undefined;
	#wake = () => {};

	constructor(job: DrainJob) {
		this.#job = job;
		this.#port = portOf(job);
		this.#port.end();
	}

	async run(): Promise<JobResult> {
		let file: FileSystemWritableFileStream | undefined;
		try {
			file = await this.#open();
			this.#listen();
			await this.#copy(file);
			await this.#finish(file);
			return { bytes: this.#written };
		} catch (error) {
			this.#port.reset(error);
			await file?.abort(error).catch(() => {});
			return { bytes: this.#written, error };
		}
	}

	/** The browser keeps what is written aside until the file is closed. */
	async #open(): Promise<FileSystemWritableFileStream> {
		const { file, offset } = this.#job;
		const out = await file.createWritable({ keepExistingData: offset > 0 });
		if (offset > 0) {
			await out.truncate(offset);
			await out.seek(offset);
		}
		return out;
	}

	#listen(): void {
		this.#port.read(
			{
				data: (chunk) => {
					this.#blocks.add(chunk);
					this.#wake();
				},
				end: (error) => {
					this.#ended = error === undefined ? {} : { error };
					this.#wake();
				},
			},
			DISK_WINDOW,
		);
	}

	async #copy(file: FileSystemWritableFileStream): Promise<void> {
		for (;;) {
			const ended = this.#ended;
			const block = this.#blocks.take(ended !== undefined);
			if (block) {
				await file.write(block);
				this.#written += block.byteLength;
				this.#port.grant(block.byteLength);
				this.#blocks.giveBack(block);
			} else if (ended) return;
			else
				await new Promise<void>((resolve) => {
					this.#wake = resolve;
				});
		}
	}

	/** The core ends a stream well only when all of the file has come and was checked. */
	async #finish(file: FileSystemWritableFileStream): Promise<void> {
		const failed = this.#ended !== undefined && "error" in this.#ended;
		if (failed && !this.#job.keep) await file.abort(this.#ended?.error).catch(() => {});
		else await file.close();
	}
}

/** Bytes that wait for the disk, in a few buffers that are used again: to make new ones costs more than to fill them. */
class Blocks {
	readonly #full: Uint8Array<ArrayBuffer>[] = [];
	readonly #free: Uint8Array<ArrayBuffer>[] = [];
	#last: Uint8Array<ArrayBuffer> | undefined;
	/** Filled of the last. */
	#used = 0;

	/** Copies a chunk to behind what waits already. */
	add(chunk: Uint8Array): void {
		for (let rest = chunk; rest.length > 0; ) {
			this.#last ??= this.#free.pop() ?? new Uint8Array(BLOCK);
			const part = rest.subarray(0, BLOCK - this.#used);
			this.#last.set(part, this.#used);
			this.#used += part.length;
			rest = rest.subarray(part.length);
			if (this.#used === BLOCK) this.#finish(this.#last);
		}
	}

	/** The oldest block that is full, or, if `all` is to be taken, what there is. */
	take(all: boolean): Uint8Array<ArrayBuffer> | undefined {
		if (all && this.#last && this.#full.length === 0) this.#finish(this.#last);
		return this.#full.shift();
	}

	/** Takes one back that has been written. */
	giveBack(block: Uint8Array<ArrayBuffer>): void {
		this.#free.push(new Uint8Array(block.buffer));
	}

	#finish(last: Uint8Array<ArrayBuffer>): void {
		this.#full.push(last.subarray(0, this.#used));
		this.#last = undefined;
		this.#used = 0;
	}
}
