/** What a transfer is: the work, how far it is, and what may become of it. No DOM, no clock of its own. */
import type { FileInfo, SFTP } from "../../client/filetypes.ts";
import type { Remembered } from "./journal.ts";
import { RateMeter } from "./rate.ts";

/** How far a transfer is. */
export type TransferState =
	| "queued"
	| "running"
	| "paused"
	| "waiting"
	| "retrying"
	| "verifying"
	| "done"
	| "failed"
	| "cancelled";

/** Something of that name is there already. */
export interface Conflict {
	readonly name: string;
	/** The folder that has it. */
	readonly folder: string;
	readonly there: Pick<FileInfo, "type" | "size" | "mtime">;
	readonly here: { readonly size?: number | undefined; readonly mtime?: number | undefined };
	/** A part of an earlier, broken transfer is there to go on with. */
	readonly canResume: boolean;
}

/** What to do about a conflict. */
export type Choice = "replace" | "resume" | "keep" | "skip";

/** Thrown by a job that met something of its name. */
export class ConflictError extends Error {
	override readonly name = "ConflictError";
	readonly conflict: Conflict;

	constructor(conflict: Conflict) {
		super(`${conflict.name} already exists`);
		this.conflict = conflict;
	}
}

/** What one attempt at a job is given. */
export interface Attempt {
	readonly sftp: SFTP;
	readonly signal: AbortSignal;
	/** The answer to the conflict that an earlier attempt met. */
	readonly choice: Choice | undefined;
	/** An earlier attempt was broken off: what it left may be gone on with. */
	readonly again: boolean;
	/** Compare checksums as well: the person wants to be sure. */
	readonly verify: boolean;
	/** Bytes moved so far, those of earlier attempts included. */
	progress(done: number, total?: number): void;
	/** All is moved and is being checked. */
	verifying(): void;
}

/** The moving of one file. */
export interface Job {
	readonly name: string;
	/** Bytes, where they are known. */
	readonly size?: number | undefined;
	/** A broken attempt leaves nothing to go on with: it cannot pause. */
	readonly whole?: boolean;
	/** What another page needs to know to go on with it; undefined: it cannot. */
	readonly remembered?: Remembered;
	run(attempt: Attempt): Promise<void>;
	/** It has failed, and nobody knows whether it will be tried again. */
	fail?(): Promise<void>;
	/** Takes away what attempts that were given up have left. */
	discard?(sftp: SFTP | undefined): Promise<void>;
}

/** One thing that a person asked for: a file, or a folder with all its files. */
export interface Errand {
	readonly kind: "upload" | "download";
	readonly name: string;
	readonly from: string;
	readonly to: string;
	readonly jobs: readonly Job[];
	/** The answer to every conflict of it, where that was given on an earlier page. */
	readonly choice?: Choice | undefined;
	/** What was dropped, by its name, to get at it again on a later page. */
	readonly handles?: ReadonlyMap<string, FileSystemHandle> | undefined;
	/** Finds out what there is to do, and makes folders. May be called again after a lost connection. */
	prepare?(sftp: SFTP, signal: AbortSignal): Promise<Prepared>;
}

/** What there is to do for an errand. */
export interface Prepared {
	readonly jobs: readonly Job[];
	/** What is left out. */
	readonly skipped?: readonly Skipped[];
}

/** Something that is left out, by its name as it can be shown, and why. */
export interface Skipped {
	readonly name: string;
	readonly why: string;
}

/** A job in the queue. */
export class Transfer {
	readonly job: Job;
	readonly batch: Batch;
	state: TransferState = "queued";
	done = 0;
	total: number | undefined;
	error: unknown;
	conflict: Conflict | undefined;
	choice: Choice | undefined;
	/** How often the connection was lost since the last byte moved. */
	losses = 0;
	/** Whether an attempt was made. */
	tried = false;
	/** Whether its checksum was compared, and is equal. */
	verified = false;
	/** What a running one becomes when its abort has come through. */
	stop: "paused" | "cancelled" | undefined;
	abort: AbortController | undefined;

