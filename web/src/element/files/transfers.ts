import { SSHError } from "../../client/errors.ts";
import type { SFTP } from "../../client/filetypes.ts";
import { Batch, type Choice, type Conflict, ConflictError, type Errand, Transfer } from "./transfer.ts";

/** What the queue needs of the world. */
export interface TransferHooks {
	/** Milliseconds, never going back. */
	now(): number;
	/** Something changed that a person may see. */
	onChange(): void;
	/** An errand has ended, one way or another. */
	onOver?(batch: Batch): void;
	/** A session has failed; a new one is wanted, by {@link Transfers.connect}. */
	onLost?(sftp: SFTP): void;
	/** Asks what to do about a conflict; undefined: nothing of this errand any more. */
	ask(conflict: Conflict, more: boolean, signal: AbortSignal): Promise<{ choice: Choice; all: boolean } | undefined>;
}

/** So many files move at once; within each, many requests are in flight. */
const parallel = 3;
/** So many small ones: a small file is more round trips than bytes. */
const mostSmall = 12;
/** Bytes of all that moves, up to which files are small. */
const smallBytes = 8 * 2 ** 20;
/** Nobody knows how large it is. */
const unknown = Number.POSITIVE_INFINITY;
/** A connection that breaks so often without a byte moved is not worth waiting for. */
const mostLosses = 8;

/**
 * The queue of transfers. It runs while it has an SFTP session, waits while
 * it has none, and goes on where it was with the next.
 */
export class Transfers {
	readonly #hooks: TransferHooks;
	#batches: Batch[] = [];
	#sftp: SFTP | undefined;
	/** What runs, by how many bytes it is. */
	readonly #running = new Map<Batch | Transfer, number>();
	#asking: AbortController | undefined;
	/** Whether checksums are compared, from the next file on. */
	verify = false;

	constructor(hooks: TransferHooks) {
		this.#hooks = hooks;
	}

	get batches(): readonly Batch[] {
		return this.#batches;
	}

	/** How many errands are not over. */
	get busy(): number {
		return this.#batches.filter((batch) => !batch.over).length;
	}

	/** Bytes moved and to be moved by all that is not over; no total while one is unknown. */
	get progress(): { readonly done: number; readonly total: number | undefined } {
		let done = 0;
		let total: number | undefined = 0;
		for (const batch of this.#batches) {
			if (batch.over) continue;
			done += batch.done;
			total = total === undefined || batch.total === undefined ? undefined : total + batch.total;
		}
		return { done, total };
	}

	/** Gives the queue a session to run over, or takes it away. What was broken off goes on. */
	connect(sftp: SFTP | undefined): void {
		this.#sftp = sftp;
		this.#changed();
	}

