/** Local files, read and written by the Worker itself: their bytes never pass the page. */
import type { DrainJob, FeedJob, Job, JobResult } from "../client/jobs.ts";
import { BytePort } from "../client/port.ts";
import { zip } from "./zip.ts";

/** How much of a Blob is read at a time: large, for each read is a round trip to the browser's own process. */
const SLICE = 1024 * 1024;

/** How much may wait for the disk; the half of it is written at a time. */
const DISK_WINDOW = 4 * 1024 * 1024;

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

async function feed({ blob, offset, stream }: FeedJob): Promise<JobResult> {
	const port = new BytePort(stream);
	// The core says nothing here but why it takes no more.
	port.read({ data: () => {}, end: () => {} });
	let at = offset;
	try {
		let next = read(blob, at);
		while (at < blob.size) {
			const bytes = await next;
			at += bytes.byteLength;
			// While that is sent, the disk reads on.
			next = read(blob, at);
			next.catch(() => {});
			port.write(bytes);
			try {
				await port.drained();
			} catch {
				return { bytes: at - offset };
			}
		}
		port.end();
		return { bytes: at - offset };
	} catch (error) {
		port.reset(error);
		return { bytes: at - offset, error };
	}
}

async function read(blob: Blob, at: number): Promise<Uint8Array> {
	return new Uint8Array(await blob.slice(at, at + SLICE).arrayBuffer());
}

/** Writes a file as its bytes come. */
class Drain {
	readonly #job: DrainJob;
	readonly #port: BytePort;
	#chunks: Uint8Array[] = [];
	#waiting = 0;
	#written = 0;
	#ended: { readonly error?: unknown } | undefined;
	#wake = () => {};

	constructor(job: DrainJob) {
		this.#job = job;
		this.#port = new BytePort(job.stream);
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
					this.#chunks.push(chunk);
					this.#waiting += chunk.byteLength;
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

	/** Writes in few large pieces: each one costs a round trip, whatever its size. */
	async #copy(file: FileSystemWritableFileStream): Promise<void> {
		while (!this.#ended || this.#waiting > 0) {
			if (this.#waiting < DISK_WINDOW / 4 && !this.#ended) {
				await new Promise<void>((resolve) => {
					this.#wake = resolve;
				});
				continue;
			}
			const bytes = this.#take();
			await file.write(bytes);
			this.#written += bytes.byteLength;
			this.#port.grant(bytes.byteLength);
		}
	}

	#take(): Uint8Array<ArrayBuffer> {
		const whole = new Uint8Array(this.#waiting);
		let at = 0;
		for (const chunk of this.#chunks) {
			whole.set(chunk, at);
			at += chunk.byteLength;
		}
		this.#chunks = [];
		this.#waiting = 0;
		return whole;
	}

	/** The core ends a stream well only when all of the file has come and was checked. */
	async #finish(file: FileSystemWritableFileStream): Promise<void> {
		const failed = this.#ended !== undefined && "error" in this.#ended;
		if (failed && !this.#job.keep) await file.abort(this.#ended?.error).catch(() => {});
		else await file.close();
	}
}
