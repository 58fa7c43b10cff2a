import { type ChildProcess, spawn } from "node:child_process";
import { connect, createServer } from "node:net";

/** A child process whose output is kept, and which dies with the tests. */
export class Child {
	/** All that were started, also those that have ended. */
	static readonly all: Child[] = [];
	readonly process: ChildProcess;
	output = "";
	readonly #exit: Promise<number | null>;

	constructor(command: string, args: readonly string[], env: Record<string, string> = {}) {
		this.process = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
		Child.all.push(this);
		const keep = (chunk: Buffer) => {
			this.output += chunk.toString();
		};
		this.process.stdout?.on("data", keep);
		this.process.stderr?.on("data", keep);
		this.#exit = new Promise((resolve) => {
			this.process.on("exit", resolve);
			this.process.on("error", (err) => {
				this.output += String(err);
				resolve(null);
			});
		});
	}

	/** Waits until the output matches; fails with all of it when the process ends first. */
	async until(pattern: RegExp, ms = 20_000): Promise<RegExpMatchArray> {
		const deadline = Date.now() + ms;
		let ended = false;
		void this.#exit.then(() => {
			ended = true;
		});
		for (;;) {
			const match = this.output.match(pattern);
			if (match) return match;
			if (ended || Date.now() > deadline)
				throw new Error(`${this.process.spawnfile} did not print ${pattern} but:\n${this.output}`);
			await new Promise((r) => setTimeout(r, 10));
		}
	}

	async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
		if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill(signal);
		return this.#exit;
	}
}

/** A TCP port on which nothing listens now. */
export async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const address = server.address();
	await new Promise((resolve) => server.close(resolve));
	if (address === null || typeof address === "string") throw new Error("no port");
	return address.port;
}

/** Whether something listens on a TCP port. */
export function listens(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(port, "127.0.0.1", () => {
			socket.destroy();
			resolve(true);
		});
		socket.on("error", () => resolve(false));
	});
}
