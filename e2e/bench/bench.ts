import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { Child } from "../process.ts";
import { SSHD } from "../sshd.ts";
import { BenchServer } from "./browser.ts";
import { NativeSSH } from "./native.ts";
import type { Row } from "./row.ts";

/** What is measured, by the names of the rows that it gives. */
export type Figures = Readonly<Record<string, (bench: Bench) => Promise<Row[]>>>;

/** How long some runs took, in milliseconds. */
export interface Times {
	readonly times: number[];
}

export const MB = 1e6;
export const MiB = 2 ** 20;

/** All that runs while figures are taken: the relay, a server, the page's host and the native clients. */
export class Bench {
	readonly page = new BenchServer();
	readonly sshd = new SSHD();
	/** Where the page itself is. */
	url = "";
	/** The relay's process. */
	relay!: Child;
	/** OpenSSH's own clients: straight to the server, and through the relay. */
	direct!: NativeSSH;
	relayed!: NativeSSH;

	async start(): Promise<this> {
		await this.sshd.start();
		await this.page.start();
		this.relay = new Child("../dist/wasmiko", [
			...["serve", "--listen", "127.0.0.1:0", "--allow", "127.0.0.1:*", "--origin", this.page.origin],
			...["--max-sessions", "5000", "--max-sessions-per-ip", "5000", "--connections-per-minute", "60000"],
		]);
		[, this.url = ""] = await this.relay.until(/open (http:\S+)/);
		this.page.relay = new URL("relay", this.url.replace(/^http/, "ws")).href;
		this.direct = new NativeSSH(this.sshd);
		this.relayed = new NativeSSH(this.sshd, `${this.tool("relaycat")} ${this.page.relay} %h %p`);
		return this;
	}

	/** What the page connects to. */
	target(sshd = this.sshd): object {
		return {
			relay: this.page.relay,
			host: "127.0.0.1",
			port: sshd.port,
			username: sshd.username,
			auth: [{ type: "publickey", key: sshd.read("user") }],
			hostKey: { pin: sshd.fingerprint() },
		};
	}

	/** Builds a Go program of this folder. */
	tool(name: string): string {
		const path = `../.cache/${name}`;
		mkdirSync("../.cache", { recursive: true });
		execFileSync("go", ["build", "-o", path, `./bench/${name}`], { stdio: "inherit" });
		return path;
	}

	async stop(): Promise<void> {
		await this.relay?.stop();
		this.page.stop();
		await this.sshd.dispose();
	}
}