	constructor(job: Job, batch: Batch) {
		this.job = job;
		this.batch = batch;
		this.total = job.size;
	}

	/** Nothing more will happen by itself. */
	get over(): boolean {
		return this.state === "done" || this.state === "failed" || this.state === "cancelled";
	}
}

/** How long there is no telling when it will be done. */
const quietMs = 3000;

/** An errand in the queue, with its transfers. */
export class Batch {
	readonly errand: Errand;
	readonly transfers: Transfer[];
	readonly meter: RateMeter;
	/** What is found out before there are transfers; undefined: nothing, or no more. */
	preparing: "queued" | "running" | "paused" | "failed" | "cancelled" | "retrying" | undefined;
	error: unknown;
	/** What is left out of it. */
	skipped: readonly Skipped[] = [];
	abort: AbortController | undefined;
	/** The answer to every conflict of this errand. */
	choice: Choice | undefined;
	#activeSince: number | undefined;

	constructor(errand: Errand, now: number) {
		this.errand = errand;
		this.transfers = errand.jobs.map((job) => new Transfer(job, this));
		this.meter = new RateMeter(now);
		this.choice = errand.choice;
		if (errand.prepare !== undefined) this.preparing = "queued";
	}

	/** The state of the whole: the one that most wants attention. */
	get state(): TransferState {
		if (this.preparing !== undefined) return this.preparing;
		for (const state of ["waiting", "verifying", "running", "retrying", "queued", "paused", "failed"] as const)
			if (this.transfers.some((each) => each.state === state)) return state;
		const cancelled = this.transfers.length > 0 && this.transfers.every((each) => each.state === "cancelled");
		return cancelled ? "cancelled" : "done";
	}

	get over(): boolean {
		return ["done", "failed", "cancelled"].includes(this.state);
	}

	/** Bytes moved. */
	get done(): number {
		return this.transfers.reduce((sum, each) => sum + each.done, 0);
	}

	/** Bytes in all; undefined while a size is unknown. */
	get total(): number | undefined {
		let total = 0;
		for (const each of this.transfers) {
			if (each.state === "cancelled") continue;
			if (each.total === undefined) return undefined;
			total += each.total;
		}
		return total;
	}

	count(state: TransferState): number {
		return this.transfers.reduce((sum, each) => sum + (each.state === state ? 1 : 0), 0);
	}

	/** What went wrong, the first of it. */
	get failure(): { readonly error: unknown; readonly name: string } | undefined {
		if (this.error !== undefined) return { error: this.error, name: this.errand.name };
		const failed = this.transfers.find((each) => each.state === "failed");
		return failed && { error: failed.error, name: failed.job.name };
	}

	/** Whether all that is done was compared by its checksum. */
	get verified(): boolean {
		const done = this.transfers.filter((each) => each.state === "done");
		return done.length > 0 && done.every((each) => each.verified);
	}

	/** Whether a pause loses nothing. */
	get pausable(): boolean {
		return this.transfers.every((each) => each.job.whole !== true);
	}

	/** Bytes moved just now, for the rate. */
	moved(bytes: number, now: number): void {
		this.#activeSince ??= now;
		this.meter.add(bytes, now);
	}

	/** Nothing moves: the time does not count. */
	idle(now: number): void {
		this.#activeSince = undefined;
		this.meter.restart(now);
	}

	/** Bytes a second. */
	rate(now: number): number {
		return this.meter.rate(now);
	}

	/** Milliseconds to the end; undefined in the first seconds, and while nobody can know. */
	eta(now: number): number | undefined {
		const { total } = this;
		if (total === undefined || this.#activeSince === undefined || now - this.#activeSince < quietMs) return undefined;
		const rate = this.rate(now);
		return rate < 1 ? undefined : ((total - this.done) / rate) * 1000;
	}
}
