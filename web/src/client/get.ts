/** Downloads to a file or a stream. */
import type { Core } from "./core.ts";
import { SFTPError, SSHError } from "./errors.ts";
import type { GetOptions, Sink, TransferResult } from "./filetypes.ts";
import type { JobResult } from "./jobs.ts";
import { Meter } from "./meter.ts";
import { openRead, type Remote, readParams } from "./transfer.ts";
import type { SFTPRead } from "./wire.ts";

/** See {@link SFTP.get}. */
export async function get(core: Core, remote: Remote, to: Sink, options: GetOptions): Promise<TransferResult> {
	options.signal?.throwIfAborted();
	if (options.resume) return resume(core, remote, to, options);
	return metered(core, options, 0, (meter) => into(core, remote, to, options, meter));
}

async function metered(
	core: Core,
	options: GetOptions,
	before: number,
	move: (meter: Meter) => Promise<TransferResult>,
): Promise<TransferResult> {
	const meter = new Meter(core, options.onProgress, before);
	try {
		const result = await move(meter);
		meter.finish(result.bytes);
		return result;
	} finally {
		meter.stop();
	}
}

function into(core: Core, remote: Remote, to: Sink, options: GetOptions, meter: Meter): Promise<TransferResult> {
	if (to instanceof MessagePort) return toPort(core, remote, to, options, meter);
	if ("getWriter" in to) return toStream(core, remote, to, options, meter);
	return toFile(core, readParams(remote, options), to, options, meter);
}

/** Goes on behind what a file holds, or begins anew where the server has another file. */
async function resume(core: Core, remote: Remote, to: Sink, options: GetOptions): Promise<TransferResult> {
	if (to instanceof MessagePort || "getWriter" in to)
		throw new TypeError("a stream cannot be resumed: what it has is not known");
	if (options.offset !== undefined || options.length !== undefined)
		throw new TypeError("where to resume is found in the file: leave offset and length out");
	const from = (offset: number, more: Pick<SFTPRead, "tail" | "size" | "mtime">) =>
		metered(core, options, offset, (meter) =>
			toFile(core, { ...remote, offset, ...more }, to, { ...options, keepPartial: true }, meter),
		);
	const { size, tail } = await endOf(to);
	if (size === 0) return from(0, {});
	try {
		return await from(size, { tail, ...options.known });
	} catch (error) {
		if (!(error instanceof SFTPError) || error.done !== 0 || !OTHER_FILE.has(error.reason)) throw error;
		return from(0, {});
	}
}

/** Why what is here is not the beginning of what the server has, where not a byte has come yet. */
const OTHER_FILE = new Set(["part-differs", "changed", "size-mismatch"]);

/** How much of what is here is compared with what the server has. */
const COMPARED = 64 * 1024;

async function endOf(handle: FileSystemFileHandle): Promise<{ size: number; tail: Uint8Array }> {
	try {
		const file = await handle.getFile();
		const tail = await file.slice(Math.max(0, file.size - COMPARED)).arrayBuffer();
		return { size: file.size, tail: new Uint8Array(tail) };
	} catch (error) {
		throw localError("read", handle.name, error);
	}
}

/** The core sends to the port, and ends it well only when all came. */
async function toPort(
	core: Core,
	remote: Remote,
	to: MessagePort,
	options: GetOptions,
	meter: Meter,
): Promise<TransferResult> {
	const { verify = false } = options;
	const params = { ...readParams(remote, options), verify, transfer: meter.transfer };
	return core.call("sftpRead", params, { signal: options.signal, ports: [to] });
}

async function toStream(
	core: Core,
	remote: Remote,
	to: WritableStream<Uint8Array>,
	options: GetOptions,
	meter: Meter,
): Promise<TransferResult> {
	const { verify = false } = options;
	const { stream, moved } = openRead(core, remote, { ...options, verify }, meter.transfer);
	await stream.pipeTo(to, options.signal ? { signal: options.signal } : {});
	return moved;
}

/** The Worker writes, and gives the file its new contents only when the core says that all came. */
async function toFile(
	core: Core,
	read: Omit<SFTPRead, "verify" | "transfer">,
	file: FileSystemFileHandle,
	options: GetOptions,
	meter: Meter,
): Promise<TransferResult> {
	const { signal, keepPartial = false, verify = false } = options;
	const params = { ...read, verify, transfer: meter.transfer };
	const { port1, port2 } = new MessageChannel();
	const { offset } = params;
	const local = core.work({ job: "drain", file, offset, keep: keepPartial, stream: port1, near: true });
	const [moved, written] = await settled(core.call("sftpRead", params, { signal, ports: [port2] }), local);
	if (signal?.aborted) throw signal.reason;
	if (keepPartial && reasonOf(moved) === "checksum-mismatch") await cut(file, params.offset);
	return verdict(moved, written, (cause) => localError("write", file.name, cause));
}

function reasonOf(moved: object): string | undefined {
	return moved instanceof Failure && moved.error instanceof SFTPError ? moved.error.reason : undefined;
}

/** Takes what is wrong off a file's end again: nobody should go on from it. */
async function cut(file: FileSystemFileHandle, size: number): Promise<void> {
	try {
		const out = await file.createWritable({ keepExistingData: true });
		await out.truncate(size);
		await out.close();
	} catch (error) {
		throw localError("write", file.name, error);
	}
}

/** How a call failed. */
class Failure {
	readonly error: unknown;

	constructor(error: unknown) {
		this.error = error;
	}
}

/** Waits for both: what one says explains the other. */
export async function settled<T extends object>(
	call: Promise<T>,
	local: Promise<JobResult>,
): Promise<[T | Failure, JobResult]> {
	const moved = await call.catch((error: unknown) => new Failure(error));
	return [moved, await local];
}

/**
 * What came of a transfer. A broken connection breaks the Worker's stream, too, so what the core says counts;
 * unless all it knows is that its stream was broken off.
 */
export function verdict<T extends object>(
	moved: T | Failure,
	{ error }: JobResult,
	local: (cause: unknown) => SFTPError,
): T {
	const brokenOff = moved instanceof Failure && moved.error instanceof SSHError && moved.error.code === "aborted";
	if (moved instanceof Failure && !(brokenOff && error !== undefined)) throw moved.error;
	if (error !== undefined || moved instanceof Failure) throw error instanceof SSHError ? error : local(error);
	return moved;
}

/** A file of this computer that could not be read or written. */
export function localError(action: "read" | "write", name: string, cause: unknown): SFTPError {
	const kind = cause instanceof DOMException ? cause.name : "";
	const full = kind === "QuotaExceededError";
	const denied = kind === "NotAllowedError" || kind === "NoModificationAllowedError";
	const why = full
		? "there is no space left, or the browser gives this page no more"
		: denied
			? "the browser does not permit it, or it is in use elsewhere"
			: kind === "NotFoundError"
				? "it is gone"
				: "it changed or cannot be reached";
	return new SFTPError("sftp", `Cannot ${action} “${name}” on this computer: ${why}.`, name, {
		reason: full ? "local-space" : `local-${action}`,
		hint: full ? "Make room, then go on." : "Choose the file anew.",
		cause,
	});
}
