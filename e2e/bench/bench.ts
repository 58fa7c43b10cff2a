import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { Child } from "../process.ts";
import { SSHD } from "../sshd.ts";
import { BenchServer } from "./browser.ts";
import { NativeSSH } from "./native.ts";
import type { Figure } from "./row.ts";

/** What is measured, by the names of the rows that it gives. */
export type Figures = Readonly<Record<string, (bench: Bench) => Promise<Figure[]>>>;

/** How long some runs took, in milliseconds. */
export interface Times {
	readonly times: number[];
}

export const MB = 1e6;
export const MiB = 2 ** 20;

interface Relay {
	readonly child: Child;
	/** Where its page is, and where its WebSocket. */
	readonly url: string;
	readonly relay: string;
}

/** Starts a relay that lets anything through which a page of these origins asks for. */
export async function serve(origins: readonly string[], ...more: string[]): Promise<Relay> {
	const child = new Child("../dist/wasmiko", [
		...["serve", "--listen", "127.0.0.1:0", "--allow", "127.0.0.1:*"],
		...origins.flatMap((origin) => ["--origin", origin]),
		...["--max-sessions", "5000", "--max-sessions-per-ip", "5000", "--connections-per-minute", "60000"],
		...more,
	]);
	const [, url = ""] = await child.until(/open (http:\S+)/);
	return { child, url, relay: new URL("relay", url.replace(/^http/, "ws")).href };
}

/** All that runs while figures are taken: the relay, a server, the page's host and the native clients. */
export class Bench {
	readonly page = new BenchServer();
	readonly sshd = new SSHD();
	/** Where the page itself is. */
	url = "";
	#relay: Relay | undefined;
	readonly #tools = new Set<string>();
	/** OpenSSH's own clients: straight to the server, and through the relay. */
	direct!: NativeSSH;
	relayed!: NativeSSH;

	async start(): Promise<this> {
		await this.sshd.start();
		await this.page.start();
		this.#relay = await serve([this.page.origin, this.page.insecureOrigin]);
		this.url = this.#relay.url;
		this.page.relay = this.#relay.relay;
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

	/** Builds a Go program of this folder, once. */
	tool(name: string): string {
		const path = `../.cache/${name}`;
		if (this.#tools.has(name)) return path;
		this.#tools.add(name);
		mkdirSync("../.cache", { recursive: true });
		execFileSync("go", ["build", "-o", path, `./bench/${name}`], { stdio: "inherit" });
		return path;
	}

	async stop(): Promise<void> {
		await this.#relay?.child.stop();
		this.page.stop();
		await this.sshd.dispose();
	}
}
