import { execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { Child } from "../process.ts";
import type { Bench } from "./bench.ts";

/** Both ends of what a relay carries: relayload, natively. */
export class Load {
	readonly command: string;
	#target: Listening | undefined;

	constructor(bench: Bench) {
		this.command = bench.tool("relayload");
	}

	async start(): Promise<this> {
		this.#target = await this.listening("target");
		return this;
	}

	/** Of the server that the sessions lead to. */
	get port(): number {
		return this.#target?.port ?? 0;
	}

	/** Runs a command to its end. Meanwhile we read what the relay logs, which would else have to wait. */
	async output(...args: readonly (string | number)[]): Promise<string> {
		const { stdout } = await promisify(execFile)(this.command, args.map(String), { maxBuffer: 2 ** 24 });
		return stdout;
	}

	/** The figures that a command reports. */
	async report<T>(...args: readonly (string | number)[]): Promise<T> {
		return JSON.parse(await this.output(...args)) as T;
	}

	/** Starts a command that is told what to do. */
	talk(...args: readonly (string | number)[]): Talk {
		return new Talk(this.command, args.map(String));
	}

	/** Starts a command that listens. */
	async listening(...args: readonly (string | number)[]): Promise<Listening> {
		const child = new Child(this.command, args.map(String));
		const [, port] = await child.until(/port (\d+)/);
		return { child, port: Number(port) };
	}

	async stop(): Promise<void> {
		await this.#target?.child.stop();
	}
}

export interface Listening {
	readonly child: Child;
	readonly port: number;
}

/** A command that answers lines with lines. */
export class Talk {
	readonly #process;
	readonly #lines;
	readonly #ended: Promise<number | null>;

	constructor(command: string, args: readonly string[]) {
		this.#process = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
		this.#lines = createInterface(this.#process.stdout)[Symbol.asyncIterator]();
		this.#ended = new Promise((resolve) => this.#process.once("exit", resolve));
	}

	/** Says a line and waits for the answer. */
	ask(line: string): Promise<string> {
		this.#process.stdin.write(`${line}\n`);
		return this.next();
	}

	async next(): Promise<string> {
		const { done, value } = await this.#lines.next();
		if (done) throw new Error(`relayload ended early: ${await this.#ended}`);
		return value;
	}

	async stop(): Promise<void> {
		this.#process.stdin.end();
		await this.#ended;
	}
}