	/** Puts an errand at the end of the queue. */
	add(errand: Errand): Batch {
		const batch = new Batch(errand, this.#hooks.now());
		this.#batches.push(batch);
		this.#changed();
		return batch;
	}

	/** Stops an errand for now; what it moved is kept. */
	pause(batch: Batch): void {
		if (batch.preparing === "queued" || batch.preparing === "retrying") batch.preparing = "paused";
		for (const each of batch.transfers) {
			if (each.abort !== undefined && each.job.whole !== true) this.#stop(each, "paused");
			else if (each.state === "queued" || each.state === "retrying") each.state = "paused";
		}
		batch.idle(this.#hooks.now());
		this.#changed();
	}

	/** Goes on with a paused errand. */
	resume(batch: Batch): void {
		this.#requeue(batch, "paused");
	}

	/** Tries again what failed, and what was cancelled if nothing failed. */
	retry(batch: Batch): void {
		batch.error = undefined;
		this.#requeue(batch, batch.state === "failed" ? "failed" : "cancelled");
	}

	/** Gives an errand up. Finished files stay; parts are taken away. */
	cancel(batch: Batch): void {
		if (batch.over) return;
		if (batch.preparing !== undefined) {
			batch.preparing = "cancelled";
			batch.abort?.abort(new DOMException("the transfer was cancelled", "AbortError"));
		}
		const asked = batch.transfers.some((each) => each.state === "waiting");
		for (const each of batch.transfers) this.#cancel(each);
		if (asked) this.#asking?.abort();
		this.#ended(batch);
		this.#changed();
	}

	/** Gives everything up: the panel goes away. */
	cancelAll(): void {
		for (const batch of this.#batches) if (!batch.over) this.cancel(batch);
	}

	/** Takes errands that are over out of the list. */
	clear(batch?: Batch): void {
		this.#batches = this.#batches.filter((each) => !each.over || (batch !== undefined && each !== batch));
		this.#changed();
	}

	#requeue(batch: Batch, state: "paused" | "failed" | "cancelled"): void {
		if (batch.preparing === state) batch.preparing = "queued";
		for (const each of batch.transfers) {
			if (each.state !== state) continue;
			each.state = "queued";
			each.error = undefined;
			each.losses = 0;
		}
		batch.idle(this.#hooks.now());
		this.#changed();
	}

	#changed(): void {
		this.#pump();
		this.#askNext();
		this.#hooks.onChange();
	}

	#pump(): void {
		const sftp = this.#sftp;
		if (sftp === undefined) return;
		for (const batch of this.#batches) {
			if (batch.preparing === "queued" || batch.preparing === "retrying") {
				if (!this.#hasRoom(unknown)) return;
				void this.#prepare(batch, sftp);
			}
			if (batch.preparing !== undefined) continue;
			for (const each of batch.transfers) {
				if (each.abort !== undefined || (each.state !== "queued" && each.state !== "retrying")) continue;
				// Nobody overtakes the next one, however small.
				if (!this.#hasRoom(each.total ?? unknown)) return;
				void this.#run(each, sftp);
			}
		}
	}

	/** Whether something of so many bytes may begin. */
	#hasRoom(bytes: number): boolean {
		if (this.#running.size < parallel) return true;
		if (this.#running.size >= mostSmall) return false;
		return [...this.#running.values()].reduce((sum, each) => sum + each, bytes) <= smallBytes;
	}

	async #prepare(batch: Batch, sftp: SFTP): Promise<void> {
		const { prepare } = batch.errand;
		if (prepare === undefined) return;
		const abort = new AbortController();
		batch.preparing = "running";
		batch.abort = abort;
		this.#running.set(batch, unknown);
		try {
			const { jobs, skipped = [] } = await prepare(sftp, abort.signal);
			if (!abort.signal.aborted) {
				batch.skipped = skipped;
				batch.transfers.push(...jobs.map((job) => new Transfer(job, batch)));
				batch.preparing = undefined;
			}
		} catch (error) {
			if (!abort.signal.aborted) {
				const lost = isLost(error);
				if (lost) this.#lost(sftp);
				batch.preparing = lost ? "retrying" : "failed";
				if (!lost) batch.error = error;
			}
		}
		batch.abort = undefined;
		this.#running.delete(batch);
		this.#ended(batch);
		this.#changed();
	}

	async #run(transfer: Transfer, sftp: SFTP): Promise<void> {
		const abort = new AbortController();
		const again = transfer.tried;
		const { verify } = this;
		transfer.abort = abort;
		transfer.state = "running";
		transfer.tried = true;
		transfer.stop = undefined;
		this.#running.set(transfer, transfer.total ?? unknown);
		try {
			await transfer.job.run({
				sftp,
				signal: abort.signal,
				choice: transfer.choice ?? transfer.batch.choice,
				again,
				verify,
				progress: (done, total) => this.#progress(transfer, done, total),
				verifying: () => this.#enter(transfer, "verifying"),
			});
			// Whoever came too late to stop it has it done.
			transfer.state = "done";
			// Of a download that went on, only what came now was compared.
			transfer.verified = verify && !(again && transfer.batch.errand.kind === "download");
			transfer.done = transfer.total ?? transfer.done;
		} catch (error) {
			await this.#broken(transfer, error, sftp);
		}
		transfer.abort = undefined;
		this.#running.delete(transfer);
		this.#ended(transfer.batch);
		this.#changed();
	}

	#enter(transfer: Transfer, state: "verifying"): void {
		if (transfer.state !== "running") return;
		transfer.state = state;
		this.#hooks.onChange();
	}

	#progress(transfer: Transfer, done: number, total: number | undefined): void {
		const more = done - transfer.done;
		transfer.done = done;
		if (total !== undefined) transfer.total = total;
		if (more > 0) {
			transfer.losses = 0;
			transfer.batch.moved(more, this.#hooks.now());
		}
		this.#hooks.onChange();
	}

	async #broken(transfer: Transfer, error: unknown, sftp: SFTP): Promise<void> {
		if (transfer.stop !== undefined) {
			transfer.state = transfer.stop;
			if (transfer.stop === "cancelled") await this.#discard(transfer);
		} else if (error instanceof ConflictError) {
			transfer.conflict = error.conflict;
			transfer.state = "waiting";
		} else if (isLost(error) && transfer.losses < mostLosses) {
			transfer.losses++;
			transfer.state = "retrying";
			this.#lost(sftp);
		} else if (error instanceof DOMException && error.name === "AbortError") {
			// Cancelled elsewhere: a download in the browser's own list.
			transfer.state = "cancelled";
		} else {
			transfer.state = "failed";
			transfer.error = error;
			await transfer.job.fail?.().catch(() => {});
		}
	}

	/** A session that failed is not tried again: its successor comes by {@link connect}. */
	#lost(sftp: SFTP): void {
		if (this.#sftp !== sftp) return;
		this.#sftp = undefined;
		this.#hooks.onLost?.(sftp);
	}

	#stop(transfer: Transfer, stop: "paused" | "cancelled"): void {
		transfer.stop = stop;
		transfer.abort?.abort(new DOMException(`the transfer was ${stop}`, "AbortError"));
	}

