/** Many files of a server as one archive. */
import { Linked } from "./abort.ts";
import { SSHError } from "./errors.ts";
import type { Path, SFTP, Sink } from "./filetypes.ts";
import { localError } from "./get.ts";
import type { JobResult, ZipPart } from "./jobs.ts";
import { placeOf } from "./places.ts";
import { BytePort, readableOf } from "./port.ts";
import { trusted } from "./trusted.ts";
import type { Abortable } from "./types.ts";

/** A file of an archive, or a folder if it has no path. */
export interface ZipEntry {
	/** Below the archive's root, parted by slashes. */
	readonly name: string;
	/** Where the server has it. */
	readonly path?: Path;
	/** Milliseconds since 1970. */
	readonly mtime?: number | undefined;
}

export interface ZipOptions extends Abortable {
	/** Compares the SHA-256 of each file, as {@link GetOptions.verify}. */
	readonly verify?: boolean;
	/** Bytes of files read so far. */
	onProgress?(bytes: number): void;
}

/**
 * Brings files and folders of a server as one archive, which is made while it
 * is read, in a Worker of its own: the connection's has enough to do.
 */
export async function zip(sftp: SFTP, entries: Iterable<ZipEntry>, to: Sink, options: ZipOptions = {}): Promise<void> {
	options.signal?.throwIfAborted();
	const worker = new Worker(trusted(placeOf("worker")), { type: "module", name: "wasmiko-zip" });
	const stop = new Linked(options.signal);
	try {
		const { port1: control, port2: far } = new MessageChannel();
		const [stream, written] = open(worker, to);
		worker.postMessage({ job: "zip", stream, control: far }, [stream, far]);
		await Promise.race([
			Promise.all([feed(sftp, entries, control, stop.signal, options), written]),
			broken(worker, stop),
		]);
	} finally {
		stop.abort();
		stop.release();
		worker.terminate();
	}
}

/** Where the archive's bytes go: the port to write them to, and what settles when they are there. */
function open(worker: Worker, to: Sink): [stream: MessagePort, written: Promise<void>] {
	if (to instanceof MessagePort) return [to, Promise.resolve()];
	const { port1, port2 } = new MessageChannel();
	if ("getWriter" in to) {
		const port = new BytePort(port2);
		port.end();
		return [port1, readableOf(port).pipeTo(to)];
	}
	const { port1: control, port2: far } = new MessageChannel();
	worker.postMessage({ job: "drain", file: to, offset: 0, keep: false, stream: port2, control: far }, [port2, far]);
	const written = new Promise<void>((resolve, reject) => {
		control.onmessage = ({ data }: MessageEvent<JobResult>) => {
			control.close();
			if (data.error === undefined) resolve();
			else reject(localError("write", to.name, data.error));
		};
	});
	return [port1, written];
}

/** Hands out the entries as they are asked for, until the archive is made. */
function feed(
	sftp: SFTP,
	entries: Iterable<ZipEntry>,
	control: MessagePort,
	signal: AbortSignal,
	{ verify = false, onProgress }: ZipOptions,
): Promise<void> {
	const rest = entries[Symbol.iterator]();
	let before = 0;
	return new Promise((resolve, reject) => {
		const get = async (path: Path, stream: MessagePort): Promise<void> => {
			const { bytes } = await sftp.get(path, stream, {
				signal,
				verify,
				onProgress: ({ done }) => onProgress?.(before + done),
			});
			before += bytes;
			onProgress?.(before);
		};
		control.onmessage = ({ data }: MessageEvent<"next" | JobResult>) => {
			if (data !== "next") {
				control.close();
				// Why a file could not be read its own call tells better.
				if (data.error !== undefined) setTimeout(reject, 0, data.error);
				else resolve();
				return;
			}
			const { value } = rest.next();
			if (value?.path === undefined) {
				control.postMessage((value ?? null) satisfies ZipPart | null);
				return;
			}
			const { port1, port2 } = new MessageChannel();
			const part: ZipPart = { name: value.name, mtime: value.mtime, stream: port1 };
			control.postMessage(part, [port1]);
			get(value.path, port2).catch(reject);
		};
	});
}

/** Rejects when the Worker breaks, or is to stop. */
function broken(worker: Worker, { signal }: AbortController): Promise<never> {
	return new Promise((_, reject) => {
		signal.addEventListener("abort", () => reject(signal.reason));
		worker.onerror = (event) => {
			event.preventDefault();
			reject(
				new SSHError("internal", `The archive could not be made: ${event.message || "its worker did not start"}.`),
			);
		};
	});
}
