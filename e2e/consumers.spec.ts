/** The package in other people's builds, on an origin that is not the relay's. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, extname, join, normalize } from "node:path";
import { expect, LOOPBACK, readKey, startWasmiko, test, type Wasmiko } from "./fixtures.ts";
import { Terminal } from "./terminal.ts";

// biome-ignore lint/suspicious/noExplicitAny: what the page defines is what was built, not our sources
type Any = any;

const TYPES: Record<string, string> = {
	".html": "text/html; charset=utf-8",
	".js": "text/javascript",
	".css": "text/css",
	".wasm": "application/wasm",
};

let out: string;
let site: Server;
let origin: string;
let relay: Wasmiko;

/** What the files in a folder are worth on the wire, roughly: no compression. */
function bytesOf(folder: string, ext: string): number {
	return readdirSync(folder, { recursive: true, encoding: "utf8" })
		.filter((name) => name.endsWith(ext))
		.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

/** Serves a folder as a plain web host would, with the strictest policy that the package is made for. */
function serve(folder: string, relay: () => string): Server {
	return createServer((request, response) => {
		const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://x").pathname)).replace(
			/\/$/,
			"/index.html",
		);
		try {
			const body = readFileSync(join(folder, path));
			response.setHeader("content-type", TYPES[extname(path)] ?? "application/octet-stream");
			response.setHeader(
				"content-security-policy",
				[
					"default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'",
					`connect-src 'self' ${relay().replace("http", "ws")}; img-src 'self' data: blob:; font-src 'self'`,
					"style-src 'self'; style-src-attr 'unsafe-inline'; base-uri 'none'; form-action 'none'",
					"require-trusted-types-for 'script'; trusted-types wasmiko vue",
				].join("; "),
			);
			response.end(body);
		} catch {
			response.writeHead(404).end();
		}
	});
}

test.beforeAll(async () => {
	test.slow();
	out = mkdtempSync(join(tmpdir(), "wasmiko-consumers-"));
	const npm = (...args: string[]) =>
		execFileSync("npm", [...args, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
			cwd: "consumers",
			encoding: "utf8",
		});
	npm("ci");
	const packed = npm("pack", "../../dist/npm", "--pack-destination", out).trim();
	npm("install", "--no-save", join(out, packed));
	execFileSync("node", ["consumers/build.mjs", out], { stdio: ["ignore", "inherit", "inherit"] });

	site = serve(out, () => relay.url);
	await new Promise<void>((done) => site.listen(0, "127.0.0.1", done));
	origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
	relay = await startWasmiko(["demo", "--listen", "127.0.0.1:0", "--origin", origin, ...LOOPBACK]);
});

test.afterAll(async () => {
	await relay?.child.stop();
	site?.closeAllConnections();
	site?.close();
	if (out) rmSync(out, { recursive: true, force: true });
});

for (const consumer of ["plain", "vite", "webpack", "esbuild", "react", "vue"])
	test(`${consumer}: the library and the element, bundled and run`, async ({ page, sshd }) => {
		await page.goto(`${origin}/${consumer}/`);
		await page.waitForFunction(() => (window as Any).connect && document.querySelector("ssh-terminal"));
		const target = {
			relay: new URL("relay", relay.url).href.replace("http", "ws"),
			host: "127.0.0.1",
			port: sshd.port,
			username: sshd.username,
			hostKey: { pin: sshd.fingerprint() },
			auth: [{ type: "publickey", key: readKey(sshd, "user") }],
		};
		const text = await page.evaluate(async (target) => {
			const client = await (window as Any).connect(target);
			const result = await client.exec("echo from $0");
			await client.close();
			return result.text();
		}, target);
		expect(text).toMatch(/^from /);

		await page.evaluate((target) => (document.querySelector("ssh-terminal") as Any).connect(target), target);
		const terminal = new Terminal(page);
		await terminal.shows(/[$#] ?$/);
		await page.locator("ssh-terminal").click();
		await terminal.run("echo $((6 * 7)) is the answer");
		await terminal.shows("42 is the answer");
		if (await page.locator("#state").count()) await expect(page.locator("#state")).toHaveText("ready");
		test.info().annotations.push({ type: "script", description: `${bytesOf(join(out, consumer), ".js")} bytes` });
	});

test("a bundle that takes the library alone has no terminal in it", () => {
	const lone = join(out, "lone.js");
	execFileSync("node_modules/.bin/esbuild", ["--bundle", "--format=esm", "--minify", `--outfile=${lone}`], {
		cwd: "consumers",
		input: 'export { connect } from "wasmiko";',
		stdio: "pipe",
	});
	const code = readFileSync(lone, "utf8");
	expect(code.includes("customElements")).toBe(false);
	expect(code.length).toBeLessThan(60_000);
});

test("publint and are-the-types-wrong find nothing", () => {
	const run = (command: string, ...args: string[]) =>
		execFileSync(`node_modules/.bin/${command}`, args, { cwd: "consumers", encoding: "utf8" });
	expect(run("publint", "--strict", "node_modules/wasmiko")).toContain("All good!");
	const tarball = readdirSync(out).find((name) => name.endsWith(".tgz")) ?? "";
	run(
		"attw",
		join(out, tarball),
		"--profile",
		"esm-only",
		"--exclude-entrypoints",
		"worker.js",
		"core.wasm",
		"extra.wasm",
	);
});

for (const resolution of ["bundler", "nodenext"])
	test(`its types compile, libraries checked too: ${resolution}`, () => {
		execFileSync("node_modules/.bin/tsc", ["-p", `types/tsconfig.${resolution}.json`], {
			cwd: "consumers",
			stdio: "inherit",
		});
	});

test("the examples of its README compile", () => {
	const readme = readFileSync("consumers/node_modules/wasmiko/README.md", "utf8");
	const examples = [...readme.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code ?? "");
	expect(examples.length).toBeGreaterThan(3);
	const dir = mkdtempSync("consumers/types/readme-");
	try {
		// Each may use what the ones before it made.
		const known =
			'import type { ConnectOptions, SSHClient } from "wasmiko";\ndeclare const machines: ConnectOptions[];\n';
		const files = examples.map((code, i) => {
			const client = i > 0 && /\bclient\./.test(code) ? "declare const client: SSHClient;\n" : "";
			writeFileSync(join(dir, `${i}.ts`), `${known}${client}${code}`);
			return `${i}.ts`;
		});
		writeFileSync(join(dir, "tsconfig.json"), JSON.stringify({ extends: "../tsconfig.bundler.json", files }));
		execFileSync("node_modules/.bin/tsc", ["-p", join("types", basename(dir))], { cwd: "consumers", stdio: "inherit" });
	} finally {
		rmSync(dir, { recursive: true, force: true });
	}
});
