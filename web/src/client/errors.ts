/** The errors that the library throws. Codes are for programs, messages and hints for people. */
import type { HostKey, KnownKey } from "./types.ts";
import type { AlgorithmFail, Error as WireError } from "./wire.ts";

/** What kind of failure it was. */
export type ErrorCode =
	| "relay"
	| "dial"
	| "hostkey"
	| "auth"
	| "channel"
	| "sftp"
	| "timeout"
	| "closed"
	| "protocol"
	| "aborted"
	| "internal";

interface Extra {
	readonly reason?: string | undefined;
	readonly hint?: string | undefined;
	readonly jump?: string | undefined;
	readonly cause?: unknown;
}

/** A failure. `docs/errors.md` lists every code and reason. */
export class SSHError extends Error {
	override readonly name: string = "SSHError";
	readonly code: ErrorCode;
	/** Finer than the code, and as stable; "" if there is nothing finer. */
	readonly reason: string;
	/** What a person can do about it; "" if nothing is known. */
	readonly hint: string;
	/** The jump host that it is about; "" if that is the target. */
	readonly jump: string;

	constructor(code: ErrorCode, message: string, extra: Extra = {}) {
		super(message, extra.cause === undefined ? undefined : { cause: extra.cause });
		this.code = code;
		this.reason = extra.reason ?? "";
		this.hint = extra.hint ?? "";
		this.jump = extra.jump ?? "";
	}
}

interface HostKeyExtra extends Extra {
	readonly expected?: readonly string[];
}

/** The server's key was not accepted. Nothing secret was sent. */
export class HostKeyError extends SSHError {
	override readonly name = "HostKeyError";
	declare readonly reason: "unknown" | "changed" | "revoked" | "mismatch" | "disputed";
	/** What the server showed. */
	readonly offered: HostKey;
	/** What was known about it. */
	readonly known: readonly KnownKey[];
	/** The pinned fingerprints, if the key is none of them. */
	readonly expected: readonly string[];

	constructor(message: string, offered: HostKey, known: readonly KnownKey[], extra: HostKeyExtra) {
		super("hostkey", message, extra);
		this.offered = offered;
		this.known = known;
		this.expected = extra.expected ?? [];
	}
}

/** The server let nobody in. */
export class AuthError extends SSHError {
	override readonly name = "AuthError";
	/** Methods that were tried. */
	readonly tried: readonly string[];
	/** Methods that the server would have gone on with. */
	readonly allowed: readonly string[];

	constructor(message: string, tried: readonly string[], allowed: readonly string[], extra: Extra = {}) {
		super("auth", message, extra);
		this.tried = tried;
		this.allowed = allowed;
	}
}

/** Client and server have no algorithm in common. */
export class AlgorithmError extends SSHError {
	override readonly name = "AlgorithmError";
	/** What for, such as "key exchange". */
	readonly what: string;
	/** What was offered here. */
	readonly ours: readonly string[];
	/** What the server offers: untrusted. */
	readonly theirs: readonly string[];
	/** Whether `algorithms: "legacy"` would help. */
	readonly legacy: boolean;

	constructor(message: string, fail: AlgorithmFail, extra: Extra = {}) {
		super("protocol", message, extra);
		this.what = fail.what;
		this.ours = fail.ours;
		this.theirs = fail.theirs;
		this.legacy = fail.legacy;
	}
}

/** A command was broken off. Its output up to there is not lost. */
export class ExecError extends SSHError {
	override readonly name: string = "ExecError";
	readonly stdout: Uint8Array;
	readonly stderr: Uint8Array;

	constructor(code: ErrorCode, message: string, stdout: Uint8Array, stderr: Uint8Array, extra: Extra = {}) {
		super(code, message, extra);
		this.stdout = stdout;
		this.stderr = stderr;
	}
}

/** A command took too long, or was silent for too long. */
export class TimeoutError extends ExecError {
	override readonly name = "TimeoutError";

	constructor(message: string, stdout: Uint8Array, stderr: Uint8Array, reason: "timeout" | "idle") {
		super("timeout", message, stdout, stderr, { reason });
	}
}

interface SFTPExtra extends Extra {
	readonly status?: number | undefined;
	readonly raw?: Uint8Array | undefined;
	readonly done?: number | undefined;
}

/** Work with files failed. The code is `sftp`, or `closed` or `relay` when the connection was lost meanwhile. */
export class SFTPError extends SSHError {
	override readonly name = "SFTPError";
	/** The server's answer (draft-ietf-secsh-filexfer-02 section 7); 0 if it was not that. */
	readonly status: number;
	/** The file that it was about; bytes that are no UTF-8 are escaped. */
	readonly path: string;
	/** The path's bytes, where `path` is not exactly them. */
	readonly raw: Uint8Array | undefined;
	/** Of a transfer: how many bytes were moved, and are safe. */
	readonly done: number | undefined;

	constructor(code: ErrorCode, message: string, path: string, extra: SFTPExtra = {}) {
		super(code, message, extra);
		this.path = path;
		this.status = extra.status ?? 0;
		this.raw = extra.raw;
		this.done = extra.done;
	}
}

/** Makes the error that the core reported throwable. */
export function fromWire(error: WireError, cause?: unknown): SSHError {
	const { message } = error;
	const extra: Extra = { reason: error.reason, hint: error.hint, jump: error.jump, cause };
	if (error.hostKey) {
		const { known, reason, expected } = error.hostKey;
		const { hop: _, ...offered } = error.hostKey.offered;
		return new HostKeyError(message, offered, known, { ...extra, reason, expected });
	}
	if (error.algorithms) return new AlgorithmError(message, error.algorithms, extra);
	if (error.sftp) return new SFTPError(error.code, message, error.sftp.path, { ...extra, ...error.sftp });
	if (error.auth) return new AuthError(message, error.auth.tried, error.auth.allowed, extra);
	return new SSHError(error.code, message, extra);
}

/** Tells the core that a question failed. What the caller's own code threw stays in the page. */
export function toWire(): WireError {
	return { code: "aborted", reason: "cancelled", message: "the question was not answered" };
}