	#cancel(transfer: Transfer): void {
		if (transfer.over) return;
		if (transfer.abort !== undefined) {
			this.#stop(transfer, "cancelled");
			return;
		}
		transfer.state = "cancelled";
		if (transfer.tried) void this.#discard(transfer);
	}

	async #discard(transfer: Transfer): Promise<void> {
		transfer.done = 0;
		transfer.tried = false;
		transfer.choice = undefined;
		// What cannot be taken away stays a part: never half a file under its name.
		await transfer.job.discard?.(this.#sftp).catch(() => {});
	}

	#askNext(): void {
		if (this.#asking !== undefined) return;
		for (const batch of this.#batches) {
			const waiting = batch.transfers.find((each) => each.state === "waiting");
			if (waiting?.conflict === undefined) continue;
			void this.#ask(waiting, waiting.conflict);
			return;
		}
	}

	async #ask(transfer: Transfer, conflict: Conflict): Promise<void> {
		const { batch } = transfer;
		if (batch.choice !== undefined) return this.#answer(transfer, batch.choice);
		const asking = new AbortController();
		this.#asking = asking;
		const more = batch.transfers.some((each) => each !== transfer && !each.over);
		const answer = await this.#hooks.ask(conflict, more, asking.signal).catch(() => undefined);
		this.#asking = undefined;
		if (asking.signal.aborted) this.#askNext();
		else if (answer === undefined) this.cancel(batch);
		else {
			if (answer.all) batch.choice = answer.choice;
			this.#answer(transfer, answer.choice);
		}
	}

	#answer(transfer: Transfer, choice: Choice): void {
		transfer.conflict = undefined;
		transfer.choice = choice;
		transfer.state = choice === "skip" ? "cancelled" : "queued";
		this.#ended(transfer.batch);
		this.#changed();
	}

	#ended(batch: Batch): void {
		if (batch.over && !batch.transfers.some((each) => each.abort !== undefined)) this.#hooks.onOver?.(batch);
	}
}

const lostCodes: ReadonlySet<string> = new Set(["closed", "relay", "dial", "protocol", "timeout", "internal"]);

/** Whether it was the connection that failed, not the file. */
export function isLost(error: unknown): boolean {
	if (!(error instanceof SSHError)) return false;
	// A local file that could not be read on because the connection went is none that is broken.
	return lostCodes.has(error.code) || error.reason === "connection" || isLost(error.cause);
}
