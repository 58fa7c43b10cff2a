import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { Child, freePort } from "./process.ts";
import { noteSecret, noteSecretKey } from "./secrets.ts";

/** The password of {@link SSHD.passwordUser}. */
export const PASSWORD = noteSecret("correct horse \u00e9 battery");

/**
 * A real OpenSSH server on a free loopback port, with keys, configuration and
 * accounts of its own in a temporary folder. Nothing of the machine changes:
 * the account with a password exists in a private mount namespace only.
 */
export class SSHD {
	readonly dir = mkdtempSync(join(tmpdir(), "wasmiko-sshd-"));
	readonly username = userInfo().username;
	port = 0;
	#child: Child | undefined;
	#hostKeyTypes: readonly string[];
	#extra: readonly string[];

	readonly #disk: string | undefined;
	readonly #openFiles: number | undefined;

	/**
	 * `disk` is the size of a disk that only this server sees, as `8m`: see {@link disk}.
	 * `openFiles` is how many files each of its processes may have open.
	 */
	constructor(
		options: { hostKeyTypes?: readonly string[]; config?: readonly string[]; disk?: string; openFiles?: number } = {},
	) {
		this.#disk = options.disk;
		this.#openFiles = options.openFiles;
		this.#hostKeyTypes = options.hostKeyTypes ?? ["ed25519"];
		this.#extra = options.config ?? [];
		for (const type of this.#hostKeyTypes) this.newHostKey(type);
		this.keygen("user", "ed25519", "");
		this.keygen("locked", "ed25519", "open sesame");
		this.keygen("rsa", "rsa", "", ["-b", "2048", "-m", "PEM"]);
		this.keygen("stranger", "ecdsa", "");
		const allowed = ["user", "locked", "rsa"].map((k) => this.read(`${k}.pub`)).join("");
		writeFileSync(join(this.dir, "authorized_keys"), allowed, { mode: 0o644 });
	}

	/** Whether this machine lets us have an account with a password: it takes root. */
	get passwordUser(): string | undefined {
		return process.getuid?.() === 0 ? "wasmiko" : undefined;
	}

	/** A small disk of its own, by the server's name for it; every account may write there. */
	get disk(): string {
		if (!this.#disk) throw new Error("this server was given no disk");
		return join(this.dir, "disk");
	}

	/** Our way to a path that only the server sees. */
	inside(path: string): string {
		return `/proc/${this.#child?.process.pid}/root${path}`;
	}

	read(name: string): string {
		return readFileSync(join(this.dir, name), "utf8");
	}

	/** The SHA-256 fingerprint of a host key, by ssh-keygen. */
	fingerprint(type = this.#hostKeyTypes[0] ?? "ed25519"): string {
		const line = execFileSync("ssh-keygen", ["-lf", join(this.dir, `host_${type}.pub`)], { encoding: "utf8" });
		return line.split(" ")[1] ?? "";
	}

	/** The picture of a host key, by ssh-keygen. */
	randomart(type = this.#hostKeyTypes[0] ?? "ed25519"): string {
		const text = execFileSync("ssh-keygen", ["-lvf", join(this.dir, `host_${type}.pub`)], { encoding: "utf8" });
		return text.slice(text.indexOf("\n") + 1).trimEnd();
	}

	/** The line that known_hosts would hold for 127.0.0.1. */
	knownHostsLine(type = this.#hostKeyTypes[0] ?? "ed25519"): string {
		const [algorithm, key] = this.read(`host_${type}.pub`).split(" ");
		return `[127.0.0.1]:${this.port} ${algorithm} ${key}`;
	}

	/** Makes a host key, or replaces it: effective after {@link restart}. */
	newHostKey(type: string): void {
		rmSync(join(this.dir, `host_${type}`), { force: true });
		this.keygen(`host_${type}`, type, "");
	}

	keygen(name: string, type: string, passphrase: string, more: readonly string[] = []): void {
		const args = ["-q", "-t", type, "-N", passphrase, "-C", name, "-f", join(this.dir, name), ...more];
		execFileSync("ssh-keygen", args);
		noteSecret(passphrase);
		noteSecretKey(this.read(name));
	}

	async start(): Promise<this> {
		this.port ||= await freePort();
		const config = join(this.dir, "sshd_config");
		writeFileSync(config, this.#config());
		// Debian's service makes this folder; without the service it is missing.
		if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true });
		const sshd = ["/usr/sbin/sshd", "-D", "-e", "-f", config];
		if (this.#openFiles) sshd.unshift("sh", "-c", 'ulimit -n "$0" && exec "$@"', String(this.#openFiles));
		this.#child = this.passwordUser ? this.#withAccount(sshd) : new Child(sshd[0] ?? "", sshd.slice(1));
		await this.#child.until(/Server listening/);
		return this;
	}

	async stop(): Promise<void> {
		await this.#child?.stop("SIGTERM");
	}

	/** Stops the listener and starts it with what changed since. Sessions live on. */
	async restart(): Promise<void> {
		await this.stop();
		await this.start();
	}

	/** Ends the processes that serve sessions, as a crash would: a session may have one for root and one for its user. */
	killSessions(): void {
		const all = execFileSync("ps", ["-eo", "pid=,ppid=,comm="], { encoding: "utf8" })
			.split("\n")
			.map((line) => line.trim().split(/\s+/))
			.map(([pid, parent, name]) => ({ pid: Number(pid), parent: Number(parent), name }));
		const found: number[] = [];
		const look = (parent: number | undefined): void => {
			for (const child of all.filter((each) => each.parent === parent && each.name?.startsWith("sshd"))) {
				found.push(child.pid);
				look(child.pid);
			}
		};
		look(this.#child?.process.pid);
		for (const pid of found) process.kill(pid, "SIGKILL");
		if (found.length === 0) throw new Error("no session to kill");
	}

	get log(): string {
		return this.#child?.output ?? "";
	}

	async dispose(): Promise<void> {
		await this.stop();
		rmSync(this.dir, { recursive: true, force: true });
	}

	#config(): string {
		return [
			`ListenAddress 127.0.0.1:${this.port}`,
			...this.#hostKeyTypes.map((t) => `HostKey ${join(this.dir, `host_${t}`)}`),
			`AuthorizedKeysFile ${join(this.dir, "authorized_keys")}`,
			`PidFile ${join(this.dir, "sshd.pid")}`,
			"UsePAM no",
			"StrictModes no",
			"PermitRootLogin yes",
			"PasswordAuthentication yes",
			"KbdInteractiveAuthentication no",
			"MaxStartups 100",
			"MaxSessions 200",
			"AcceptEnv LANG LC_* WASMIKO_*",
			"PrintMotd no",
			"PrintLastLog no",
			"UseDNS no",
			"LogLevel VERBOSE",
			"Subsystem sftp internal-sftp",
			...this.#extra,
			"",
		].join("\n");
	}

	// The account databases of the child alone are ours: bind mounts in a
	// mount namespace that ends with it.
	#withAccount(sshd: readonly string[]): Child {
		const crypt = execFileSync("openssl", ["passwd", "-6", PASSWORD], { encoding: "utf8" }).trim();
		const home = join(this.dir, "home");
		// What this machine's root starts with every shell is not what is tested.
		const rootHome = join(this.dir, "root");
		for (const dir of [home, rootHome]) if (!existsSync(dir)) mkdirSync(dir);
		chmodSync(this.dir, 0o711);
		const uid = 54321;
		const passwd = ["wasmiko", "locked", "expired"].map((name) => `${name}:x:${uid}:${uid}::${home}:/bin/bash\n`);
		const shadow = [
			`wasmiko:${crypt}:19000:0:99999:7:::\n`,
			`locked:!${crypt}:19000:0:99999:7:::\n`, // as passwd -l
			`expired:${crypt}:19000:0:99999:7::1:\n`, // as chage -E 1
		];
		execFileSync("chown", [`${uid}:${uid}`, home]);
		const accounts = readFileSync("/etc/passwd", "utf8").replace(/^(root(?::[^:\n]*){4}):[^:\n]*/m, `$1:${rootHome}`);
		writeFileSync(join(this.dir, "passwd"), accounts + passwd.join(""), { mode: 0o644 });
		writeFileSync(join(this.dir, "shadow"), readFileSync("/etc/shadow", "utf8") + shadow.join(""), { mode: 0o600 });
		const binds = 'mount --bind "$0/passwd" /etc/passwd && mount --bind "$0/shadow" /etc/shadow';
		const disk = this.#disk
			? `mkdir "$0/disk" && mount -t tmpfs -o size=${this.#disk},mode=777 none "$0/disk"`
			: "true";
		const script = `${binds} && ${disk} && exec "$@"`;
		return new Child("unshare", ["-m", "sh", "-c", script, this.dir, ...sshd]);
	}
}
