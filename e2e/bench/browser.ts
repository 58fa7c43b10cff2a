import { type ChildProcess, spawn } from "node:child_process";
import { createReadStream, existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";

/** How a page is opened. */
export interface RunOptions {
	/** A browser's profile of before; a fresh one otherwise. */
	readonly profile?: string;
	/** By a name that browsers give no secure context, and with it neither WebCrypto nor files. */
	readonly insecure?: boolean;
	/** More of the browser's own flags. */
	readonly flags?: readonly string[];
	/** A file in the place of the core. */
	readonly core?: string;
	/** Called when the page says where it is; the page goes on when it returns. */
	onMark?(name: string, browser: number): void;
}

/**
 * A server that shows the product's own files under one more origin and adds
 * to them what measures: a script in the page, and a place to report to. The
 * browser has no debugger attached, which would slow its WebSockets.
 */
export class BenchServer {
	origin = "";
	/** URL of the relay under test; its files are what we pass on. */
	relay = "";
	/** What the page's script is told. */
	job: unknown;
	#report: ((value: unknown) => void) | undefined;
	#mark: (name: string) => void = () => {};
	#browser: ChildProcess | undefined;
	#core: string | undefined;
	readonly #server = createServer((req, res) => this.#serve(req, res)).on("upgrade", (req, socket, head) =>
		this.#tunnel(req, socket, head),
	);

	async start(): Promise<void> {
		await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
		const address = this.#server.address();
		if (address === null || typeof address === "string") throw new Error("no address");
		this.origin = `http://127.0.0.1:${address.port}`;
	}

	get insecureOrigin(): string {
		return this.origin.replace("127.0.0.1", INSECURE);
	}

	stop(): void {
		this.#server.close();
		this.#server.closeAllConnections();
	}

	/** Ends what runs: its report will not be waited for. */
	abandon(): void {
		this.#browser?.kill();
	}

	/** Opens a path in a fresh Chromium, or one with a profile of before, and waits for its report. */
	async run<T>(path: string, job: unknown, options: RunOptions = {}): Promise<T> {
		const { profile, insecure, flags: more = [], onMark } = options;
		this.job = job;
		this.#core = options.core;
		const dir = profile ?? newProfile();
		const reported = new Promise<unknown>((resolve) => {
			this.#report = resolve;
		});
		const url = (insecure ? this.insecureOrigin : this.origin) + path;
		const browser = spawn(chrome(), [...flags, ...more, `--user-data-dir=${dir}`, url], { stdio: "ignore" });
		this.#browser = browser;
		this.#mark = (name) => onMark?.(name, browser.pid ?? 0);
		const ended = new Promise<never>((_, reject) => {
			browser.on("exit", () => reject(new Error(`the browser ended before ${path} reported`)));
		});
		try {
			const report = (await Promise.race([reported, ended])) as { error?: string };
			if (report.error) throw new Error(`${path}: ${report.error}`);
			return report as T;
		} finally {
			browser.kill();
			await ended.catch(() => {});
			if (!profile) await removeProfile(dir);
		}
	}

	#serve(req: IncomingMessage, res: ServerResponse): void {
		const path = (req.url ?? "/").split("?")[0] ?? "/";
		if (path === "/bench/job") res.end(JSON.stringify(this.job));
		else if (path === "/bench/report") this.#receive(req, res);
		else if (path.startsWith("/bench/mark/")) {
			this.#mark(path.slice("/bench/mark/".length));
			res.end();
		} else if (path.startsWith("/bench/")) {
			// As the relay's pages are: the browser starts a process of its own for one.
			if (req.url?.endsWith("?isolated")) res.setHeader("Cross-Origin-Opener-Policy", "same-origin");
			this.#file(path.slice("/bench/".length), res);
		} else if (this.#core && /\/core-[^/]*\.wasm$/.test(path)) this.#send(this.#core, "application/wasm", res);
		else this.#pass(req, res);
	}

	#receive(req: IncomingMessage, res: ServerResponse): void {
		let text = "";
		req.on("data", (chunk) => {
			text += chunk;
		});
		req.on("end", () => {
			res.end();
			this.#report?.(JSON.parse(text));
		});
	}

	#file(name: string, res: ServerResponse): void {
		const path = join("bench/page", name);
		if (!existsSync(path)) {
			res.writeHead(404).end();
			return;
		}
		this.#send(path, name.endsWith(".js") ? "text/javascript" : "text/html; charset=utf-8", res);
	}

	#send(path: string, type: string, res: ServerResponse): void {
		res.setHeader("Content-Type", type);
		createReadStream(path).pipe(res);
	}

	// The application's page gets the measuring script; all else passes as it is.
	#pass(req: IncomingMessage, res: ServerResponse): void {
		const target = new URL(req.url ?? "/", this.relay.replace(/^ws/, "http"));
		const headers = { ...req.headers, host: target.host };
		const script = target.searchParams.get("bench");
		const inject = script !== null;
		if (inject) headers["accept-encoding"] = "identity";
		const onward = request(target, { method: req.method ?? "GET", headers }, (answer) => {
			// The policy lets a Worker connect to its own origin only, and our relay has another.
			if (!inject) delete answer.headers["content-security-policy"];
			else delete answer.headers["content-length"];
			res.writeHead(answer.statusCode ?? 502, answer.headers);
			if (!inject) {
				answer.pipe(res);
				return;
			}
			let html = "";
			answer.on("data", (chunk) => {
				html += chunk;
			});
			answer.on("end", () => {
				const measured = html.replace('<button type="submit"', '<button elementtiming="button" type="submit"');
				res.end(measured.replace("<head>", `<head><script type="module" async src="/bench/${script}.js"></script>`));
			});
		});
		onward.on("error", () => res.writeHead(502).end());
		req.pipe(onward);
	}

	/** The application's own WebSocket leads to its page's origin, which is ours here. */
	#tunnel(req: IncomingMessage, socket: Duplex, head: Buffer): void {
		const { hostname, port } = new URL(this.relay);
		const onward = connect(Number(port), hostname, () => {
			const lines = [`GET ${req.url} HTTP/1.1`];
			for (const [name, value] of Object.entries(req.headers)) if (name !== "host") lines.push(`${name}: ${value}`);
			onward.write(`${lines.join("\r\n")}\r\nhost: ${hostname}:${port}\r\n\r\n`);
			onward.write(head);
			onward.pipe(socket).pipe(onward);
		});
		for (const each of [socket, onward]) each.on("error", () => [socket, onward].forEach((end) => void end.destroy()));
	}
}

/** A folder for a browser's profile. */
export function newProfile(): string {
	return mkdtempSync(join(tmpdir(), "wasmiko-bench-"));
}

/** Removes a browser's profile, which its last processes may still be writing to. */
export async function removeProfile(dir: string): Promise<void> {
	for (let tries = 0; ; tries++) {
		try {
			return rmSync(dir, { recursive: true, force: true });
		} catch (err) {
			if (tries === 50) throw err;
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
	}
}

function chrome(): string {
	const path = [process.env.CHROME, "/usr/bin/chromium", "/usr/bin/google-chrome"].find((p) => p && existsSync(p));
	if (!path) throw new Error("no Chromium: install the package chromium, or name one in CHROME");
	return path;
}

/** A name of this machine that only our browser knows. */
const INSECURE = "wasmiko.test";

const flags = [
	`--host-resolver-rules=MAP ${INSECURE} 127.0.0.1`,
	"--headless",
	"--disable-gpu",
	"--disable-quic",
	"--no-first-run",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
	"--disable-popup-blocking",
	"--window-size=1280,800",
	...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
];
