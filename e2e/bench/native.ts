import { execFileSync, spawn } from "node:child_process";
import type { SSHD } from "../sshd.ts";
import { median } from "./stats.ts";

/** What takes longer than this hangs. */
const timeout = 120_000;

/** What OpenSSH's own client needs to log in to our sshd, by the page's cipher. */
export class NativeSSH {
	readonly #options: string[];
	readonly #account: string;
	#sftpLogin: number | undefined;

	constructor(sshd: SSHD, proxyCommand?: string) {
		this.#options = [
			...["-F", "none", "-q", "-o", `Port=${sshd.port}`, "-i", `${sshd.dir}/user`],
			...["-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no"],
			...["-o", "UserKnownHostsFile=/dev/null", "-c", "chacha20-poly1305@openssh.com"],
			...(proxyCommand ? ["-o", `ProxyCommand=${proxyCommand}`] : []),
		];
		this.#account = `${sshd.username}@127.0.0.1`;
	}

	get #args(): string[] {
		return [...this.#options, this.#account];
	}

	/** Milliseconds that sftp takes for a batch of commands, login included. */
	sftp(batch: string): number {
		const start = performance.now();
		execFileSync("sftp", [...this.#options, "-b", "-", this.#account], {
			input: `${batch}\n`,
			stdio: ["pipe", "ignore", "inherit"],
			timeout,
		});
		return performance.now() - start;
	}

	/** Milliseconds of a login for sftp: a median, taken once. */
	get sftpLogin(): number {
		this.#sftpLogin ??= median([1, 2, 3].map(() => this.sftp("pwd")));
		return this.#sftpLogin;
	}

	/** Milliseconds that a command takes from start to end, login included. */
	time(command: string, input = ""): number {
		const start = performance.now();
		const args = ["-c", `${input} ssh "$@" >/dev/null`, "sh", ...this.#args, command];
		execFileSync("sh", args, { stdio: "ignore", timeout });
		return performance.now() - start;
	}

	/** Milliseconds from start to the first bytes of a login shell. */
	async prompt(): Promise<number> {
		const start = performance.now();
		const child = spawn("ssh", ["-tt", ...this.#args], { stdio: ["pipe", "pipe", "ignore"] });
		await new Promise((resolve) => child.stdout.once("data", resolve));
		const ms = performance.now() - start;
		child.kill();
		return ms;
	}

	/** Milliseconds that each of some keys takes there and back. */
	async echo(runs: number): Promise<number[]> {
		const child = spawn("ssh", ["-tt", ...this.#args, "stty raw -echo; echo re''ady; cat"], {
			stdio: ["pipe", "pipe", "ignore"],
		});
		const next = () => new Promise<string>((resolve) => child.stdout.once("data", (d) => resolve(String(d))));
		while (!(await next()).includes("ready"));
		const times = [];
		for (let i = 0; i < runs; i++) {
			const start = performance.now();
			const seen = next();
			child.stdin.write("x");
			await seen;
			times.push(performance.now() - start);
			await new Promise((resolve) => setTimeout(resolve, 3));
		}
		child.kill();
		return times;
	}
}
