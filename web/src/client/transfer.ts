/** Files as streams. */
import { Linked } from "./abort.ts";
import type { Core } from "./core.ts";
import type { ReadOptions, WriteOptions } from "./filetypes.ts";
import { type BytePort, readableOf } from "./port.ts";
import type { SFTPMoved, SFTPRead, SFTPWrite } from "./wire.ts";

/** A file on the server, as calls name it. */
export interface Remote {
	readonly sftp: number;
	readonly path: Uint8Array;
}

/** What is asked for, without who is told of its progress. */
export function readParams(remote: Remote, { offset = 0, length }: ReadOptions): Omit<SFTPRead, "transfer" | "verify"> {
	checkBytes("offset", offset);
	if (length !== undefined) checkBytes("length", length);
	return { ...remote, offset, ...(length === undefined ? {} : { length }) };
}

/** Names a wrong number before anything is sent. */
export function checkBytes(name: string, value: number): void {
	if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${name} is ${value}; it is a number of bytes`);
}

/** See {@link SFTP.read}. */
export function readStream(core: Core, remote: Remote, options: ReadOptions): ReadableStream<Uint8Array> {
	return openRead(core, remote, options, 0).stream;
}

/** Starts a download: its stream, and what it moved once the stream has ended. */
export function openRead(
	core: Core,
	remote: Remote,
	options: ReadOptions & { readonly verify?: boolean },
	transfer: number,
) {
	const params = { ...readParams(remote, options), verify: options.verify ?? false, transfer };
	const cancel = new Linked(options.signal);
	const { stream: port, port: far } = core.open();
	port.end();
	const moved = core.call("sftpRead", params, { signal: cancel.signal, ports: [far] });
	moved.catch((error: unknown) => port.fail(error)).finally(() => cancel.release());
	const stream = readableOf(new Verdict(port, moved), (reason) => cancel.abort(reason));
	return { stream, moved };
}

/** A port whose end is what the call says of it: only that knows why, and whether all came. */
class Verdict implements Pick<BytePort, "read" | "grant"> {
	readonly #port: BytePort;
	readonly #moved: Promise<SFTPMoved>;

	constructor(port: BytePort, moved: Promise<SFTPMoved>) {
		this.#port = port;
		this.#moved = moved;
	}

	read(sink: Parameters<BytePort["read"]>[0]): void {
		this.#port.read({
			data: (chunk) => sink.data(chunk),
			end: () => {
				this.#moved.then(
					() => sink.end(),
					(error: unknown) => sink.end(error),
				);
			},
		});
	}

	grant(bytes: number): void {
		this.#port.grant(bytes);
	}
}

/** See {@link SFTP.write}. */
export function writeStream(core: Core, remote: Remote, options: WriteOptions): WritableStream<Uint8Array> {
	const { offset = 0, mode, atomic = false, signal } = options;
	checkBytes("offset", offset);
	if (atomic && offset > 0) throw new TypeError("an atomic write begins at 0");
	const params = {
		offset,
		skip: 0,
		atomic,
		overwrite: true,
		again: false,
		verify: false,
		...(mode === undefined ? {} : { mode }),
	};
	return openWrite(core, { ...remote, ...params, transfer: 0 }, signal).stream;
}

/** How much of an upload waits in its stream. */
const HIGH_WATER = 64 * 1024;

/** Starts an upload: a stream that takes it, and what it moved once the stream was closed. */
export function openWrite(core: Core, params: SFTPWrite, signal: AbortSignal | undefined) {
	const cancel = new Linked(signal);
	const { stream: port, port: far } = core.open();
	const moved = core.call("sftpWrite", params, { signal: cancel.signal, ports: [far] });
	moved.catch(() => {}).finally(() => cancel.release());
	// Where the core takes no more, the call tells why.
	const why = async (error: unknown) => {
		await moved;
		throw error;
	};
	const stream = new WritableStream<Uint8Array>(
		{
			start(controller) {
				moved.catch((error: unknown) => {
					port.fail(error);
					controller.error(error);
				});
			},
			async write(chunk) {
				port.write(chunk.slice());
				await port.drained().catch(why);
			},
			async close() {
				port.end();
				await moved;
			},
			abort(reason) {
				cancel.abort(reason);
				port.reset(reason);
			},
		},
		new ByteLengthQueuingStrategy({ highWaterMark: HIGH_WATER }),
	);
	return { stream, moved };
}
