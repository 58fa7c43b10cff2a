import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Child, freePort, listens } from "./process.ts";

const SERVE = "../sshcore/internal/sshtest/others/serve.sh";

/**
 * An SSH server that others wrote, started as the core's own tests start it,
 * with one account: {@link Other.username}, by the key `user` or by
 * {@link Other.password}.
 */
export class Other {
	readonly dir = mkdtempSync(join(tmpdir(), "wasmiko-other-"));
	/** A folder in which its account may write, and where we look too. */
	readonly files = join(this.dir, "files");
	readonly username = "wasmiko";
	readonly password = "foo";
	readonly name: string;
	port = 0;
	#child: Child | undefined;

	constructor(name: string) {
		this.name = name;
		chmodSync(this.dir, 0o711);
		mkdirSync(this.files);
		chmodSync(this.files, 0o777);
		for (const key of ["user", "stranger"])
			execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", key, "-f", join(this.dir, key)]);
		copyFileSync(join(this.dir, "user.pub"), join(this.dir, "authorized_keys"));
	}

	async start(): Promise<this> {
		this.port = await freePort();
		const child = new Child("sh", [SERVE, this.name, this.dir, String(this.port)]);
		this.#child = child;
		for (const deadline = Date.now() + 30_000; !(await listens(this.port)); ) {
			if (child.process.exitCode !== null || Date.now() > deadline)
				throw new Error(`${this.name} does not listen (build/system.sh installs it):\n${child.output}`);
			await new Promise((resolve) => setTimeout(resolve, 20));
		}
		return this;
	}

	key(name: string): string {
		return readFileSync(join(this.dir, name), "utf8");
	}

	/** The SHA-256 fingerprint of its host key, by ssh-keygen. */
	fingerprint(): string {
		const line = execFileSync("ssh-keygen", ["-lf", join(this.dir, "host.pub")], { encoding: "utf8" });
		return line.split(" ")[1] ?? "";
	}

	async dispose(): Promise<void> {
		await this.#child?.stop();
		rmSync(this.dir, { recursive: true, force: true });
	}
}
