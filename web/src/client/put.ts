/** Uploads from files, Blobs, streams and bytes. */
import type { Core } from "./core.ts";
import { SFTPError } from "./errors.ts";
import type { PutOptions, Source, TransferResult } from "./filetypes.ts";
import { localError, settled, verdict } from "./get.ts";
import { Meter } from "./meter.ts";
import { openWrite, type Remote } from "./transfer.ts";
import type { SFTPWrite } from "./wire.ts";

/**
 * How much of a part's end is not trusted: so much may have been on its way,
 * and a server may have written the later of it before the earlier.
 */
const DOUBT = 2 * 1024 * 1024;

/** How much of what is there already is sent once more, for the core to see that it is the same. */
const COMPARED = 64 * 1024;

/** See {@link SFTP.put}. */
export async function put(core: Core, remote: Remote, from: Source, options: PutOptions): Promise<TransferResult> {
	options.signal?.throwIfAborted();
	const source: Local = await blobOf(from);
	const have = options.resume ? await partSize(core, remote, source, options) : 0;
	try {
		return await putFrom(core, remote, source, have, options);
	} catch (error) {
		if (!(error instanceof SFTPError) || error.reason !== "part-differs") throw error;
		return putFrom(core, remote, source, 0, options);
	}
}

async function putFrom(
	core: Core,
	remote: Remote,
	source: Local,
	have: number,
	options: PutOptions,
): Promise<TransferResult> {
	const { signal } = options;
	const meter = new Meter(core, options.onProgress, have);
	try {
		const params = { ...remote, ...paramsOf(source, have, options), transfer: meter.transfer };
		const result = await (source instanceof Blob
			? fromBlob(core, params, source, signal)
			: fromStream(core, params, source, signal));
		meter.finish(result.bytes);
		return result;
	} finally {
		meter.stop();
	}
}

/** What can be read from the middle, if that can be had. */
async function blobOf(from: Source): Promise<Local> {
	if (from instanceof Blob || from instanceof ReadableStream) return from;
	if (typeof from === "string") return new Blob([from]);
	if (from instanceof Uint8Array) return new Blob([from as Uint8Array<ArrayBuffer>]);
	if (typeof from?.getFile !== "function") throw new TypeError("what to upload is no file, stream, text or bytes");
	try {
		return await from.getFile();
	} catch (error) {
		throw localError("read", from.name, error);
	}
}

type Local = Blob | ReadableStream<Uint8Array>;

/** How much of the source is on the server, whole for sure. */
async function partSize(core: Core, remote: Remote, source: Local, options: PutOptions): Promise<number> {
	if (!(source instanceof Blob)) throw new TypeError("a stream cannot be resumed: its beginning is gone");
	if (options.atomic === false) throw new TypeError("only an atomic upload leaves a part to go on with");
	const { size = 0, mtime } = await core.call("sftpPart", remote, { signal: options.signal });
	if (size > source.size) throw partLarger(remote, size, source.size);
	// A source that was written to since is another one. Servers keep whole seconds.
	if (source instanceof File && mtime !== undefined && source.lastModified >= mtime + 1000) return 0;
	return Math.max(0, size - DOUBT);
}

function partLarger({ path }: Remote, part: number, size: number): SFTPError {
	const name = new TextDecoder().decode(path);
	const message = `Cannot go on with “${name}”: on the server are ${part} bytes of it already, and the file has ${size}.`;
	return new SFTPError("sftp", message, name, {
		reason: "part-larger",
		hint: "It is not the same file as before. Begin anew.",
	});
}

function paramsOf(source: Local, have: number, options: PutOptions): Omit<SFTPWrite, keyof Remote | "transfer"> {
	const { atomic = true, overwrite = true, verify = false, resume = false, mode, keepTime } = options;
	const mtime = options.mtime ?? (keepTime && source instanceof File ? source.lastModified : undefined);
	return {
		offset: have,
		// A checksum is over all of it.
		skip: verify ? have : Math.min(have, COMPARED),
		...(source instanceof Blob ? { size: source.size } : {}),
		...(mode === undefined ? {} : { mode }),
		...(mtime === undefined ? {} : { mtime }),
		...{ atomic, overwrite, verify, again: resume },
	};
}

/** The Worker reads the Blob. */
async function fromBlob(
	core: Core,
	params: SFTPWrite,
	blob: Blob,
	signal: AbortSignal | undefined,
): Promise<TransferResult> {
	const { port1, port2 } = new MessageChannel();
	const local = core.work({ job: "feed", blob, offset: params.offset - params.skip, stream: port1, near: true });
	const [moved, read] = await settled(core.call("sftpWrite", params, { signal, ports: [port2] }), local);
	if (signal?.aborted) throw signal.reason;
	return verdict(moved, read, (cause) => localError("read", blob instanceof File ? blob.name : "the data", cause));
}

async function fromStream(
	core: Core,
	params: SFTPWrite,
	from: ReadableStream<Uint8Array>,
	signal: AbortSignal | undefined,
): Promise<TransferResult> {
	const { stream, moved } = openWrite(core, params, signal);
	await from.pipeTo(stream);
	return moved;
}
