/** The page's end of one core: its calls, its streams, and its death. */
import type { Agent } from "./agent.ts";
import type { SSHError } from "./errors.ts";
import type { DrainJob, FeedJob, JobResult } from "./jobs.ts";
import type { Lending } from "./lending.ts";
import { BytePort } from "./port.ts";
import { type CallOptions, type Handlers, Rpc } from "./rpc.ts";
import { type Runtime, startRuntime } from "./runtime.ts";
import type { CoreCalls, SFTPProgress } from "./wire.ts";

/** What the page answers; how transfers go, a core keeps for those who wait for it. */
export type Questions = Omit<Handlers, "sftpProgress">;

/** How long streams may still be read after the connection has ended by itself. */
const LINGER_MS = 10_000;

/** A core as those see it who use its connection. */
export type Core = Pick<RunningCore, "call" | "open" | "watch" | "work" | "lend">;

/** A core that runs. */
export class RunningCore {
	/** The open streams, and what resolves when they have ended. */
	readonly #streams = new Map<BytePort, Promise<void>>();
	readonly #runtime: Runtime;
	readonly #rpc: Rpc;
	#ended: { readonly error: SSHError } | undefined;
	#linger: ReturnType<typeof setTimeout> | undefined;

	/** What the Worker does with local files, and what settles it. */
	readonly #jobs = new Map<Promise<JobResult>, (result: JobResult) => void>();
	readonly #transfers = new Map<number, (progress: SFTPProgress) => void>();
	#lastTransfer = 0;

	readonly #lending: Lending | undefined;

	private constructor(runtime: Runtime, questions: Questions, lending: Lending | undefined) {
		this.#runtime = runtime;
		this.#lending = lending;
		const sftpProgress = (progress: SFTPProgress) => {
			this.#transfers.get(progress.transfer)?.(progress);
			return {};
		};
		this.#rpc = new Rpc(runtime.port, { ...questions, sftpProgress });
	}

	/** Starts a core; `onDeath` is called if it dies by itself. */
	static async start(
		questions: Questions,
		onDeath: (error: SSHError) => void,
		lending?: Lending,
	): Promise<RunningCore> {
		let core: RunningCore | undefined;
		let dead: SSHError | undefined;
		const runtime = await startRuntime((error) => {
			dead = error;
			core?.end(error);
			onDeath(error);
		});
		core = new RunningCore(runtime, questions, lending);
		if (dead) core.end(dead);
		return core;
	}

	call<M extends keyof CoreCalls>(
		method: M,
		params: CoreCalls[M]["params"],
		options?: CallOptions,
	): Promise<CoreCalls[M]["result"]> {
		return this.#rpc.call(method, params, options);
	}

	/** Lets a server of this connection use an agent from now on: the target, or the jump host of a number. */
	lend(agent: Agent, hop = 0): void {
		this.#lending?.lend(agent, hop);
	}

	/** Opens a stream: this end, and the port to send along with a call. */
	open(): { readonly stream: BytePort; readonly port: MessagePort } {
		const { port1, port2 } = new MessageChannel();
		let forget = () => {};
		const stream = new BytePort(port1, () => forget());
		const ended = new Promise<void>((resolve) => {
			forget = () => {
				this.#streams.delete(stream);
				resolve();
			};
		});
		this.#streams.set(stream, ended);
		if (this.#ended) stream.fail(this.#ended.error);
		return { stream, port: port2 };
	}

	/** Listens to a transfer that is about to start: its number, and what ends the listening. */
	watch(listener: (progress: SFTPProgress) => void): { readonly transfer: number; stop(): void } {
		const transfer = ++this.#lastTransfer;
		this.#transfers.set(transfer, listener);
		return { transfer, stop: () => this.#transfers.delete(transfer) };
	}

	/** Gives the Worker a job. It resolves however the job ends, also when the core is ended before. */
	work(job: Omit<FeedJob, "control"> | Omit<DrainJob, "control">): Promise<JobResult> {
		const { port1, port2 } = new MessageChannel();
		let settle: (result: JobResult) => void = () => {};
		const result = new Promise<JobResult>((resolve) => {
			settle = resolve;
		});
		this.#jobs.set(result, settle);
		void result.then(() => {
			this.#jobs.delete(result);
			port1.close();
		});
		port1.onmessage = ({ data }: MessageEvent<JobResult>) => settle(data);
		if (this.#ended) settle({ bytes: 0, error: this.#ended.error });
		else this.#runtime.send({ ...job, control: port2 }, [job.stream, port2]);
		return result;
	}

	/**
	 * The connection has ended by itself: no more calls. What the server said
	 * last may still be on its way through streams and answers, so the Worker
	 * lives until those have ended too.
	 */
	async retire(error: SSHError): Promise<void> {
		this.#rpc.refuse(error);
		const late = new Promise((resolve) => {
			this.#linger = setTimeout(resolve, LINGER_MS);
		});
		const rest = Promise.all([this.#rpc.settled(), ...this.#streams.values(), ...this.#jobs.keys()]);
		await Promise.race([rest, late]);
		this.end(error);
	}

	/** Ends the Worker, every call and every stream. */
	end(error: SSHError): void {
		if (this.#ended) return;
		this.#ended = { error };
		clearTimeout(this.#linger);
		this.#rpc.end(error);
		for (const stream of [...this.#streams.keys()]) stream.fail(error);
		for (const settle of this.#jobs.values()) settle({ bytes: 0, error });
		this.#runtime.terminate();
	}
}
